import { languageTag, pickLanguage, type Language } from '../../kit/language.ts';
import { Chat } from './chat.svelte.ts';
import type { ChatOptions } from './options.ts';
import type { Others } from './identity.ts';
import type { Messages } from './messages/en.ts';

/** The window's words in the language in use; only that language is fetched. */
export class Words {
  language = $state.raw<Language>('en');
  m = $state.raw<Messages>();

  get tag(): string {
    return languageTag(this.language);
  }

  async use(language: Language): Promise<void> {
    if (this.m && language === this.language) return;
    this.language = language;
    const m = language === 'zh' ? (await import('./messages/zh.ts')).zh : (await import('./messages/en.ts')).en;
    if (language !== this.language) return;
    this.m = m;
    document.documentElement.lang = this.tag;
    document.title = m.title;
  }
}

/** The windows of this browser that show the same Kefu, where browsers let them hear one another. */
function others(): Others | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined;
  const channel = new BroadcastChannel('kefu');
  return {
    tell: (scope) => channel.postMessage({ left: scope }),
    hear: (left) => (channel.onmessage = ({ data }: MessageEvent<{ left?: unknown }>) => void (typeof data?.left === 'string' && left(data.left))),
  };
}

/** Brings the window up: listens to the page around it first, so that nothing it says is missed. */
export function start(options?: Partial<ChatOptions>): { chat: Chat; words: Words } {
  const words = new Words();
  const chat = new Chat({
    others: others(),
    ...options,
    lang: () => (words.language === 'zh' ? 'zh' : 'en'),
    onsettings: ({ lang, theme }) => {
      if (lang) void words.use(pickLanguage(lang));
      if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    },
  });
  void words.use(pickLanguage(...navigator.languages));
  const network = () => {
    chat.online = navigator.onLine;
    if (chat.online) chat.comeBack();
  };
  network();
  addEventListener('online', network);
  addEventListener('offline', network);
  document.addEventListener('visibilitychange', () => {
    chat.attend();
    if (!document.hidden) chat.client.nudge();
  });
  return { chat, words };
}
