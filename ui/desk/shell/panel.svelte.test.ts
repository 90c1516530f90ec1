import { cleanup, render } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, expect, test } from 'vitest';
import Panel from './Panel.svelte';

afterEach(cleanup);

// Any other value leaves it open when one presses Escape or clicks beside it.
test('a panel is closed by whatever is done outside of it', () => {
  render(Panel, { id: 'filters', role: 'menu', children: createRawSnippet(() => ({ render: () => '<p>Nothing</p>' })) });
  const panel = document.getElementById('filters')!;
  expect(panel.getAttribute('popover')).toBe('auto');
  expect(panel.getAttribute('role')).toBe('menu');
});
