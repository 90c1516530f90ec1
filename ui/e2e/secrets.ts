import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';

const digits = (text: string) => text.replace(/[^0-9]/g, '');

export function secrets(house: House): void {
  describe('a card number', () => {
    test('is taken out before anybody sees it, and the customer is told', async () => {
      const wang = await house.customer('cust-wang', { locale: 'zh-CN' });
      const mei = await house.agent('mei');
      await wang.write('有一笔扣款我不认识。');
      await mei.take('有一笔扣款我不认识。');
      await wang.write('卡号是 4111 1111 1111 1111，帮我查查');
      await wang.frame.getByText('已从您的消息中移除银行卡号').waitFor();
      await house.shot(wang.page, 'window-warning-zh');
      await mei.sees('card number ••••1111, removed');
      for (const heard of [mei.heard, wang.heard]) expect(heard.join()).not.toContain('4111 1111');
      expect(digits((await wang.words()).join())).not.toContain('41111111');
    });

    test('in three messages vanishes from both screens', async () => {
      const wang = await house.customer('cust-wang', { locale: 'zh-CN' });
      const mei = await house.agent('mei');
      await wang.write('我分几次发给您。');
      await mei.take('我分几次发给您。');
      const parts = ['5555 5555', '5555', '4444'];
      for (const part of parts.slice(0, 2)) {
        await wang.write(part);
        await mei.sees(part);
      }
      await wang.write(parts[2]!);
      for (const side of [wang, mei]) {
        await expect.poll(async () => (await side.words()).filter((w) => parts.includes(w))).toEqual([]);
        expect(digits((await side.words()).join())).not.toContain('5555');
      }
      // The preview in the list goes too.
      await expect.poll(() => mei.page.locator('body').innerText()).not.toContain('5555');
      await house.shot(mei.page, 'desk-withdrawn');
      expect(mei.heard.join()).not.toContain('"text":"4444"');
      await mei.page.reload();
      await mei.sees('我分几次发给您。');
      expect(await mei.page.locator('body').innerText()).not.toContain('5555');
      const kept = await wang.frame.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
      expect(kept).not.toContain('5555');
    });
  });
}
