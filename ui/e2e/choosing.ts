import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow, visit } from './screens.ts';

const en = {
  locale: 'en-GB', colorScheme: 'light', more: 'More topics', topic: /Which wallet or plan fits me/, match: /Which of your plans fits me/, me: /For me, a grown-up/, eu: 'European Union', abroad: /Travel, and other/, nothing: 'Nothing else',
  card: 'By bank card', euro: /Euro/, crypto: 'Crypto assets', cash: 'In cash', hours: /People who answer/, none: 'Nothing in particular', fits: 'By your answers this fits best', plan: 'Travel', closely: /See one plan closely/, pick: /Travel/,
  list: /The fees are those of the wallet/, again: 'Answer the questions anew', noneFits: /None of our plans fits/, guide: /What should I look at/, fees: 'Fees and promotions', source: /we have no source/, person: 'Talk to a person', takes: /A person sees your answers/,
} as const;
const zh = {
  locale: 'zh-CN', colorScheme: 'dark', more: '更多问题', topic: /如何选择钱包或方案/, match: /哪个方案适合我/, me: /我本人/, eu: '欧盟', abroad: '出境和多币种', nothing: '没有其他用途',
  card: '银行卡', euro: /欧元/, crypto: '加密资产', cash: '现金', hours: '全天有人工客服', none: '没有特别要求', fits: '最合适的是', plan: '旅行方案', closely: /查看某个方案/, pick: /旅行方案/,
  list: /费用以钱包收费标准/, again: '重新回答问题', noneFits: /没有适合您需要的方案/, guide: /选钱包应该看什么/, fees: '费用与优惠', source: /没有可以注明的来源/, person: '转人工客服', takes: /对方能看到您的回答/,
} as const;

/** What somebody is told who has no wallet yet. */
export function choosing(house: House): void {
  describe('whoever looks for a wallet', () => {
    test.each([['English', en], ['Chinese', zh]] as const)('is told which plan fits and why, or that none does, in %s', { timeout: 120_000 }, async (_, w) => {
      const visitor = await house.customer(undefined, { ...phone, locale: w.locale, colorScheme: w.colorScheme });
      const { frame } = visitor;
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      const fine = async (shot: string) => {
        expect(await faultsOf(frame)).toEqual([]);
        expect(await overflow(frame)).toBeLessThanOrEqual(0);
        await house.shot(visitor.page, `choosing-${shot}-${w.colorScheme}`);
      };
      await frame.getByText(w.more, { exact: true }).click();
      await frame.getByRole('button', { name: w.topic }).click();
      await press(w.match);
      for (const answer of [w.me, w.eu, w.abroad, w.nothing, w.card, w.euro, w.hours]) await press(answer);
      await frame.getByText(w.fits).waitFor();
      await frame.getByRole('heading', { name: w.plan, exact: true }).waitFor();
      await fine('fits');
      await press(w.closely);
      await press(w.pick);
      await frame.getByText(w.list).waitFor();
      await fine('detail');
      await press(w.again);
      for (const answer of [w.me, w.eu, w.crypto, w.nothing, w.cash, w.euro, w.none]) await press(answer);
      await frame.getByText(w.noneFits).waitFor();
      await fine('none');
      await press(w.guide);
      await press(w.fees);
      await frame.getByText(w.source).waitFor();
      await fine('guide');
      await frame.getByRole('button', { name: w.person }).last().click();
      await frame.getByText(w.takes).waitFor();
    });

    test('sees what two people made of a plan', { timeout: 120_000 }, async () => {
      const { page } = await house.agent('olivia');
      await visit(page, 'plan');
      await page.getByText('Everyday').first().waitFor();
      await house.shot(page, 'plans-list');
      await visit(page, 'plan', 'new');
      const both = async (label: string, text: string, other: string) => {
        const pair = page.getByRole('group', { name: label, exact: true });
        await pair.getByRole('textbox').first().fill(text);
        await pair.getByRole('textbox').last().fill(other);
      };
      await both('Name', 'Saver', '储蓄方案');
      await both('One line about it', 'Only 2 cards', '攒钱用');
      await page.getByLabel('First day').fill('2026-01-01');
      for (const chip of ['paying in shops and online', 'cash']) await page.getByRole('checkbox', { name: chip, exact: true }).check();
      await page.getByLabel('Currencies that it holds').fill('eur');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('No number, sum or share can be in this').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await both('One line about it', 'For saving in cash', '用现金攒钱');
      await page.getByRole('region', { name: 'As customers see it' }).getByText('For saving in cash').scrollIntoViewIfNeeded();
      await house.shot(page, 'plan-form');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('A change waits for a second person').waitFor();

      const admin = (await house.agent('adam')).page;
      await visit(admin, 'approvals');
      await admin.getByText('For saving in cash').waitFor();
      await admin.getByRole('button', { name: 'Approve and carry out' }).click();
      await admin.getByText('Nothing waits').waitFor();

      const small = (await house.agentOn('adam', { ...phone, locale: 'zh-CN', colorScheme: 'dark' })).page;
      await visit(small, 'sourced_claim', 'new');
      await small.getByLabel('网址').fill('https://');
      expect(await faultsOf(small)).toEqual([]);
      expect(await overflow(small)).toBeLessThanOrEqual(0);
      await house.shot(small, 'claim-form');

      const { frame } = await house.customer(undefined, phone);
      await frame.getByText(en.more, { exact: true }).click();
      await frame.getByRole('button', { name: en.topic }).click();
      await frame.locator('.now').getByRole('button', { name: 'See all your plans' }).click();
      await frame.getByText('For saving in cash').waitFor();
    });
  });
}
