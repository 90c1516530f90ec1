import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';

export function people(house: House): void {
  describe('staff', () => {
    test('can do everything from the keyboard', async () => {
      const sara = await house.customer('cust-sara');
      await sara.write('My phone is gone.');
      const ben = await house.agent('ben');
      const { keyboard } = ben.page;
      await ben.page.goto(`${house.server.demo.urls.desk}#/all/open`);
      await ben.row('My phone is gone.').waitFor();
      // Whoever is offered nobody has A for the conversation that is open.
      await keyboard.press('p');
      await ben.page.getByRole('menuitemradio', { name: 'Available' }).waitFor();
      await keyboard.press('End');
      await keyboard.press('Enter');
      await keyboard.press('j');
      await expect.poll(() => ben.row('My phone is gone.').evaluate((row) => row === document.activeElement)).toBe(true);
      await keyboard.press('Enter');
      await ben.sees('My phone is gone.');
      await keyboard.press('a');
      await sara.sees('Ben is helping you.');
      await keyboard.press('r');
      await expect.poll(() => ben.box.evaluate((box) => box === document.activeElement)).toBe(true);
      await keyboard.type('I lock the wallet for you.');
      await keyboard.press('Enter');
      await sara.sees('I lock the wallet for you.');
      await keyboard.press('Escape');
      await keyboard.press('n');
      await keyboard.type('Called back on the number on file.');
      await keyboard.press('Enter');
      await ben.sees('Called back on the number on file.');
      await keyboard.press('Escape');
      await keyboard.press('e');
      await ben.page.getByRole('dialog').waitFor();
      await keyboard.type('Wallet locked.');
      await keyboard.press('Enter');
      await sara.frame.getByText('This conversation was closed.').waitFor();
      await ben.page.getByRole('dialog').waitFor({ state: 'hidden' });
      await keyboard.press('?');
      await ben.page.getByRole('dialog').getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
      // Whoever dictates switches single keys off, and that is kept.
      await ben.page.getByRole('dialog').getByRole('checkbox').uncheck();
      await keyboard.press('Escape');
      await keyboard.press('e');
      await ben.page.reload();
      await ben.sees('My phone is gone.');
      await keyboard.press('?');
      expect(await ben.page.getByRole('dialog').count()).toBe(0);
      await ben.page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await ben.page.getByRole('dialog').getByRole('checkbox').check();
      await keyboard.press('Escape');
      await keyboard.press('/');
      await expect.poll(() => ben.page.getByRole('search').getByRole('searchbox').evaluate((box) => box === document.activeElement)).toBe(true);
      await keyboard.press('Escape');
    });
  });

  describe('a page of another site', () => {
    test('cannot hold the window or the desk in a frame', async () => {
      const { widget, desk, wallet } = house.server.demo.urls;
      const page = await house.strangersPage();
      for (const address of [widget, desk]) {
        const refused = page.waitForEvent('console', (m) => /frame-ancestors|X-Frame-Options/.test(m.text()));
        await page.setContent(`<iframe src="${address}"></iframe>`);
        await refused;
      }
      // The wallet's own page may.
      await page.goto(wallet);
      await page.locator('#help:enabled').click();
      await expect.poll(() => page.frames().some((f) => f.url().startsWith(widget))).toBe(true);
    });
  });
}

/** Goes for good, so this comes after what she has to do. */
export function leaving(house: House): void {
  describe('staff', () => {
    test('whoever is disabled is out within five seconds', async () => {
      const somebody = await house.customer();
      await somebody.write('Is my wallet locked?');
      const sofia = await house.agent('sofia');
      await sofia.take('Is my wallet locked?');
      // Her words cannot be saved: they are in the browser.
      await sofia.page.route('**/draft', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
      await sofia.box.fill('It is locked.');
      const kept = () => sofia.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]).includes('It is locked.'));
      await expect.poll(kept).toBe(true);
      await house.server.user('disable', '--email', 'sofia@kefu.demo');
      await sofia.page.locator('input[type=password]').waitFor({ timeout: 5_000 });
      await sofia.page.getByRole('status').getByText(/You were signed out, here or elsewhere|Your session has ended/).waitFor();
      expect(await sofia.page.locator('[role=log], [data-id]').count()).toBe(0);
      await expect.poll(kept).toBe(false);
      await sofia.page.reload();
      await sofia.page.locator('input[type=password]').waitFor();
    });
  });
}
