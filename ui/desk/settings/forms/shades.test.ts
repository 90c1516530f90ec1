import { expect, test } from 'vitest';
import { contrast, shades } from './shades.ts';

test.each(['#0b5cad', '#ffff00', '#000000', '#ffffff', '#7f7f7f', '#00ff88'])('%s can be read on light and on dark', (accent) => {
  for (const on of ['light', 'dark'] as const) {
    const s = shades(accent, on);
    expect(contrast(s.accent, s.surface)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(s.on, s.accent)).toBeGreaterThanOrEqual(4.5);
  }
});

test('a colour that can be read stays as it is', () => {
  expect(shades('#0b5cad', 'light').accent).toBe('#0b5cad');
  expect(shades('no colour', 'light').accent).toBe('#0b5cad');
});
