import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** What went astray over a public network (FL17). */
export function chains(house: House): void {
  describe('a crypto transfer', () => {
    test('that came without its memo is brought back, for what was said before', { timeout: 60_000 }, async () => {
      const james = await house.customer('cust-james', phone);
      const { frame } = james;
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      const topic = frame.getByRole('button', { name: /A payment failed/ });
      await frame.getByRole('button', { name: 'All conversations' }).or(topic).first().waitFor();
      if ((await topic.count()) === 0) await james.another();
      await james.topic(/Something is wrong with a crypto transfer/);
      // What is no transaction id at all first, and a recovery phrase, which is kept nowhere.
      await press('Where is my transfer?');
      await frame.getByRole('button', { name: /Crypto transfer/ }).first().waitFor(); // none is without a name
      await press('None of these');
      await frame.locator('.now').getByRole('textbox').fill('abandon ability able about above absent absorb abstract absurd abuse access accident');
      await press('Continue');
      await frame.getByText('is not kept here', { exact: false }).waitFor();
      expect(await frame.getByText('abandon ability').count()).toBe(0);
      await press('I know what to do');
      await frame.getByRole('button', { name: 'Other topics' }).last().click();

      await james.topic(/Something is wrong with a crypto transfer/);
      await press(/Wrong network/);
      await press(/XRP/);
      const row = (name: string) => frame.locator('.row').filter({ has: frame.getByRole('term').getByText(name, { exact: true }) }).getByRole('definition').first();
      await row('You get').waitFor();
      const drops = async (name: string) => BigInt((await row(name).textContent())!.replace(/\D/g, ''));
      expect(await drops('You get')).toBe((await drops('Received')) - (await drops('Costs')));
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(james.page, 'chain-possible');
      await press('Bring it back');
      await press('Yes, do this');
      const [app] = await Promise.all([james.context.waitForEvent('page'), frame.getByRole('link', { name: 'Confirm in the wallet' }).click()]);
      await app.getByRole('button', { name: 'Yes, that is me' }).click();
      await frame.getByText('The wallet has taken it on.', { exact: false }).waitFor();
      await house.shot(james.page, 'chain-under-way');
      await app.close();
    });
  });
}
