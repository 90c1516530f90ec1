import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import Dialog from './Dialog.svelte';

// jsdom has no modal dialogs.
beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
});
afterEach(cleanup);

function shown() {
  const onclose = vi.fn();
  const children = createRawSnippet(() => ({ render: () => '<textarea aria-label="why"></textarea>' }));
  render(Dialog, { open: true, title: 'Reveal', children, onclose });
  return { onclose, dialog: screen.getByRole('dialog') };
}

test('a press beside a dialog closes it', async () => {
  const { onclose, dialog } = shown();
  await fireEvent.pointerDown(dialog);
  await fireEvent.click(dialog);
  expect(onclose).toHaveBeenCalledOnce();
});

test('a selection that ends beside it loses nothing', async () => {
  const { onclose, dialog } = shown();
  await fireEvent.pointerDown(screen.getByLabelText('why'));
  await fireEvent.click(dialog); // a browser's click is of what holds both places
  expect(onclose).not.toHaveBeenCalled();
});
