import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, visit } from './screens.ts';

/** A program is given a key, uses it, and loses it. */
export function programs(house: House): void {
  describe('a program', () => {
    test('is let in by a key that two people agreed to, and is refused when it is revoked', async () => {
      const owner = (await house.agent('olivia')).page;
      const api = (path: string, key: string, body?: unknown) =>
        fetch(new URL(path, owner.url()), {
          headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
          ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        });
      await visit(owner, 'keys');
      await owner.getByRole('heading', { name: 'No program has a key' }).waitFor();
      expect(await faultsOf(owner)).toEqual([]);
      await owner.getByRole('button', { name: 'New key' }).click();
      await owner.getByRole('button', { name: 'Make the key' }).click();
      await owner.getByText('Choose at least one.').waitFor();
      await owner.getByLabel('Name of the program').fill('Ledger');
      await owner.getByLabel('Read conversations').check();
      await owner.getByLabel('Write notes').check();
      expect(await faultsOf(owner)).toEqual([]);
      await owner.getByRole('button', { name: 'Make the key' }).click();
      const key = await owner.getByLabel('Key', { exact: true }).inputValue();
      expect(key).toMatch(/^kefu_key_[\w-]{43}$/);
      await owner.getByText('will not be shown again').waitFor();
      expect(await faultsOf(owner)).toEqual([]);
      expect((await api('/v1/key', key)).status).toBe(401);
      await owner.getByRole('button', { name: 'I have kept it' }).click();
      await owner.getByText('Waits for a second person').waitFor();

      const admin = (await house.agent('adam')).page;
      await visit(admin, 'approvals');
      await admin.getByRole('heading', { name: 'API key: Ledger' }).waitFor();
      await admin.getByText('Read conversations · Write notes').waitFor();
      await admin.getByRole('button', { name: 'Approve and carry out' }).click();
      await admin.getByText('Nothing waits').waitFor();

      expect((await api('/v1/key', key)).status).toBe(200);
      const james = await house.customer('cust-james');
      await james.write('Was my card charged twice?');
      await expect.poll(() => james.state()).toMatch(/Sent|Received/);
      const { items } = (await (await api('/v1/conversations?view=all&limit=1', key)).json()) as { items: { id: string }[] };
      const messages = `/v1/conversations/${items[0]!.id}/messages`;
      const note = { client_msg_id: crypto.randomUUID(), text: 'The transfer was booked at 10:42.', note: true };
      expect((await api(messages, key, note)).status).toBe(201);
      const refused = await api(messages, key, { client_msg_id: crypto.randomUUID(), text: 'Dear customer' });
      expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ field: 'scope', reason: 'messages.send' })]);
      expect((await api('/v1/settings/webhook', key)).status).toBe(403);

      const olivia = await house.agent('olivia');
      await olivia.take('The transfer was booked at 10:42.', 'unassigned/open');
      await owner.getByText('Ledger · automatic').waitFor();
      await visit(owner, 'keys');
      await owner.getByText(/^Last used/).waitFor();
      expect(await faultsOf(owner)).toEqual([]);
      await house.shot(owner, 'keys');
      await owner.getByRole('button', { name: 'Revoke: Ledger' }).click();
      await owner.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await owner.getByText('Revoked. The program is refused from now on.').waitFor();
      const over = await api('/v1/key', key);
      expect([over.status, await over.json()]).toEqual([401, expect.objectContaining({ field: 'key', reason: 'revoked' })]);
      await owner.getByRole('button', { name: 'Revoked' }).click();
      await owner.getByText('Ledger').waitFor();
    });

    test('has its keys on a phone', async () => {
      const { page } = await house.agentOn('olivia', phone);
      for (const place of [['keys'], ['keys', 'new']]) {
        await visit(page, ...place);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        expect(await faultsOf(page)).toEqual([]);
      }
    });
  });
}
