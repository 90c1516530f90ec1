import type { Language } from '../../../kit/language.ts';

/** What is said in a preview. */
export const words: Record<Language, { agent: string; asks: string; answers: string; thanks: string; parties: string[] }> = {
  en: {
    agent: 'Anna',
    asks: 'I was charged twice for the same coffee.',
    answers: 'I can see both. The second one is on its way back to you; it takes a day at most.',
    thanks: 'Thank you!',
    parties: ['Corner Coffee', 'Emma Clark', 'Book Street'],
  },
  zh: {
    agent: '小林',
    asks: '同一杯咖啡扣了我两次钱。',
    answers: '两笔都看到了，多扣的一笔正在退回，最晚明天到账。',
    thanks: '好的，谢谢！',
    parties: ['街角咖啡', '李雷', '书香书店'],
  },
};
