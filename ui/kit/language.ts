export type Language = 'en' | 'zh';

/** The first of the wishes that Kefu speaks; English when there is none. */
export function pickLanguage(...wishes: (string | null | undefined)[]): Language {
  for (const wish of wishes) {
    const code = wish?.toLowerCase().split(/[-_]/)[0];
    if (code === 'zh' || code === 'yue') return 'zh';
    if (code === 'en') return 'en';
  }
  return 'en';
}

/** The tag for the lang attribute and for Intl. */
export function languageTag(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en-GB';
}
