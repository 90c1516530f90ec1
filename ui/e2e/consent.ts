import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone, type Agent, type Customer } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/**
 * Has the agent open a conversation, take it, and propose something about one of the
 * customer's purchases that have arrived: the newest for 0. Which there are depends on the day.
 * Gives the sum, as it is written.
 */
export async function proposes(agent: Agent, words: string, nth: number, act: string): Promise<RegExp> {
  const { page } = agent;
  await agent.take(words);
  // A conversation that was opened again is theirs already.
  await page.getByRole('button', { name: 'Take it', exact: true }).first().click({ timeout: 4_000 }).catch(() => undefined);
  const purchase = page.locator('aside button.row').filter({ hasText: /Thalia|Rossmann|REWE Markt/ }).filter({ hasText: 'Arrived' }).nth(nth);
  const sum = /\d+\.\d\d/.exec(await purchase.innerText())![0];
  await purchase.click();
  await page.getByRole('button', { name: `Propose: ${act}` }).click();
  await page.getByRole('button', { name: 'Ask the customer' }).click();
  await page.getByText('The customer is asked for exactly this:').waitFor();
  await page.getByRole('dialog').last().getByRole('button', { name: 'Close' }).last().click();
  return new RegExp(sum.replace('.', '\\.'));
}

export const card = (customer: Customer) => customer.frame.locator('.consent').last();

/** What an agent proposes, and only the customer can say yes to. */
export function consent(house: House): void {
  describe('a proposal that needs the customer', () => {
    test('is declined, which the agent hears', { timeout: 90_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      await anna.write('Perhaps another one back?');
      const mei = await house.agent('mei');
      await proposes(mei, 'Perhaps another one back?', 0, 'dispute');
      await card(anna).getByRole('button', { name: 'Not this' }).click();
      await card(anna).getByText('You said no. Nothing was done.').waitFor();
      await mei.page.getByText('The customer said no').waitFor();
      // Another device, and a reload, show the same.
      await anna.page.reload();
      await anna.page.locator('#help:enabled').click();
      await expect.poll(() => anna.page.frames().length).toBeGreaterThan(1);
    });

    test('is confirmed with a proof in the wallet, and is done at the desk', { timeout: 120_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      await anna.another();
      await anna.write('Rice came broken, please give it back');
      const mei = await house.agent('mei');
      await proposes(mei, 'Rice came broken, please give it back', 0, 'refund');
      await mei.page.getByText(/Waiting for the customer’s yes \(\d:\d\d left\)/).waitFor();
      await card(anna).getByText(/proposes this and needs your yes/).waitFor();
      await card(anna).getByText(/^Stands for \d:\d\d more$/).waitFor();
      expect(await faultsOf(anna.frame)).toEqual([]);
      expect(await overflow(anna.frame)).toBeLessThanOrEqual(0);
      await house.shot(anna.page, 'consent-card');
      await house.shot(mei.page, 'consent-desk');
      await anna.page.emulateMedia({ colorScheme: 'dark' });
      await anna.frame.locator('body').evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
      expect(await faultsOf(anna.frame)).toEqual([]);
      await house.shot(anna.page, 'consent-card-dark');
      await anna.page.emulateMedia({ colorScheme: 'light' });
      await card(anna).getByRole('button', { name: 'Confirm', exact: true }).click();
      await card(anna).getByRole('link', { name: 'Confirm in the wallet' }).waitFor();
      await house.shot(anna.page, 'consent-proof');
      const [app] = await Promise.all([anna.context.waitForEvent('page'), card(anna).getByRole('link', { name: 'Confirm in the wallet' }).click()]);
      await app.getByRole('button', { name: 'Yes, that is me' }).click();
      await card(anna).getByText(/^(Done\.|The wallet is at it)/).waitFor({ timeout: 40_000 });
      await card(anna).getByText(/^\S+ proposed this$/).waitFor();
      await house.shot(anna.page, 'consent-done');
      await app.close();
      await mei.page.getByText(/Done in the wallet: Refund|The wallet is at it: Refund/).first().waitFor({ timeout: 30_000 });
      await house.shot(mei.page, 'consent-desk-done');
    });

    test('payments that were stopped go on again, with the best proof there is', { timeout: 120_000 }, async () => {
      const wang = await house.customer('cust-james', phone);
      const { frame } = wang;
      if ((await frame.getByText('More topics').count()) === 0) await wang.another();
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      await frame.getByRole('button', { name: /A charge I do not know/ }).click();
      await press(/Somebody else paid/);
      await press(/Stop all payments now/);
      await press('Yes, do this');
      await frame.getByText('Done: nothing can leave your wallet now.').waitFor();
      await frame.locator('header').getByRole('button').first().click();
      await wang.topic(/Frozen or limited/);
      await frame.getByText('You set this yourself.').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      await house.shot(wang.page, 'frozen');
      await press(/Let payments go out again/);
      await press(/Nothing can leave/);
      await frame.getByText(/Payments can leave your wallet again/).first().waitFor();
      await house.shot(wang.page, 'unfreeze-agree');
      await press('Yes, do this');
      const [app] = await Promise.all([wang.context.waitForEvent('page'), frame.getByRole('link', { name: 'Confirm in the wallet' }).click()]);
      await app.getByRole('button', { name: 'Yes, that is me' }).click();
      await frame.getByText('Done: this freeze is lifted.').waitFor({ timeout: 40_000 });
      await house.shot(wang.page, 'unfrozen');
      await app.close();
    });
  });
}
