import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { withAuthenticator } from './coming-in.ts';
import { card, proposes } from './consent.ts';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** Customers prove in the wallet, by a passkey, what customer service is to do. */
export function passkeys(house: House): void {
  describe('a passkey in the wallet', () => {
    test('is made where there is a name for it, and stands for a code', { timeout: 120_000 }, async () => {
      const li = await house.customer('cust-li', phone);
      const { page } = li;
      const elsewhere = page.getByRole('link', { name: /^在 wallet\.localhost:\d+ 打开本页$/ });
      await elsewhere.waitFor();
      expect(await elsewhere.getAttribute('href')).toBe(`${house.server.demo.urls.wallet_named}?as=cust-li`);
      await withAuthenticator(page);
      await page.goto(`${house.server.demo.urls.wallet_named}?as=cust-li`);
      await page.getByText('您还没有通行密钥。').waitFor();
      expect(page.url()).not.toContain('as=');
      await page.getByRole('button', { name: '添加通行密钥' }).click();
      const asks = page.locator('#asks');
      await asks.getByText('通行密钥：这台设备').waitFor();
      await page.getByText('请先在页面上方确认。').waitFor();
      // Who says no has made none.
      await asks.getByRole('button', { name: '不是我', exact: true }).click();
      await page.getByText('您没有确认，因此未作任何更改。').waitFor();
      await page.getByText('您还没有通行密钥。').waitFor();
      await page.getByRole('button', { name: '添加通行密钥' }).click();
      await agrees(page, '是我本人');
      await page.getByText('“这台设备”已可使用。').waitFor();
      await page.getByText(/^“这台设备”添加于/).waitFor();
      await page.getByText('从未使用').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await page.locator('#keys').scrollIntoViewIfNeeded();
      await house.shot(page, 'wallet-passkeys-zh');
      // The same device is not taken twice.
      await page.getByRole('button', { name: '添加通行密钥' }).click();
      await agrees(page, '是我本人');
      await page.getByText('这台设备已有本钱包的通行密钥。').waitFor();
      await page.getByRole('button', { name: '移除“这台设备”' }).click();
      await page.getByText('确定移除吗？').waitFor();
      await house.shot(page, 'wallet-passkeys-remove-zh');
      await page.getByRole('button', { name: '保留' }).click();
      await page.getByRole('button', { name: '移除“这台设备”' }).click();
      await page.getByRole('button', { name: '移除', exact: true }).click();
      await agrees(page, '是我本人');
      await page.getByText('您还没有通行密钥。').waitFor();
      await page.getByText(/^“这台设备”移除于/).waitFor();
      await page.locator('#keys').scrollIntoViewIfNeeded();
      await house.shot(page, 'wallet-passkeys-changes-zh');
    });

    test('moves no money while it is young', { timeout: 120_000 }, async () => {
      const anna = await house.customer('cust-anna', phone, house.server.demo.urls.wallet_named);
      const { page } = anna;
      // On a phone the window lies over the page.
      const window = (what: 'open' | 'close') => page.evaluate((name) => (globalThis as unknown as { kefu: (name: string) => void }).kefu(name), what);
      await window('close');
      await withAuthenticator(page);
      await page.getByLabel('Name of the new passkey').fill('My telephone');
      await page.getByRole('button', { name: 'Add a passkey' }).click();
      await page.locator('#asks').getByText('Passkey: My telephone').waitFor();
      await house.shot(page, 'wallet-passkey-agree');
      await agrees(page, 'Yes, that is me');
      await page.getByText('My telephone is ready.').waitFor();
      await page.getByText(/confirms nothing that moves money/).waitFor();
      await page.locator('#keys').scrollIntoViewIfNeeded();
      await house.shot(page, 'wallet-passkeys');
      await window('open');
      await anna.write('That purchase was not what I ordered');
      const mei = await house.agent('mei');
      const sum = await proposes(mei, 'That purchase was not what I ordered', 1, 'refund');
      await card(anna).getByRole('button', { name: 'Confirm', exact: true }).click();
      const link = card(anna).getByRole('link', { name: 'Confirm in the wallet' });
      await link.waitFor();
      // The young passkey is not asked, and so neither is its place.
      expect(new URL((await link.getAttribute('href'))!).origin).toBe(new URL(house.server.demo.urls.wallet).origin);
      await window('close');
      // Where the app is open already, it asks by itself, and says what about.
      const asks = page.locator('#asks');
      await asks.getByText(sum).first().waitFor();
      await asks.locator('.about').getByText(new RegExp(` · .*${sum.source}.* · `)).waitFor();
      expect(await asks.getByRole('button', { name: 'Use a passkey' }).count()).toBe(0);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await faultsOf(page)).toEqual([]);
        await house.shot(page, `wallet-ask-about-${colorScheme}`);
      }
      await asks.getByRole('button', { name: 'Yes, that is me' }).click();
      await asks.waitFor({ state: 'hidden' });
      await window('open');
      await card(anna).getByText(/^(Done\.|The wallet is at it)/).waitFor({ timeout: 40_000 });
      await page.reload();
      await page.getByText(/never used/).waitFor();
      await page.getByText(/^My telephone was added, /).waitFor();
    });
  });
}

/** Says yes in the wallet to what its page asks. */
async function agrees(page: Page, yes: string): Promise<void> {
  const asks = page.locator('#asks');
  await asks.getByRole('button', { name: yes }).click();
  await asks.waitFor({ state: 'hidden' });
}
