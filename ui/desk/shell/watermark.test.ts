// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import Watermark from './Watermark.svelte';
import { fresh, marked, tile } from './watermark.ts';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const mei = { id: '01hqabcdefghjkmnpqrstvwxyz', name: 'Mei <Chen> "& co"' };
const shown = () => decodeURIComponent(document.documentElement.style.getPropertyValue('--watermark'));

test('who looks and when stands in the mark, and nothing in a name is markup', () => {
  expect(marked(mei, new Date('2026-11-28T05:06:07Z'))).toEqual(['Mei <Chen> "& co" uvwxyz'.replace('uvwxyz', mei.id.slice(-6)), '2026-11-28 05:06 UTC']);
  const svg = decodeURIComponent(tile(marked(mei, new Date(0))));
  expect(svg).not.toContain('<Chen>');
  expect(svg).toContain('&#60;Chen&#62; &#34;&#38; co&#34;');
  expect(svg).toContain('1970-01-01 00:00 UTC');
});

test('the mark is of this minute, in nobody’s way, and gone with whoever signs out', () => {
  vi.useFakeTimers({ now: new Date('2026-11-28T05:06:00Z') });
  const { container, unmount } = render(Watermark, { who: mei });
  expect(shown()).toContain('2026-11-28 05:06 UTC');
  expect(container.querySelector('.watermark')!.getAttribute('aria-hidden')).toBe('true');
  expect(container.textContent).toBe('');
  vi.advanceTimersByTime(fresh);
  expect(shown()).toContain('2026-11-28 05:07 UTC');
  unmount();
  expect(shown()).toBe('');
});
