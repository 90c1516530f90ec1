import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone, type Look } from './people.ts';
import { picture } from './picture.ts';
import { faultsOf, overflow } from './screens.ts';

/** How much of the open dialog's content is cut off at its side. */
const cutOff = (page: Page) => page.getByRole('dialog').evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth);

const en = { who: 'cust-james', locale: 'en-GB', sent: /Sent|Received|Read/, ask: 'Why was I charged twice?', answer: 'I am looking.' };
const zh = { who: 'cust-wang', locale: 'zh-CN', sent: /已发送|已收到|已读/, ask: '为什么扣了我两次钱？', answer: '马上为您查看。' };

export function looks(house: House): void {
  describe('window, desk and wallet', () => {
    test.each([
      ['light', 'English', en],
      ['dark', 'Chinese', zh],
    ] as const)('are clear to everybody, in %s and %s', { timeout: 60_000 }, async (colorScheme, _, words) => {
      const look: Look = { colorScheme, locale: words.locale };
      const customer = await house.customer(words.who, look);
      expect(await faultsOf(customer.page)).toEqual([]);
      await customer.write(words.ask);
      await expect.poll(() => customer.state()).toMatch(words.sent);

      const desk = await house.agentOn('mei', look);
      await desk.page.locator('[data-id]').first().waitFor();
      expect(await faultsOf(desk.page)).toEqual([]);
      await desk.take(words.ask);
      await desk.box.fill(words.answer);
      await desk.box.press('Enter');
      await customer.sees(words.answer);
      await house.shot(desk.page, `desk-${colorScheme}`);
      await house.shot(customer.page, `window-${colorScheme}`);
      expect(await faultsOf(desk.page)).toEqual([]);
      expect(await faultsOf(customer.frame)).toEqual([]);

      await desk.page.locator('main .head').first().click();
      for (const key of ['?', 'e']) {
        await desk.page.keyboard.press(key);
        await desk.page.getByRole('dialog').waitFor();
        expect(await faultsOf(desk.page)).toEqual([]);
        expect(await cutOff(desk.page)).toBeLessThanOrEqual(0);
        await house.shot(desk.page, `desk-dialog-${key === '?' ? 'shortcuts' : 'resolve'}-${colorScheme}`);
        await desk.page.keyboard.press('Escape');
      }
      for (const button of ['.agent .tools button:first-child', '.agent .tools button:last-child']) {
        await desk.page.locator('main .agent').last().hover();
        await desk.page.locator(`main ${button}`).last().click();
        await desk.page.getByRole('dialog').waitFor();
        expect(await faultsOf(desk.page)).toEqual([]);
        expect(await cutOff(desk.page)).toBeLessThanOrEqual(0);
        await desk.page.keyboard.press('Escape');
      }
      const stranger = await house.stranger(look);
      await stranger.getByRole('button', { name: /passkey|通行密钥/ }).first().waitFor();
      await house.shot(stranger, `desk-sign-in-${colorScheme}`);
      expect(await faultsOf(stranger)).toEqual([]);
      await stranger.locator('input[type=password]').waitFor();
    });

    test('fit a phone', { timeout: 60_000 }, async () => {
      const look: Look = { ...phone, locale: 'zh-CN' };
      const li = await house.customer('cust-li', look);
      await li.write('手机上也能看清楚吗？');
      await expect.poll(() => li.state()).toMatch(zh.sent);
      await house.shot(li.page, 'window-phone');
      expect(await overflow(li.page)).toBeLessThanOrEqual(0);
      expect(await overflow(li.frame)).toBeLessThanOrEqual(0);
      expect(await li.frame.evaluate(() => [innerWidth, innerHeight])).toEqual([390, 844]);
      const send = await li.frame.locator('form button[type=submit]').boundingBox();
      expect(send!.y + send!.height).toBeLessThanOrEqual(844);

      const desk = await house.agentOn('mei', look);
      await desk.row('手机上也能看清楚吗？').waitFor();
      await house.shot(desk.page, 'desk-phone-list');
      expect(await overflow(desk.page)).toBeLessThanOrEqual(0);
      await desk.row('手机上也能看清楚吗？').click();
      await desk.sees('手机上也能看清楚吗？');
      await house.shot(desk.page, 'desk-phone');
      expect(await overflow(desk.page)).toBeLessThanOrEqual(0);
      expect(await faultsOf(desk.page)).toEqual([]);
      // What was found is seen although a conversation is open.
      await desk.page.getByRole('search').getByRole('searchbox').fill('没有这个词');
      await desk.page.getByText('没有找到“没有这个词”。').waitFor();
      await desk.page.getByRole('button', { name: '清除搜索' }).click();
      await desk.sees('手机上也能看清楚吗？');
      await desk.page.getByRole('button', { name: '返回列表' }).click();
      await desk.row('手机上也能看清楚吗？').waitFor();
    });

    test('fill a phone that lies on its side, with the box in sight', { timeout: 60_000 }, async () => {
      const someone = await house.customer(undefined, { ...phone, viewport: { width: 844, height: 390 }, locale: 'en-GB' });
      expect(await someone.frame.evaluate(() => [innerWidth, innerHeight])).toEqual([844, 390]);
      const files = Array.from({ length: 10 }, (_, i) => ({ name: `photo-${i}.png`, mimeType: 'image/png', buffer: picture(4, 4) }));
      await someone.frame.locator('input[type=file]').setInputFiles(files);
      await expect.poll(() => someone.frame.locator('form li').count()).toBe(10);
      const send = await someone.frame.locator('form button[type=submit]').boundingBox();
      expect(send!.y + send!.height).toBeLessThanOrEqual(390);
      await house.shot(someone.page, 'window-landscape');
    });
  });
}
