import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';

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
  });
}
