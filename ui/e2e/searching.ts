import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';

/** Words to be found by the last journey. */
export function plantWords(house: House): void {
  test('a Chinese customer writes, in both languages', async () => {
    const li = await house.customer('cust-li', { locale: 'zh-CN' });
    await li.write('退款三天了还没有到账，麻烦查一下。');
    await li.write('The merchant is called Marigold Florist.');
    await expect.poll(() => li.state()).toMatch(/已发送|已收到/);
  });
}

export function searching(house: House): void {
  describe('the search', () => {
    test.each(['Marigold', '退款'])('finds %s', async (words) => {
      const mei = await house.agent('mei');
      const box = mei.page.getByRole('search').getByRole('searchbox');
      const hit = mei.page.locator('[data-hit]').filter({ hasText: words });
      // A message is found within a moment, though the guard's window may be open.
      await expect
        .poll(
          async () => {
            await box.fill('');
            await box.fill(words);
            await mei.page.locator('.list [data-hit], .list .none').first().waitFor();
            return hit.count();
          },
          { timeout: 15_000, interval: 500 },
        )
        .toBeGreaterThan(0);
      await house.shot(mei.page, `desk-search-${words}`);
      await hit.first().click();
      await mei.page.locator('[role=log] .text').filter({ hasText: words }).first().waitFor();
      await box.fill('');
    });

    test('with filters, by keyboard alone; the address is shared, and Back leads back', async () => {
      const mei = await house.agent('mei');
      const { page } = mei;
      const box = page.getByRole('search').getByRole('searchbox');
      await page.locator('h1').first().waitFor();
      await box.fill('Marigold');
      await box.press('Enter'); // to the page, with what was typed
      await expect.poll(() => page.evaluate(() => location.hash)).toBe('#/search/Marigold');
      const found = page.locator('[data-found]');
      await expect.poll(() => found.count()).toBeGreaterThan(0);
      expect(await page.locator('[data-found] mark').first().textContent()).toBe('Marigold');
      // A filter is chosen by keyboard, and stands in the text and in the address.
      await page.getByRole('button', { name: 'Written by: any' }).focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await expect.poll(() => box.inputValue()).toBe('Marigold from:customer');
      await page.keyboard.press('Escape');
      await expect.poll(() => found.count()).toBeGreaterThan(0);
      await house.shot(page, 'search-page');
      const shared = page.url();
      // From the box to the hit, and into the conversation at what was found.
      await page.keyboard.press('/');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.locator('[role=log] .text').filter({ hasText: 'Marigold' }).first().waitFor();
      await page.goBack();
      await found.first().waitFor();
      expect(await box.inputValue()).toBe('Marigold from:customer');
      // Somebody else opens the address, and a filter lets nothing pass.
      const ben = await house.agent('ben');
      await ben.page.goto(shared);
      await ben.page.locator('[data-found]').first().waitFor();
      await ben.page.getByRole('search').getByRole('searchbox').fill('Marigold from:agent');
      await ben.page.keyboard.press('Enter');
      await ben.page.getByText('Nothing was found.').waitFor();
      await ben.page.getByRole('search').getByRole('searchbox').fill('Marigold status:opne');
      await ben.page.keyboard.press('Enter');
      expect(await ben.page.locator('.pointed mark').textContent()).toBe('status:opne');
      await ben.page.goto(new URL('#/all/open', ben.page.url()).href);
    });

    test('on a phone, in Chinese', async () => {
      const onPhone = await house.agentOn('mei', { ...phone, locale: 'zh-CN', colorScheme: 'dark' });
      await onPhone.page.goto(new URL(`#/search/${encodeURIComponent('退款 from:customer after:today')}`, onPhone.page.url()).href);
      const found = onPhone.page.locator('[data-found]').filter({ hasText: '退款' });
      await found.first().waitFor();
      await onPhone.page.getByRole('button', { name: /^时间：/ }).first().click();
      await onPhone.page.getByRole('button', { name: '昨天', exact: true }).waitFor();
      await house.shot(onPhone.page, 'search-page-zh-phone');
      await onPhone.page.keyboard.press('Escape');
      await found.first().click();
      await onPhone.page.locator('[role=log] .text').filter({ hasText: '退款' }).first().waitFor();
    });
  });
}
