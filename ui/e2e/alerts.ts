import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** The wallet says that something looks unlike a customer, and they are asked. */
export function alerts(house: House): void {
  describe('an alert of the wallet', () => {
    test('is asked about once, and stops payments with a press', { timeout: 120_000 }, async () => {
      const wang = await house.customer('cust-wang', phone);
      const { page, frame } = wang;
      const window = (what: 'open' | 'close') => page.evaluate((name) => (globalThis as unknown as { kefu: (name: string) => void }).kefu(name), what);
      await window('close');
      await page.getByRole('button', { name: '模拟陌生人登录' }).click();
      await page.getByText('有人登录了。打开帮助窗口，看看会怎么问您。').waitFor();
      const mei = await house.agent('mei');
      await mei.page.goto(`${house.server.demo.urls.desk}#/all/open`);
      await mei.page.getByText(/钱包预警：一台新设备/).first().click({ timeout: 20_000 });
      await mei.page.getByText(/钱包预警：一台新设备，级别高/).last().waitFor();
      await mei.page.getByText(/不能说：钱包为什么注意到/).last().waitFor();
      await house.shot(mei.page, 'alert-desk');
      await window('open');
      await frame.locator('header').getByRole('button').first().click();
      await frame.getByText(/注意到有一台新设备登录了您的钱包/).first().click();
      await frame.getByText(/注意到有一台新设备登录了您的钱包/).last().waitFor();
      await frame.getByRole('button', { name: /账户可能被盗/ }).waitFor();
      await house.shot(page, 'alert-told');
      await frame.getByRole('button', { name: /账户可能被盗/ }).click();
      const now = frame.locator('.now');
      await now.getByRole('button', { name: /不是，或者不确定/ }).waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(page, 'alert-window');
      await page.emulateMedia({ colorScheme: 'dark' });
      await house.shot(page, 'alert-window-dark');
      await page.emulateMedia({ colorScheme: 'light' });
      await now.getByRole('button', { name: /不是，或者不确定/ }).click();
      await now.getByRole('button').first().waitFor();
      await house.shot(page, 'alert-stops');
    });
  });
}
