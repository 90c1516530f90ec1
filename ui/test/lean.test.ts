// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const sources = (folder: string) =>
  readdirSync(new URL(`../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|svelte\.ts)$/.test(name))
    .map((name) => [`${folder}/${name}`, readFileSync(new URL(`../${folder}/${name}`, import.meta.url), 'utf8')] as const);

// The window is built without deep state and old components (lean.ts): an object in
// $state, or $bindable, would be plain there, and the screen would not follow it.
test.each(sources('widget'))('%s keeps state that is replaced, never changed in place', (_, source) => {
  expect(source).not.toMatch(/\$state[<(]|\$bindable|svelte\/legacy|export let /);
});

test('nor does what the window takes from the kit', () => {
  const kit = new Map<string, string>(sources('kit'));
  const used = new Set<string>();
  const uses = (text: string) => {
    for (const [, name] of text.matchAll(/kit\/([\w/.]+\.svelte(?:\.ts)?)'/g)) used.add(`kit/${name}`);
  };
  for (const [, source] of sources('widget')) uses(source);
  expect(used).toContain('kit/Icon.svelte');
  for (const name of used) expect(kit.get(name), name).not.toMatch(/\$state[<(]|\$bindable/);
});
