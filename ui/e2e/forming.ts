import type { Frame, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow, visit } from './screens.ts';

/** The window's own frame in the settings, as soon as it shows something. */
async function preview(page: Page): Promise<Frame> {
  const held = await page.locator('iframe').elementHandle();
  const frame = (await held!.contentFrame())!;
  await frame.locator('h1').waitFor();
  return frame;
}

/** From here on no flow is to be had, as with a wallet that cannot answer what one needs. */
async function noFlows(page: Page): Promise<void> {
  await page.route('**/rt/runs*', (route) => route.fulfill({ status: 404, contentType: 'application/json', body: '{"t":"error","code":"not_found"}' }));
}

/** What customers are asked and how the window looks, changed on screen. */
export function forming(house: House): void {
  describe('what customers are asked', () => {
    test('is written in both languages with the real window beside it, and asked at once', { timeout: 120_000 }, async () => {
      const { page } = await house.agent('sofia');
      await visit(page, 'form', 'new');
      const window = await preview(page);
      expect(new URL(window.url()).pathname).toBe('/preview');
      await page.getByRole('textbox', { name: 'Topic, as customers choose it: English' }).fill('A card was lost');
      await page.getByRole('textbox', { name: 'Topic, as customers choose it: 中文' }).fill('银行卡丢失');
      expect(await page.getByLabel('Name in reports and rules').inputValue()).toBe('a-card-was-lost');
      await page.getByRole('button', { name: /^1/ }).click();
      const question = page.getByRole('textbox', { name: 'Question: English' });
      await question.fill('Your PIN');
      await window.getByText('Your PIN').waitFor();
      // Nobody may ask for a secret, and what was written stays.
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('Nobody may ask customers for that.').waitFor();
      expect(await question.getAttribute('aria-invalid')).toBe('true');
      await question.fill('Which card is it?');
      await page.getByRole('textbox', { name: 'Question: 中文' }).fill('是哪张卡？');
      await page.getByLabel('Kind of answer').selectOption('choice');
      for (const [i, en, zh] of [
        [1, 'The blue one', '蓝色的'],
        [2, 'The black one', '黑色的'],
      ] as const) {
        await page.getByRole('textbox', { name: `Answer ${i}: English` }).fill(en);
        await page.getByRole('textbox', { name: `Answer ${i}: 中文` }).fill(zh);
      }
      await page.getByRole('button', { name: 'Add a question' }).click();
      await page.getByRole('textbox', { name: 'Question: English' }).fill('Where was it last?');
      await page.getByLabel('Ask it').selectOption({ label: 'Which card is it?' });
      // The window follows: the second question is asked when the first is answered so.
      await window.getByText('The blue one').waitFor();
      expect(await window.getByText('Where was it last?').count()).toBe(0);
      await window.getByText('The blue one').click();
      await window.getByText('Where was it last?').waitFor();
      const note = page.getByText('1 text is missing in 中文');
      await note.waitFor();
      await page.getByRole('textbox', { name: 'Question: 中文' }).fill('最后在哪里用过？');
      await note.waitFor({ state: 'detached' });
      await page.getByRole('group', { name: 'Language' }).getByRole('button', { name: '中文' }).click();
      await window.getByRole('heading', { name: '银行卡丢失' }).waitFor();
      await page.getByRole('group', { name: 'Light or dark' }).getByRole('button', { name: 'Dark' }).click();
      await expect.poll(() => window.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
      expect(await faultsOf(page)).toEqual([]);
      await house.shot(page, 'forming');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('link', { name: /A card was lost/ }).waitFor();

      // The last moves up by one place, and customers find it there.
      await page.getByRole('button', { name: 'Move A card was lost up' }).click();
      await page.getByText('Moved.').first().waitFor();
      const names = () => page.locator('li strong').allInnerTexts();
      await expect.poll(names).toEqual(expect.arrayContaining(['A card was lost', 'Close my account']));
      expect((await names()).slice(-2)).toEqual(['A card was lost', 'Close my account']);
      expect(await faultsOf(page)).toEqual([]);
      const someone = await house.customer(undefined, { locale: 'zh-CN' });
      await someone.topic(/银行卡丢失/);
      await someone.frame.getByText('黑色的').click();

      // It changes while it is filled in: what was refused is asked again, and stays a form.
      await page.getByRole('link', { name: /A card was lost/ }).click();
      await page.getByRole('button', { name: /^1 Which card is it/ }).click();
      await page.getByRole('button', { name: 'Remove The black one' }).waitFor();
      await page.getByRole('button', { name: 'Add an answer' }).click();
      await page.getByRole('textbox', { name: 'Answer 3: English' }).fill('The red one');
      await page.getByRole('button', { name: 'Remove The black one' }).click();
      // What is said of the time before may still be there.
      const saved = page.waitForResponse((r) => r.request().method() === 'PUT' && r.ok());
      await page.getByRole('button', { name: 'Save' }).click();
      await saved;
      await someone.frame.getByRole('button', { name: '提交给客服' }).click();
      await someone.frame.getByRole('button', { name: '重新发送' }).click();
      await someone.frame.getByText('The red one').click();
      await someone.frame.getByRole('button', { name: '提交给客服' }).click();
      await someone.frame.locator('.mine').getByText('The red one').waitFor();
      await expect.poll(() => someone.frame.locator('.mine').count()).toBe(1);

      // Switched off, it is asked no more.
      await page.getByLabel('Shown to customers').uncheck();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Save' }).and(page.locator(':disabled')).waitFor();
      const other = await house.customer();
      await other.frame.getByRole('button', { name: /A refund/ }).waitFor();
      expect(await other.frame.locator('button', { hasText: 'A card was lost' }).count()).toBe(0);
    });

    test('is put back as it was delivered', async () => {
      const { page } = await house.agent('sofia');
      await visit(page, 'form');
      await page.getByRole('link', { name: /A refund/ }).click();
      const title = page.getByRole('textbox', { name: 'Topic, as customers choose it: English' });
      await title.fill('Give it back');
      await page.getByRole('button', { name: 'Remove For which payment?' }).click();
      await page.getByText('The question is out.').waitFor();
      await page.getByRole('button', { name: 'Undo', exact: true }).click();
      await page.getByRole('button', { name: 'Remove For which payment?' }).waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { name: 'Give it back', level: 1 }).waitFor();
      await page.getByRole('button', { name: 'Put back as delivered' }).click();
      expect(await title.inputValue()).toBe('A refund');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { name: 'A refund', level: 1 }).waitFor();
      await page.getByRole('button', { name: 'History' }).click();
      await page.getByRole('button', { name: 'Make it count again' }).first().waitFor();
      await page.keyboard.press('Escape');
    });

    test('fits a phone, in the dark and in Chinese', async () => {
      const { page } = await house.agentOn('sofia', { ...phone, colorScheme: 'dark', locale: 'zh-CN' });
      for (const path of [['form'], ['form', 'new'], ['look']]) {
        await visit(page, ...path);
        if (path[1] || path[0] === 'look') await preview(page);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await faultsOf(page)).toEqual([]);
        await house.shot(page, `forming-phone-${path.join('-')}`);
      }
    });
  });

  describe('the look of the window', () => {
    test('is seen in the window itself before it is saved', async () => {
      const { page } = await house.agent('olivia');
      await visit(page, 'look');
      const window = await preview(page);
      const accent = () => window.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--accent'));
      await page.getByRole('textbox', { name: 'First line (en)' }).fill('What can we do for you?');
      await window.getByText('What can we do for you?').waitFor();
      await page.locator('input[type=color]').fill('#7a1fa2');
      await expect.poll(accent).toBe('#7a1fa2');
      await page.getByRole('button', { name: 'A conversation' }).click();
      await window.getByText('Thank you!').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await house.shot(page, 'look-preview');
      // The cursor is still where it was typed, and nothing was sent or kept anywhere.
      expect(await window.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
      const customer = await house.customer();
      expect(await customer.frame.getByText('What can we do for you?').count()).toBe(0);
      await page.getByRole('button', { name: 'Discard changes' }).click();
    });

    test('cannot be shown by anybody but the desk', async () => {
      const { urls } = house.server.demo;
      const address = new URL('/preview', urls.widget).href;
      const page = await house.strangersPage();
      // In the wallet's page, which may hold the window itself.
      await page.goto(urls.wallet);
      await page.evaluate((src) => {
        const frame = document.createElement('iframe');
        frame.src = src;
        frame.id = 'held';
        document.body.append(frame);
        return new Promise((resolve) => (frame.onload = resolve));
      }, address);
      const held = await (await page.locator('#held').elementHandle())!.contentFrame();
      expect(held!.url()).not.toBe(address);
      // By itself it shows nothing, whoever speaks to it.
      await page.goto(address);
      await page.evaluate(() => postMessage({ kefu: 1, type: 'preview', value: { css: '', theme: 'light', lang: 'en', forms: [], greeting: 'Your PIN, please', screen: 'topics' } }, '*'));
      await page.waitForTimeout(300);
      expect(await page.locator('body').innerText()).toBe('');
      // The window as customers have it knows no previews.
      const customer = await house.customer();
      await customer.frame.evaluate(() => postMessage({ kefu: 1, type: 'preview', value: { greeting: 'Your PIN, please' } }, '*'));
      expect(await customer.frame.getByText('Your PIN, please').count()).toBe(0);
    });
  });

  describe('the window', () => {
    test.each([
      ['a page', {}],
      ['a phone', phone],
    ] as const)('stands from right to left on %s', { timeout: 60_000 }, async (name, look) => {
      const someone = await house.customer('cust-anna', look);
      const { frame } = someone;
      await frame.evaluate(() => Object.assign(document.documentElement, { dir: 'rtl', lang: 'ar' }));
      const fits = async (what: string) => {
        expect(await overflow(frame), what).toBeLessThanOrEqual(0);
        // Nothing reaches over the left edge either, where lines end now.
        const over = await frame.evaluate(() => [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().width > 0 && !e.closest('.visually-hidden')).filter((e) => e.getBoundingClientRect().left < -1 || e.getBoundingClientRect().right > innerWidth + 1).map((e) => `${e.tagName}.${e.className}`));
        expect(over, what).toEqual([]);
        await house.shot(someone.page, `rtl-${what}-${name.split(' ')[1]}`);
      };
      await frame.locator('h1').waitFor();
      const begin = frame.getByRole('button', { name: 'New conversation' });
      const all = frame.getByRole('button', { name: 'All conversations' });
      await begin.or(all).or(frame.getByRole('button', { name: /A payment failed/ })).first().waitFor();
      if ((await all.count()) > 0) {
        await all.click();
        await begin.waitFor();
      }
      if ((await begin.count()) > 0) {
        await fits('list');
        await begin.click();
      }
      await frame.getByRole('button', { name: /A payment failed/ }).waitFor();
      await fits('topics');
      // What can be looked up is looked up; where it cannot, it is asked.
      await frame.getByRole('button', { name: /A payment failed/ }).click();
      await frame.getByRole('heading', { name: 'Why did my payment fail?' }).waitFor();
      await frame.getByText('Which payment is it?').waitFor();
      await fits('flow');
      expect(await faultsOf(frame)).toEqual([]);
      await frame.getByRole('button', { name: 'Other topics' }).click();
      await noFlows(someone.page);
      await frame.getByRole('button', { name: /A payment failed/ }).click();
      await frame.getByRole('group', { name: 'Choose from your payments' }).getByRole('radio').first().waitFor();
      await fits('form');
      await frame.getByRole('button', { name: 'Other topics' }).click();
      // What is taken is said before anything is chosen.
      await frame.getByRole('button', { name: 'Attach a file' }).click();
      await frame.getByText(/Up to 10 files, 21 MB each: pictures, PDF,? and plain text/).waitFor();
      await fits('files');
      expect(await faultsOf(frame)).toEqual([]);
      await someone.page.keyboard.press('Escape');
      await someone.box.fill('שלום, why was I charged twice? '.repeat(6));
      await someone.box.press('Enter');
      await frame.locator('.mine').first().waitFor();
      await fits('talk');
    });

    test('shows the payment that the page asks about, however old it is', { timeout: 60_000 }, async () => {
      const someone = await house.customer('cust-anna');
      const { frame, page } = someone;
      await noFlows(page);
      // The oldest that there is: page by page to the end.
      const seen: { id: string; party?: string }[] = [];
      page.on('response', async (r) => {
        if (r.url().includes('/rt/wallet/transactions') && r.ok()) seen.push(...((await r.json()) as { items: typeof seen }).items);
      });
      const list = frame.getByRole('group', { name: 'Choose from your payments' });
      const asks = async (transaction?: string) => {
        await page.evaluate((transaction) => (window as unknown as { kefu: (...all: unknown[]) => void }).kefu('open', { transaction }), transaction);
        await frame.getByRole('button', { name: /A payment failed/ }).click();
        await list.getByRole('radio').first().waitFor();
      };
      await asks('none');
      const first = await list.getByRole('radio').count();
      const more = frame.getByRole('button', { name: 'Earlier payments' });
      while ((await more.count()) > 0) {
        const before = await list.getByRole('radio').count();
        await more.click();
        await expect.poll(() => list.getByRole('radio').count()).toBeGreaterThan(before);
      }
      const oldest = seen.at(-1)!;
      expect(await list.getByRole('radio').count()).toBeGreaterThan(first);
      await asks(oldest.id);
      await expect.poll(() => list.getByRole('radio', { checked: true }).count()).toBe(1);
      expect(await list.getByRole('radio').count()).toBe(first + 1);
      const chosen = list.locator('.one').filter({ has: frame.locator(':checked') });
      expect(await chosen.innerText()).toContain(oldest.party ?? '');
    });
  });
}
