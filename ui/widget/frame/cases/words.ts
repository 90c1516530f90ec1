import type { Language } from '../../../kit/language.ts';
import type { CaseWords } from '../messages/cases.en.ts';
import type { StoryWords } from '../messages/casestory.en.ts';

export type Words = CaseWords & StoryWords;

/** The words of the cases in a language. */
export async function wordsOf(language: Language): Promise<Words> {
  const [cases, story] = await Promise.all(language === 'zh' ? [import('../messages/cases.zh.ts'), import('../messages/casestory.zh.ts')] : [import('../messages/cases.en.ts'), import('../messages/casestory.en.ts')]);
  return { ...cases.words, ...story.words };
}
