import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** Something of the house's own: more than one may give alone, agreed to by a second person, and read by the customer. */
export function giving(house: House): void {
  describe('goodwill', () => {
    test('above what one gives alone waits for a second person, and the customer reads what it is', { timeout: 180_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      if (await anna.frame.getByRole('button', { name: /All conversations/ }).isVisible()) await anna.another();
      const words = 'I waited three days for an answer';
      await anna.write(words);
      const [sofia, olivia] = [await house.agent('sofia'), await house.agent('olivia')];
      const { page } = sofia;
      await sofia.take(words);
      await page.getByRole('button', { name: 'Take it', exact: true }).first().click({ timeout: 4_000 }).catch(() => undefined);
      await page.locator('aside').getByRole('button', { name: 'Goodwill', exact: false }).first().click();
      const dialog = page.getByRole('dialog').last();
      await dialog.getByText(/You can give at most/).waitFor();
      await house.shot(page, 'goodwill-how-much');
      expect(await faultsOf(page)).toEqual([]);
      await dialog.getByLabel(/How much/).fill('25');
      await dialog.getByRole('button', { name: 'See what would happen' }).click();
      await dialog.getByText('The customer reads this in the conversation, once it is done:').waitFor();
      const told = /We have put 25(\.00)? EUR into your wallet, because you waited/;
      await dialog.getByText(told).waitFor();
      await house.shot(page, 'goodwill-exactly');
      expect(await faultsOf(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Yes, do this' }).click();
      await page.getByText(/second person/).first().waitFor();
      await house.shot(page, 'goodwill-waits');
      // Nobody has been given anything yet.
      expect(await anna.frame.getByText(told).count()).toBe(0);

      const address = new URL(olivia.page.url());
      address.hash = '#/settings/approvals';
      await olivia.page.goto(address.href);
      const request = olivia.page.getByRole('listitem').filter({ hasText: /25/ }).first();
      await request.waitFor();
      await request.getByText(told).waitFor(); // the second person sees what will be read
      expect(await faultsOf(olivia.page)).toEqual([]);
      await house.shot(olivia.page, 'goodwill-approval');
      await request.getByRole('button', { name: 'Agree to exactly this' }).click();
      await anna.frame.getByText(told).waitFor({ timeout: 60_000 });
      expect(await overflow(anna.frame)).toBeLessThanOrEqual(0);
      expect(await faultsOf(anna.frame)).toEqual([]);
      await house.shot(anna.page, 'goodwill-told');
      await page.locator('aside li').filter({ hasText: 'Goodwill · €25' }).getByText('Done', { exact: true }).waitFor({ timeout: 30_000 });
      await page.locator('[role=log]').getByText(told).waitFor();
      await house.shot(page, 'goodwill-done');

      // Who leads sees what was given, and out of what.
      address.hash = '#/settings/goodwill';
      await olivia.page.goto(address.href);
      await olivia.page.getByText(/€25(\.00)? of €5,000/).waitFor();
      await olivia.page.getByText(/by Sofia.*, with Olivia/).waitFor();
      expect(await faultsOf(olivia.page)).toEqual([]);
      await house.shot(olivia.page, 'goodwill-settings');
      await olivia.page.setViewportSize({ width: 390, height: 844 });
      expect(await overflow(olivia.page.mainFrame())).toBeLessThanOrEqual(0);
      await house.shot(olivia.page, 'goodwill-settings-phone');
      await olivia.page.setViewportSize({ width: 1280, height: 800 });
    });

    test('a little is given alone, in Chinese and in the dark', { timeout: 120_000 }, async () => {
      const wang = await house.customer('cust-wang', { ...phone, locale: 'zh-CN', colorScheme: 'dark' });
      if (await wang.frame.getByRole('button', { name: /All conversations|全部会话/ }).isVisible()) await wang.another();
      const words = '等了三天没有人回复';
      await wang.write(words);
      const sofia = await house.agentOn('sofia', { locale: 'zh-CN', colorScheme: 'dark' });
      const { page } = sofia;
      await sofia.take(words);
      await page.locator('aside').getByRole('button', { name: /^(Goodwill|.*补偿)$/ }).first().click();
      const dialog = page.getByRole('dialog').last();
      await dialog.locator('input[inputmode=decimal]').fill('5');
      await dialog.locator('button[type=submit]').or(page.locator('dialog button[type=submit]')).first().click();
      const told = /我们已将 5(\.00)? [A-Z]{3} 存入您的钱包，因为让您等待得太久。/;
      await dialog.locator('blockquote').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await house.shot(page, 'goodwill-exactly-dark');
      await dialog.getByRole('button').last().click();
      await wang.frame.getByText(told).waitFor({ timeout: 60_000 });
      expect(await faultsOf(wang.frame)).toEqual([]);
      expect(await overflow(wang.frame)).toBeLessThanOrEqual(0);
      await house.shot(wang.page, 'goodwill-told-zh-dark');
    });
  });
}
