import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import type { Agent } from './people.ts';

async function goTo(agent: Agent, hash: string): Promise<void> {
  const address = new URL(agent.page.url());
  address.hash = hash;
  await agent.page.goto(address.href);
}

/** How conversations end, chosen by keyboard, and what the house learns of it. */
export function wrapping(house: House): void {
  describe('wrapping up', () => {
    test('a code is made on screen, chosen by keyboard and counted', { timeout: 120_000 }, async () => {
      const olivia = await house.agent('olivia');
      for (const name of ['Refunded in full', 'Explained at length']) {
        await goTo(olivia, '#/settings/wrap_up_code/new');
        await olivia.page.getByLabel('Name', { exact: true }).fill(name);
        await olivia.page.getByRole('button', { name: 'Create' }).click();
        await olivia.page.getByRole('link', { name }).waitFor();
      }
      await house.shot(olivia.page, 'desk-codes');

      const customer = await house.customer('cust-james');
      await customer.write('The umbrella was charged twice.');
      const mei = await house.agent('mei');
      await mei.take('The umbrella was charged twice.');
      const { page } = mei;
      await page.reload(); // a desk that was open before asks for codes no more than once in a while
      await page.getByRole('button', { name: 'Resolve', exact: true }).click();
      const box = page.getByRole('dialog').getByRole('combobox');
      await box.waitFor();
      await page.keyboard.type('refu');
      await page.getByRole('option', { name: 'Refunded in full' }).waitFor();
      await house.shot(page, 'desk-resolve-code');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await page.getByRole('log').getByText(/Refunded in full/).waitFor();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      expect(customer.heard.join()).not.toContain('Refunded in full');

      const sofia = await house.agent('sofia');
      await goTo(sofia, '#/reports');
      await expect
        .poll(
          async () => {
            await sofia.page.reload();
            await sofia.page.getByRole('heading', { name: 'Reports' }).waitFor();
            return sofia.page.locator('main').getByText('Refunded in full').filter({ visible: true }).count();
          },
          { timeout: 30_000, interval: 1500 },
        )
        .toBeGreaterThan(0);
      await house.shot(sofia.page, 'desk-reports-codes');
    });
  });
}
