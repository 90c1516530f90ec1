import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import SignInSection from './SignInSection.svelte';

// jsdom has no modal dialogs.
beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
});
afterEach(cleanup);

const w = m.access.mine;

/** The section of somebody who signed in long ago, with a password and a passkey. */
async function section(fresh_until = 0) {
  const account = { id: 'mei', email: 'mei@example.org', name: 'Mei', alias: 'Mei', role: 'agent', has_password: true, passkey_only: false, passkey_required: false, directory: false, fresh_until, passkeys: [{ id: 'k', name: 'Phone', created_at: 1, synced: false }], sessions: [] };
  const asked: string[] = [];
  const api = new Api(async (input, init) => {
    if (init?.method === 'GET') return Response.json(String(input) === '/v1/account' ? account : {});
    asked.push(`${init?.method} ${String(input)}`);
    return Response.json({ code: 'unavailable' }, { status: 503 });
  });
  const desk = { tag: 'en', language: 'en', api, me: { id: 'mei', role: 'agent' }, toasts: { say: () => undefined } };
  render(SignInSection, { desk: desk as unknown as Desk, m });
  return { only: await screen.findByLabelText<HTMLInputElement>(w.only), asked };
}

test('whoever gives up the proof is not shown that the passkey alone counts', async () => {
  const { only, asked } = await section();
  await fireEvent.click(only);
  const dialog = await vi.waitFor(() => document.querySelector<HTMLDialogElement>('dialog[open]')!);
  expect(within(dialog).getByText(w.proveWhy)).toBeTruthy();
  dialog.close();
  await vi.waitFor(() => expect(only.checked).toBe(false));
  expect(asked).toEqual([]);
});

test('nor is whoever the server refuses', async () => {
  const { only, asked } = await section((Date.now() + 600_000) * 1000);
  await fireEvent.click(only);
  await screen.findByRole('alert');
  await vi.waitFor(() => expect(only.checked).toBe(false));
  expect(asked).toHaveLength(1);
});
