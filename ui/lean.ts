import type { Plugin } from 'vite';

// What is known when the window is built and Svelte cannot know: nothing is ever
// rendered on a server, no component is of the old kind, and no state is deep
// (test/lean.test.ts holds the sources to that). With these facts as constants the
// minifier drops the code that asks about them, several kB of the first visit.
const facts: [file: RegExp, from: string, to: string][] = [
  [/svelte\/src\/internal\/client\/dom\/hydration\.js$/, 'export let hydrating = false;', 'export const hydrating = false;'],
  [/svelte\/src\/internal\/client\/dom\/hydration\.js$/, '\thydrating = value;', '\tvoid value;'],
  [/svelte\/src\/internal\/flags\/index\.js$/, 'export let async_mode_flag = false;', 'export const async_mode_flag = false;'],
  [/svelte\/src\/internal\/flags\/index\.js$/, 'export let legacy_mode_flag = false;', 'export const legacy_mode_flag = false;'],
  [/svelte\/src\/internal\/flags\/index\.js$/, 'export let tracing_mode_flag = false;', 'export const tracing_mode_flag = false;'],
  [/svelte\/src\/internal\/flags\/index\.js$/, '\tasync_mode_flag = true;', ''],
  [/svelte\/src\/internal\/flags\/index\.js$/, '\tasync_mode_flag = false;', ''],
  [/svelte\/src\/internal\/flags\/index\.js$/, '\tlegacy_mode_flag = true;', ''],
  [/svelte\/src\/internal\/flags\/index\.js$/, '\ttracing_mode_flag = true;', ''],
  [/svelte\/src\/internal\/client\/reactivity\/sources\.js$/, "import { proxy } from '../proxy.js';", 'const proxy = (value) => value;'],
  [/svelte\/src\/internal\/client\/reactivity\/props\.js$/, "import { proxy } from '../proxy.js';", 'const proxy = (value) => value;'],
];

// Fetches code on demand with the styles that belong to it. Vite's own helper
// also preloads code, for pages with many more chunks than the window has; so a
// part need not name the code that another one imports.
const fetchPart = `
const fetched = new Map();
export const __vitePreload = (code, files = []) =>
  Promise.all(files.map((file) => {
    const href = new URL(file, new URL(import.meta.env.BASE_URL, location.href)).href;
    let done = fetched.get(href);
    if (!done && !document.querySelector('link[href="' + href + '"]')) {
      done = new Promise((resolve, reject) => {
        const link = document.createElement('link');
        link.rel = 'stylesheet';
        link.onload = resolve;
        link.onerror = () => { fetched.delete(href); link.remove(); reject(new Error('not fetched: ' + href)); };
        link.href = href;
        document.head.append(link);
      });
      fetched.set(href, done);
    }
    return done;
  })).then(code);
`;

/** Of what belongs to a part, what its own code does not fetch. */
export function onlyStyles(_: string, files: string[]): string[] {
  return files.filter((file) => file.endsWith('.css'));
}

/** Leaves out of the window what it does not use of Svelte and Vite. A new version of theirs that reads differently fails the build. */
export function lean(): Plugin {
  const applied = new Set<string>();
  return {
    name: 'kefu:lean',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      return id === '\0vite/preload-helper.js' ? fetchPart : null;
    },
    transform(code, id) {
      let out = code;
      for (const [file, from, to] of facts) {
        if (!file.test(id)) continue;
        if (!out.includes(from)) this.error(`${id} no longer holds ${from}`);
        out = out.replace(from, to);
        applied.add(file.source + from);
      }
      return out === code ? null : { code: out, map: null };
    },
    generateBundle() {
      if (applied.size !== facts.length) this.error('Svelte’s files are not where they were; see lean.ts');
    },
  };
}
