import type { Language } from '../../kit/language.ts';
import type { TroubleWords } from './messages/trouble.en.ts';

type Fetch<T> = () => Promise<T>;

/** Code and words that are fetched when they are first needed. Code that could not be fetched is asked for again the next time. */
export class Part<V, M = never> {
  /** The code, once it is here. */
  view = $state.raw<V>();
  m = $state.raw<M>();
  #needed = false;
  #spoken: Language | undefined;

  constructor(
    private readonly parts: { language: Language },
    private readonly code: Fetch<V>,
    private readonly words?: Record<Language, Fetch<{ words: M }>>,
  ) {}

  /** Fetches what is not here yet; false when it cannot be had now. */
  async need(): Promise<boolean> {
    this.#needed = true;
    try {
      const [view] = await Promise.all([this.view ?? this.code(), this.speak()]);
      this.view = view;
      return true;
    } catch {
      return false;
    }
  }

  /** Follows the language of the window. */
  async speak(): Promise<void> {
    const { language } = this.parts;
    if (!this.words || !this.#needed || this.#spoken === language) return;
    const { words } = await this.words[language]();
    if (language !== this.parts.language) return this.speak();
    this.#spoken = language;
    this.m = words;
  }
}

/** What the window can do beyond its first screen. Nothing here is fetched before it is needed. */
export class Parts {
  language: Language = 'en';
  readonly files = new Part(this, () => import('./files/index.ts'), {
    en: () => import('./messages/files.en.ts'),
    zh: () => import('./messages/files.zh.ts'),
  });

  readonly intake = new Part(this, () => import('./intake/index.ts'), {
    en: () => import('./messages/intake.en.ts'),
    zh: () => import('./messages/intake.zh.ts'),
  });
  readonly editor = new Part(this, () => import('./editor/index.ts'), {
    en: () => import('./messages/editor.en.ts'),
    zh: () => import('./messages/editor.zh.ts'),
  });
  readonly after = new Part(this, () => import('./after/index.ts'), {
    en: () => import('./messages/after.en.ts'),
    zh: () => import('./messages/after.zh.ts'),
  });
  readonly flow = new Part(this, () => import('./flow/index.ts'), {
    en: () => import('../../kit/flow/words.en.ts'),
    zh: () => import('../../kit/flow/words.zh.ts'),
  });
  readonly consent = new Part(this, () => import('./consent/index.ts'));
  readonly list = new Part(this, () => import('./ConversationList.svelte'), {
    en: () => import('./messages/list.en.ts'),
    zh: () => import('./messages/list.zh.ts'),
  });
  readonly #trouble = new Part(this, () => Promise.resolve(true), {
    en: () => import('./messages/trouble.en.ts'),
    zh: () => import('./messages/trouble.zh.ts'),
  });

  /** What is said of things that did not work: asked for when the first one did not. Until it is here, whoever asks says less. */
  get trouble(): TroubleWords | undefined {
    void this.#trouble.need();
    return this.#trouble.m;
  }

  speak(language: Language): void {
    this.language = language;
    for (const part of [this.files, this.intake, this.editor, this.after, this.flow, this.list, this.#trouble]) void part.speak().catch(() => undefined);
  }
}
