import type { Frame, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { pages } from '../desk/shell/pages.ts';
import type { House } from './house.ts';
import { phone, type Look } from './people.ts';
import { faultsOf, type Screen } from './screens.ts';

/** The widths over which nothing may reach: a phone's, and the narrowest that WCAG 2.2 (1.4.10) asks for. */
const widths = [390, 320];

/** What reaches over the side of the screen, and by how much; what is scrolled in a box of its own does not. */
const overflow = (place: Screen) =>
  place.evaluate(() => {
    const over = document.documentElement.scrollWidth - innerWidth;
    return over > 0 ? [`${over} px`, ...[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => `${e.tagName}.${e.className}`)].slice(0, 5) : [];
  });

/** Nothing is being fetched any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await expect.poll(() => page.locator('.skeleton').count(), { timeout: 8000 }).toBe(0);
}

async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => new Promise<void>((gone) => ((location.hash = to), requestAnimationFrame(() => setTimeout(gone)))), hash);
  await settled(page);
}

/** What an owner has nothing of: their own requests, which others have who ask and do not decide. */
const ofOthers = ['requests'];

/** Every page that this person has, every screen of the settings, and of each list the form for something new or the first that there is. */
async function* everyScreen(page: Page, of: 'new' | 'first'): AsyncGenerator<string> {
  const rail = await page.locator('nav').first().locator('a').evaluateAll((all) => all.map((a) => a.getAttribute('href')!));
  for (const { id } of pages.filter((p) => !ofOthers.includes(p.id))) {
    // An owner has what is an auditor's page among the settings.
    const hash = rail.find((href) => href === `#/${id}`) ?? { inbox: '#/all/open', rights: '#/settings/rights' }[id as string];
    if (!hash) throw new Error(`The page ${id} is not in the owner's rail: give these journeys somebody who has it.`);
    await goTo(page, hash);
    yield hash;
  }
  await goTo(page, '#/settings');
  const screens = await page.locator('a[href^="#/settings/"]').evaluateAll((all) => [...new Set(all.map((a) => a.getAttribute('href')!))]);
  for (const hash of screens.filter((h) => h.split('/').length === 3)) {
    await goTo(page, hash);
    yield hash;
    const first = of === 'first' && (await page.locator(`main a[href^="${hash}/"]`).evaluateAll((all) => all.map((a) => a.getAttribute('href')!)[0]));
    const make = page.locator('main header .actions .primary');
    if (!first && (await make.count())) {
      await make.first().click();
      await settled(page);
      yield `${hash} (new)`;
    }
    if (!first) continue;
    await goTo(page, first);
    yield first;
  }
}

/** The same of the pages that an owner does not have. */
async function wrongOfOthers(house: House, name: string, as: Look, look: (page: Page) => Promise<string[]>): Promise<string[]> {
  const { page } = await house.agentOn('sofia', as);
  await settled(page);
  const wrong: string[] = [];
  for (const id of ofOthers) {
    await goTo(page, `#/${id}`);
    wrong.push(...(await look(page)).map((w) => `#/${id}: ${w}`));
    await house.shot(page, `${name}-${id}`);
  }
  return wrong;
}

/** The whole of what is wrong, so that one run tells everything. */
async function wrongOn(page: Page, house: House, name: string, of: 'new' | 'first', look: (hash: string) => Promise<string[]>): Promise<string[]> {
  const wrong: string[] = [];
  for await (const hash of everyScreen(page, of)) {
    const here = await look(hash);
    wrong.push(...here.map((w) => `${hash}: ${w}`));
    await house.shot(page, `${name}-${hash.replace(/\W+/g, '-')}`);
    // What was opened for something new is left without a question.
    await page.keyboard.press('Escape');
  }
  return wrong;
}

export function everywhere(house: House): void {
  describe('every page of the desk', () => {
    test('is clear to everybody, in light and English', { timeout: 150_000 }, async () => {
      const as: Look = { colorScheme: 'light', locale: 'en-GB', viewport: { width: 1440, height: 900 } };
      const { page } = await house.agentOn('olivia', as);
      await settled(page);
      expect(await wrongOn(page, house, 'page-light', 'first', () => faultsOf(page))).toEqual([]);
      expect(await wrongOfOthers(house, 'page-light', as, faultsOf)).toEqual([]);
    });

    test('is clear to everybody and fits, on a phone, in dark and Chinese', { timeout: 150_000 }, async () => {
      const as: Look = { ...phone, colorScheme: 'dark', locale: 'zh-CN' };
      const { page } = await house.agentOn('olivia', as);
      await settled(page);
      const look = async (of: Page) => {
        const wrong = await faultsOf(of);
        for (const width of widths.toReversed()) {
          await of.setViewportSize({ width, height: 844 });
          wrong.push(...(await overflow(of)).map((o) => `at ${width} px: ${o}`));
        }
        return wrong;
      };
      expect(await wrongOn(page, house, 'page-dark', 'new', () => look(page))).toEqual([]);
      expect(await wrongOfOthers(house, 'page-dark', as, look)).toEqual([]);
      await page.locator('[popovertarget="more-pages"]').click();
      expect(await faultsOf(page)).toEqual([]);
      await house.shot(page, 'page-dark-more');
      await page.locator('#more-pages a').last().click();
      await expect.poll(() => page.url()).toContain('#/account');
    });

    test('keeps its heading and the way back when a notice comes, on a phone', { timeout: 60_000 }, async () => {
      await (await house.customer()).write('Where does the notice stand?');
      const sofia = await house.agentOn('sofia', { ...phone, locale: 'en-GB' });
      const { page } = sofia;
      await sofia.take('Where does the notice stand?');
      await page.getByRole('combobox', { name: 'Priority' }).selectOption('high');
      const notice = page.locator('.toast').filter({ hasText: 'High' });
      await notice.waitFor();
      const covered = () =>
        notice.evaluate((toast) => {
          const box = toast.getBoundingClientRect();
          const named = [...document.querySelectorAll('h1, .back, .back a, nav a, main form textarea')].map((e) => e.getBoundingClientRect());
          return named.filter((r) => r.width > 1 && r.left < box.right && r.right > box.left && r.top < box.bottom && r.bottom > box.top).length;
        });
      for (const width of widths) {
        await page.setViewportSize({ width, height: 844 });
        expect(await covered()).toBe(0);
      }
      await house.shot(page, 'notice-conversation');
      await goTo(page, '#/settings/team/new');
      for (const width of widths) {
        await page.setViewportSize({ width, height: 844 });
        expect(await covered()).toBe(0);
      }
      await house.shot(page, 'notice-page');
    });
  });

  describe('the window', () => {
    test.each([
      ['from right to left', { colorScheme: 'light', locale: 'en-GB' }, (frame: Frame) => frame.evaluate(() => Object.assign(document.documentElement, { lang: 'ar', dir: 'rtl' }) && undefined)],
      ['in type of twice the size', { colorScheme: 'dark', locale: 'zh-CN' }, (frame: Frame) => frame.evaluate(() => void (document.documentElement.style.fontSize = '200%'))],
    ] as [string, Look, (frame: Frame) => Promise<void>][])('is clear to everybody and fits, %s', { timeout: 60_000 }, async (name, look, turn) => {
      const someone = await house.customer(undefined, { ...phone, ...look });
      const { page, frame } = someone;
      await turn(frame);
      const wrong: string[] = [];
      const check = async (state: string) => {
        await house.shot(page, `window-${name.replace(/ /g, '-')}-${state}`);
        for (const w of [...(await faultsOf(frame)), ...(await overflow(frame))]) wrong.push(`${state}: ${w}`);
      };
      await check('home');
      await frame.locator('ul button').first().click();
      await frame.getByRole('progressbar', { includeHidden: true }).waitFor();
      await check('form');
      await frame.getByRole('button', { name: /Other topics|换个问题/ }).click();
      await someone.write('https://example.com/a/very/long/address/without/any/place/to/break/it/at/all/in/these/words');
      await expect.poll(() => someone.state()).toMatch(/\S/);
      await check('conversation');
      expect(wrong).toEqual([]);
    });
  });
}
