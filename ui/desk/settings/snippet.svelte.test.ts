import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { copyText } from '../../kit/text/copy.ts';
import { en as m } from '../messages/en.ts';
import { en as w } from './messages/en.ts';
import Snippet from './Snippet.svelte';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
});

const clipboard = (writeText: () => Promise<void>) => vi.stubGlobal('navigator', { clipboard: { writeText } });

test('whoever may not copy is told, and finds the text selected', async () => {
  clipboard(() => Promise.reject(new DOMException('no', 'NotAllowedError')));
  render(Snippet, { m, w });
  screen.getByRole('button', { name: w.snippet.copy }).click();
  expect((await screen.findByRole('alert')).textContent).toBe(m.copyRefused);
  expect(String(getSelection())).toContain('widget.js');
  expect(localStorage).toHaveLength(0); // nothing was copied: the step is still open
  expect(screen.queryByText(w.snippet.copied)).toBeNull();
  clipboard(() => Promise.resolve());
  screen.getByRole('button', { name: w.snippet.copy }).click();
  await screen.findByText(w.snippet.copied);
  expect(screen.queryByRole('alert')).toBeNull();
});

test('a field is selected as a field, also where there is no clipboard at all', async () => {
  vi.stubGlobal('navigator', {});
  const field = document.createElement('input');
  document.body.append(field);
  field.value = 'kefu_key_x';
  expect(await copyText(field.value, field)).toBe(false);
  expect([field.selectionStart, field.selectionEnd]).toEqual([0, 10]);
  field.remove();
});
