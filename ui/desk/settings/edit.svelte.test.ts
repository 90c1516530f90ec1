import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { SettingsApi, type Approval } from './api.ts';
import Edit from './Edit.svelte';
import { kindOf } from './kinds.ts';
import { en as w } from './messages/en.ts';

interface Asked {
  method: string;
  path: string;
  body: any;
}

type Answer = { status?: number; body?: unknown; after?: Promise<unknown> };

/** An editor over a server that answers as told. */
function edit(kind: string, id: string | undefined, answers: Record<string, Answer | ((asked: Asked) => Answer)>, role = 'owner') {
  const asked: Asked[] = [];
  const api = new Api(async (input, init) => {
    const one: Asked = { method: init?.method ?? '', path: String(input), body: init?.body ? JSON.parse(init.body as string) : undefined };
    asked.push(one);
    const found = answers[`${one.method} ${one.path.split('?')[0]}`] ?? answers[one.method] ?? (one.path.startsWith('/v1/approvals') ? { body: { items: [] } } : { status: 404, body: { code: 'not_found' } });
    const { status = 200, body, after } = typeof found === 'function' ? found(one) : found;
    await after;
    return Response.json(body ?? {}, { status });
  });
  const toasts: string[] = [];
  const desk = { tag: 'en', language: 'en', me: { id: 'olivia', name: 'Olivia', role }, toasts: { say: (text: string) => toasts.push(text) } } as unknown as Desk;
  const onchanged = vi.fn();
  render(Edit, { desk, m, w, api: new SettingsApi(api), kind: kindOf(kind)!, id, onchanged });
  return { asked, toasts, onchanged };
}

const team = { id: 'a', revision: 3, value: { name: 'Cards', description: 'Lost cards' }, changed_at: 1, changed_by: { id: 'x', name: 'Adam' } };

// jsdom has no modal dialogs.
beforeAll(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});
beforeEach(() => sessionStorage.clear());
afterEach(cleanup);

