import type { Language } from '../../../kit/language.ts';
import type { ConsentWords } from '../messages/consent.en.ts';

/** The words of the card in a language. */
export async function wordsOf(language: Language): Promise<ConsentWords> {
  return (await (language === 'zh' ? import('../messages/consent.zh.ts') : import('../messages/consent.en.ts'))).words;
}
