import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import type { Agent } from './people.ts';
import { faultsOf } from './screens.ts';

async function goTo(agent: Agent, hash: string): Promise<void> {
  const address = new URL(agent.page.url());
  address.hash = hash;
  await agent.page.goto(address.href);
}

/** More rights for a short time: asked for, taken back, agreed to, seen by everybody, and closed. */
export function emergency(house: House): void {
  describe('emergency access', () => {
    test('is asked for and taken back, opened by two people, seen by all and closed', { timeout: 120_000 }, async () => {
      const [sofia, olivia, mei] = [await house.agent('sofia'), await house.agent('olivia'), await house.agent('mei')];
      const ask = async (why: string) => {
        await sofia.page.getByLabel('What happened').fill(why);
        await sofia.page.getByRole('button', { name: 'Ask for it' }).click();
        await sofia.page.getByText('Asked. An owner or an admin finds it', { exact: false }).waitFor();
      };
      await goTo(sofia, '#/emergency');
      await ask('It was a false alarm after all');
      await sofia.page.getByRole('button', { name: 'Take it back' }).click();
      await sofia.page.getByRole('heading', { name: 'Break the glass' }).waitFor();
      const why = 'Payments stand still and nobody answers';
      await ask(why);

      await goTo(olivia, '#/settings/approvals');
      const request = olivia.page.getByRole('listitem').filter({ hasText: why });
      await request.getByRole('button', { name: 'Approve and carry out' }).click();
      // Their desk goes on where it was: nobody has to sign in again.
      await sofia.page.getByText('You have emergency access until', { exact: false }).waitFor();
      await sofia.page.getByRole('button', { name: 'Close it now' }).waitFor();
      expect(await faultsOf(sofia.page)).toEqual([]);
      await house.shot(sofia.page, 'emergency-open');
      await mei.page.getByRole('alert').filter({ hasText: why }).waitFor({ timeout: 30_000 });
      expect(await faultsOf(mei.page)).toEqual([]);
      await house.shot(mei.page, 'emergency-seen');

      await sofia.page.getByRole('button', { name: 'Close it now' }).click();
      await sofia.page.getByText('No emergency access is open').waitFor();
      await sofia.page.getByText('You have emergency access until', { exact: false }).waitFor({ state: 'detached' });
      await sofia.page.getByText('closed before its time', { exact: false }).waitFor();
      await mei.page.getByRole('alert').filter({ hasText: why }).waitFor({ state: 'detached', timeout: 30_000 });
    });
  });
}
