import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** What customers ask about what is kept of them, on a phone and in Chinese (FL13). */
export function ownData(house: House): void {
  describe("a customer's own data", () => {
    test('a copy is asked for and the request taken back, then the erasure', { timeout: 60_000 }, async () => {
      const wang = await house.customer('cust-wang', { ...phone, locale: 'zh-CN' });
      const { frame } = wang;
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      const cases = frame.getByRole('region', { name: '我的案件' });
      const begin = async () => {
        if ((await frame.getByRole('button', { name: /支付失败/ }).count()) === 0) await wang.another();
        await wang.topic(/我的信息与隐私/);
        await frame.getByText('我们保存的您的信息').first().waitFor();
      };
      await frame.getByRole('button', { name: '全部会话' }).or(frame.getByRole('button', { name: /支付失败/ })).first().waitFor();
      await begin();
      expect(await faultsOf(frame)).toEqual([]);
      await house.shot(wang.page, 'data-kept');
      await press(/获取副本/);
      await press('是的，我要副本');
      await frame.getByText('您的请求已记录', { exact: false }).waitFor();
      await frame.getByRole('button', { name: '打开会话' }).click();
      await frame.getByRole('button', { name: '全部会话' }).click();
      await cases.getByRole('button', { name: /个人信息请求/ }).first().click();
      await frame.getByText('不用等待客服，您可以直接在这里下载副本。').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(wang.page, 'data-copy');
      // What is said before it is taken back is of a request, and of no payment.
      await frame.getByRole('button', { name: '撤回案件' }).click();
      await frame.getByText('我们将停止处理您的信息请求', { exact: false }).waitFor();
      expect(await frame.getByText('退款').count()).toBe(0);
      await frame.getByRole('button', { name: '确认撤回' }).click();
      await frame.getByText('没有后续事项。').waitFor();
      await frame.getByRole('button', { name: '返回' }).click();
      await frame.getByRole('button', { name: '发起新会话' }).click();
      await frame.getByRole('button', { name: /支付失败/ }).waitFor();

      await begin();
      await press('删除我的信息');
      await frame.getByRole('heading', { name: '删除的范围' }).waitFor();
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(wang.page, 'data-erasure');
      await press('是的，申请删除');
      await frame.getByText('目前尚未删除任何内容。', { exact: false }).waitFor();
      expect(await faultsOf(frame)).toEqual([]);
    });
  });
}
