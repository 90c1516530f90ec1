// The window in the settings of the desk: the real one, over a server that is
// played inside this page. Only the desk may hold it (frame-ancestors), and the
// page's policy lets it speak to no server: what is handed to it can be seen by the
// member of staff who changes it, and by nobody else.
import { pickLanguage } from '../../../kit/language.ts';
import { MemoryStorage } from '../../../kit/protocol/storage.ts';
import type { Form } from '../intake/form.ts';
import type { draw } from '../main.ts';
import { Sample } from './sample.ts';

/** What the desk wants to see. */
export interface Wanted {
  /** Stylesheet of the look. */
  css: string;
  theme: 'light' | 'dark';
  lang: string;
  forms: Form[];
  greeting?: string;
  screen: 'topics' | 'form' | 'talk';
  /** Id of the form on screen. */
  form?: string;
}

export function preview(window: typeof draw): void {
  // By itself the page has nothing to show.
  if (parent === self) return;
  const sample = new Sample();
  globalThis.fetch = sample.fetch;
  // It must not take the cursor away from where the form is written.
  const focus = HTMLElement.prototype.focus;
  HTMLElement.prototype.focus = function (options) {
    if (document.hasFocus()) focus.call(this, options);
  };
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [sheet];
  const { chat, words } = window({ storage: new MemoryStorage(), drafts: new MemoryStorage(), dials: [sample.dial], upload: sample.upload });
  let shown: Partial<Wanted> = {};
  let next: Wanted | undefined;
  let busy = false;

  /** One after another, and of several that wait only the last. */
  async function follow(wanted: Wanted): Promise<void> {
    next = wanted;
    if (busy) return;
    busy = true;
    while (next) {
      const now: Wanted = next;
      next = undefined;
      await show(now);
    }
    busy = false;
  }

  // When it is let in the window chooses by itself what to show.
  chat.client.on((change) => {
    if (change.what !== 'welcome') return;
    const again = next ?? (shown.screen ? (shown as Wanted) : undefined);
    shown = {};
    if (again) void follow(again);
  });

  async function show(wanted: Wanted): Promise<void> {
    sheet.replaceSync(wanted.css);
    document.documentElement.dataset.theme = wanted.theme;
    sample.language = pickLanguage(wanted.lang);
    Object.assign(sample, { forms: wanted.forms, greeting: wanted.greeting });
    chat.forms = wanted.forms;
    chat.greeting = wanted.greeting;
    const form = wanted.forms.find((f) => f.id === wanted.form);
    // Its id is another by now than in what the server has drawn: that comes in a moment.
    if (wanted.screen === 'form' && !form) return;
    const moved = shown.screen !== wanted.screen || shown.form !== wanted.form || shown.lang !== wanted.lang;
    shown = wanted;
    await words.use(sample.language);
    if (form && wanted.screen === 'form') {
      if (moved && chat.screen !== 'form') chat.fresh();
      if (moved || chat.filling) await chat.choose(form);
    } else if (moved && wanted.screen === 'talk') chat.show(sample.talk);
    else if (moved) chat.fresh();
  }

  addEventListener('message', ({ source, data }) => {
    if (source === parent && data?.kefu === 1 && data.type === 'preview') void follow(data.value as Wanted);
  });
  // It says no more than that it is there.
  parent.postMessage({ kefu: 1, type: 'previews' }, '*');
}