describe('the editor', () => {
  test('a time that cannot be read is said at its field, kept as typed, and not taken for the old one', async () => {
    const target = { id: 'a'.repeat(26), revision: 2, value: { name: 'Premium', first_response: 30 } };
    const answers = {
      'GET /v1/settings/calendar': { body: { items: [] } }, 'GET /v1/settings/team': { body: { items: [] } },
      [`GET /v1/settings/target/${target.id}`]: { body: target },
      [`PUT /v1/settings/target/${target.id}`]: (one: Asked) => ({ body: { ...target, revision: 3, value: one.body.value } }),
    };
    edit('target', target.id, answers);
    let field = await screen.findByLabelText<HTMLInputElement>(w.target.first_response);
    expect(field.value).toBe('30 min');
    await fireEvent.change(field, { target: { value: 'half an hour' } });
    await new Promise((done) => setTimeout(done, 50));
    cleanup();

    const { asked } = edit('target', target.id, answers); // after a reload it stands there still
    field = await screen.findByLabelText<HTMLInputElement>(w.target.first_response);
    expect(field.value).toBe('half an hour');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(field.getAttribute('aria-describedby')!)!.textContent).toContain(w.target.noTime);
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await screen.findByText(w.edit.check);
    expect(document.activeElement).toBe(field);
    expect(asked.filter((one) => one.method === 'PUT')).toEqual([]);

    await fireEvent.change(field, { target: { value: '90 m' } });
    expect([field.value, field.getAttribute('aria-invalid')]).toEqual(['1:30', null]);
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await vi.waitFor(() => expect(asked.find((one) => one.method === 'PUT')?.body.value.first_response).toBe(90));
  });

  test('goes on with what was not saved of a new one, and asks once whether something waits', async () => {
    for (const expected of ['', 'Premium']) {
      const { asked } = edit('target', 'new', { 'GET /v1/settings/calendar': { body: { items: [] } }, 'GET /v1/settings/team': { body: { items: [] } } });
      const name = await screen.findByLabelText(w.target.name);
      expect(name).toHaveProperty('value', expected);
      expect(screen.getByRole('button', { name: w.edit.create })).toHaveProperty('disabled', expected === '');
      await fireEvent.input(name, { target: { value: 'Premium' } });
      await new Promise((done) => setTimeout(done, 50));
      expect(asked.filter((one) => one.path.startsWith('/v1/approvals'))).toHaveLength(1);
      cleanup();
    }
  });

  test('saves what was changed, from the revision that was read', async () => {
    const { asked, toasts } = edit('team', 'a', {
      'GET /v1/settings/team/a': { body: team },
      'PUT /v1/settings/team/a': (one) => ({ body: { ...team, revision: 4, value: one.body.value } }),
    });
    const name = await screen.findByLabelText(w.team.name);
    expect(screen.getByRole('button', { name: w.edit.save })).toHaveProperty('disabled', true);
    await fireEvent.input(name, { target: { value: 'Cards and limits' } });
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await vi.waitFor(() => expect(toasts).toEqual([w.edit.saved]));
    expect(asked.find((one) => one.method === 'PUT')!.body).toEqual({ revision: 3, value: { name: 'Cards and limits', description: 'Lost cards' } });
    expect(screen.getByRole('heading', { name: 'Cards and limits' })).toBeTruthy();
  });

  /** Saves, and types on before the server has answered. */
  async function typeOn(id: string) {
    let stored!: (value?: unknown) => void;
    const after = new Promise((done) => (stored = done));
    const saved = (one: Asked): Answer => ({ body: { ...team, revision: one.body.revision + 1, value: { ...one.body.value, name: one.body.value.name.trim() } }, after });
    const shown = edit('team', id, { 'GET /v1/settings/team/a': { body: team }, PUT: saved });
    await fireEvent.input(await screen.findByLabelText(w.team.name), { target: { value: 'Cards and limits ' } });
    await fireEvent.click(screen.getByRole('button', { name: id === 'new' ? w.edit.create : w.edit.save }));
    await fireEvent.input(screen.getByLabelText(w.team.description), { target: { value: 'Limits too' } });
    stored();
    await vi.waitFor(() => expect(shown.toasts).toEqual([w.edit.saved]));
    return shown;
  }

  test('keeps what is typed while it is being saved, beside what the server made of the rest', async () => {
    const { asked } = await typeOn('a');
    expect(screen.getByLabelText<HTMLInputElement>(w.team.description).value).toBe('Limits too');
    expect(screen.getByLabelText<HTMLInputElement>(w.team.name).value).toBe('Cards and limits');
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await vi.waitFor(() => expect(asked.filter((one) => one.method === 'PUT').at(-1)!.body).toEqual({ revision: 4, value: { name: 'Cards and limits', description: 'Limits too' } }));
  });

  test('goes on with a new one that was typed on while it was being made', async () => {
    await typeOn('new');
    await vi.waitFor(() => expect(location.hash).toBe('#/settings/team/a'));
    cleanup();
    edit('team', 'a', { 'GET /v1/settings/team/a': { body: team } });
    await vi.waitFor(async () => expect((await screen.findByLabelText<HTMLInputElement>(w.team.description)).value).toBe('Limits too'));
  });

  test('says at the field what is wrong with it, and keeps what was typed', async () => {
    edit('team', 'a', {
      'GET /v1/settings/team/a': { body: team },
      'PUT /v1/settings/team/a': { status: 422, body: { code: 'invalid', field: 'name', reason: 'taken' } },
    });
    const name = await screen.findByLabelText<HTMLInputElement>(w.team.name);
    await fireEvent.input(name, { target: { value: 'Payments' } });
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await screen.findByText(w.reason.taken!);
    expect(name.getAttribute('aria-invalid')).toBe('true');
    expect(name.value).toBe('Payments');
    // It is said until it is another one.
    await fireEvent.input(screen.getByLabelText(w.team.description), { target: { value: 'More' } });
    expect(name.getAttribute('aria-invalid')).toBe('true');
    await fireEvent.input(name, { target: { value: 'Payments and cards' } });
    expect(name.getAttribute('aria-invalid')).toBeNull();
  });

  test('asks before a link leads away from what is not saved', async () => {
    edit('team', 'a', { 'GET /v1/settings/team/a': { body: team } });
    await fireEvent.input(await screen.findByLabelText(w.team.name), { target: { value: 'Other' } });
    const before = location.hash;
    await fireEvent.click(screen.getByRole('link', { name: w.team.title }));
    expect(location.hash).toBe(before);
    await screen.findByText(w.edit.leave);
  });

  test('brings back what was left unsaved', async () => {
    edit('team', 'a', { 'GET /v1/settings/team/a': { body: team } });
    await fireEvent.input(await screen.findByLabelText(w.team.name), { target: { value: 'Half typed' } });
    await vi.waitFor(() => expect(sessionStorage.length).toBe(1));
    cleanup();
    edit('team', 'a', { 'GET /v1/settings/team/a': { body: team } });
    await vi.waitFor(async () => expect((await screen.findByLabelText<HTMLInputElement>(w.team.name)).value).toBe('Half typed'));
    expect(screen.getByText(w.edit.restoredDraft)).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: w.edit.discard }));
    await vi.waitFor(() => expect(sessionStorage.length).toBe(0));
  });

  test('lets one choose when a colleague was faster', async () => {
    let reads = 0;
    const theirs = { ...team, revision: 4, value: { name: 'Cards by Adam' } };
    const { asked } = edit('team', 'a', {
      'GET /v1/settings/team/a': () => ({ body: reads++ === 0 ? team : theirs }),
      'PUT /v1/settings/team/a': (one) => (one.body.revision === 4 ? { body: { ...theirs, revision: 5, value: one.body.value } } : { status: 409, body: { code: 'conflict', field: 'revision' } }),
    });
    await fireEvent.input(await screen.findByLabelText(w.team.name), { target: { value: 'Cards by me' } });
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await fireEvent.click(await screen.findByRole('button', { name: w.edit.mine }));
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await vi.waitFor(() => expect(asked.filter((one) => one.method === 'PUT').at(-1)!.body).toMatchObject({ revision: 4, value: { name: 'Cards by me' } }));
  });

  test('says that a change waits, and offers no second one', async () => {
    const pending: Partial<Approval> = { id: 'r', subject: 'setting/embedding/e', maker: { id: 'adam', name: 'Adam' }, state: 'pending', may_decide: true, may_withdraw: false };
    let sent = false;
    const { toasts } = edit('embedding', undefined, {
      'GET /v1/settings/embedding': { body: { id: 'e', revision: 0, value: { origins: [] } } },
      'GET /v1/approvals': () => ({ body: { items: sent ? [pending] : [] } }),
      'PUT /v1/settings/embedding': () => ((sent = true), { status: 202, body: { id: 'e', revision: 0, value: { origins: [] }, approval: 'r' } }),
    });
    await fireEvent.click(await screen.findByRole('button', { name: w.embedding.add }));
    await fireEvent.input(await screen.findByLabelText(`${w.embedding.origins} 1`), { target: { value: 'https://wallet.example' } });
    await fireEvent.click(screen.getByRole('button', { name: w.edit.save }));
    await screen.findByText(w.edit.pending('Adam'));
    expect(toasts).toEqual([w.edit.asked]);
    expect(screen.getByRole('button', { name: w.edit.save })).toHaveProperty('disabled', true);
  });

  test('lets a role that may only look change nothing', async () => {
    edit('organisation', undefined, { 'GET /v1/settings/organisation': { body: { id: 'o', revision: 1, value: { name: 'Lime', languages: ['en'], language: 'en', time_zone: 'UTC' } } } }, 'supervisor');
    expect(await screen.findByLabelText(w.organisation.name)).toHaveProperty('disabled', true);
    expect(screen.getByText(w.edit.readonly)).toBeTruthy();
    expect(screen.queryByRole('button', { name: w.edit.save })).toBeNull();
  });
});
