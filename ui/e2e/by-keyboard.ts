import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import type { Agent } from './people.ts';

/** What holds the focus; BODY when nothing does. */
const held = (page: Page) => page.evaluate(() => document.activeElement?.tagName ?? 'BODY');

/** Chooses whether offers are taken, by keys alone. */
async function choosePresence(agent: Agent, key: 'Home' | 'End'): Promise<void> {
  await agent.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await agent.page.keyboard.press('p');
  await agent.page.getByRole('menu').waitFor();
  await agent.page.keyboard.press(key);
  await agent.page.keyboard.press('Enter');
  await agent.page.getByRole('menu').waitFor({ state: 'hidden' });
}

/** The conversation that is open, and whose it is, as the desk shows it. */
async function mine({ page, who }: Agent): Promise<boolean> {
  const chosen = page.locator('main .actions select').first().locator('option:checked');
  return (await chosen.count()) === 1 && (await chosen.innerText()).startsWith(who.name.split(' ')[0]!);
}

export function byKeyboard(house: House): void {
  describe('by keyboard alone', () => {
    test('an offer is accepted with Y, and keys that were meant for the list take none', { timeout: 90_000 }, async () => {
      const mei = await house.agent('mei');
      await mei.page.goto(`${house.server.demo.urls.desk}#/mine/open`);
      for (const words of ['Please help me with this.', 'And me with that.']) await (await house.customer()).write(words);
      await choosePresence(mei, 'Home');
      let before = '';
      for (const key of ['y', 'Enter']) {
        const card = mei.page.locator('section.offer');
        await card.waitFor();
        if (key === 'y') await house.shot(mei.page, 'desk-offer');
        // As it appears: whoever is pressing them has not seen it.
        for (const other of ['y', 'd']) await mei.page.keyboard.press(other);
        await mei.page.waitForTimeout(1_200);
        expect(await card.count()).toBe(1);
        if (key === 'Enter') await card.getByRole('button', { name: 'Accept' }).focus();
        await mei.page.keyboard.press(key);
        await expect.poll(async () => mei.page.url() !== before && (await mine(mei))).toBe(true);
        before = mei.page.url();
        // The agent goes on in the conversation: R answers, and a screen reader says who it is.
        await expect.poll(() => held(mei.page)).toBe('H2');
      }
      await choosePresence(mei, 'End');
      await mei.page.locator('section.offer').waitFor({ state: 'detached' });
    });

    test('the focus is never lost', { timeout: 60_000 }, async () => {
      const mei = await house.agent('mei');
      const words = 'Where does the focus go?';
      await (await house.customer()).write(words);
      await mei.take(words);
      const { page } = mei;
      const row = mei.row(words);
      const isHeld = (place: typeof row) => place.evaluate((e) => e === document.activeElement);
      for (const key of ['h', 'e', '?', 'Control+k']) {
        await row.focus();
        await page.keyboard.press(key);
        await page.getByRole('dialog').waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
        expect(await isHeld(row), `after ${key}`).toBe(true);
      }
      for (const name of ['Hand over', 'Resolve']) {
        const button = page.locator('main').getByRole('button', { name, exact: true });
        await button.click();
        await page.getByRole('dialog').waitFor();
        await page.keyboard.press('Escape');
        await expect.poll(() => isHeld(button), { message: `after ${name}` }).toBe(true);
      }
      for (const [key, place] of [
        ['t', '[data-add=tag]'],
        ['r', 'main form textarea'],
      ] as const) {
        await row.focus();
        await page.keyboard.press(key);
        await expect.poll(() => isHeld(page.locator(place)), { message: `after ${key}` }).toBe(true);
      }
      await row.focus();
      await page.keyboard.press('a');
      await expect.poll(() => mine(mei)).toBe(true);
      expect(await held(page)).not.toBe('BODY');
      await row.focus();
      await page.keyboard.press('e');
      await page.getByRole('dialog').getByRole('button', { name: 'Resolve', exact: true }).click();
      await page.locator('main').getByRole('button', { name: 'Reopen', exact: true }).waitFor();
      await expect.poll(() => held(page)).not.toBe('BODY');
    });
  });
}
