import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** How a customer knows that it is really us. */
export function trusting(house: House): void {
  describe('whether it is really us', () => {
    test('a code that an agent gives is seen, checked, and a false one refused', { timeout: 120_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      const { frame } = anna;
      await anna.write('Is somebody of yours calling me?');
      await frame.getByRole('button', { name: 'Is it really us?' }).click();
      await frame.getByText('No code is out for you at present. If somebody contacts you in our name, ask them for one: it has to appear here too.').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(anna.page, 'trust-nobody');
      // Their own phrase; a password is none.
      await frame.getByLabel('Phrase').fill('blue kettle');
      await frame.getByRole('button', { name: 'Save' }).click();
      await frame.getByText('Saved.').waitFor();

      const mei = await house.agent('mei');
      await mei.take('Is somebody of yours calling me?');
      await mei.page.getByRole('button', { name: 'Take it', exact: true }).first().click({ timeout: 4_000 }).catch(() => undefined);
      const panel = mei.page.locator('section.contact');
      await panel.getByLabel('By which way').selectOption('phone');
      await panel.getByLabel('What about').selectOption('payment');
      await panel.getByRole('button', { name: 'Give a code' }).click();
      const code = (await panel.locator('.code bdi').innerText()).trim();
      expect(code).toMatch(/^[3-9A-Z]{4}-[3-9A-Z]{4}$/);

      // It is pushed to the window, and the desk hears that it was seen.
      const banner = frame.locator('.contact');
      await banner.getByText(/Mei.* of our team contacts you by phone now, about one of your payments/).waitFor();
      expect((await banner.locator('.code').innerText()).trim()).toBe(code);
      await panel.getByText(/The customer has seen it/).waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(anna.page, 'trust-banner');
      await house.shot(mei.page, 'trust-desk');

      await panel.getByRole('button', { name: 'Show their phrase' }).click();
      await panel.getByText('blue kettle').waitFor();
      await banner.getByText(/was shown your phrase/).waitFor();

      const ask = async (typed: string) => {
        await frame.getByLabel('The code that they told you').fill(typed);
        await frame.getByRole('button', { name: 'Check', exact: true }).click();
      };
      await ask('3333-3333');
      await frame.getByText('This is not a code of ours, or not any more, or not for you.').waitFor();
      await panel.getByText('One false code was tried').waitFor();
      await house.shot(anna.page, 'trust-false');
      await ask(code.toLowerCase().replace('-', ' '));
      await frame.getByText(/It is ours: Mei/).waitFor();
      await panel.getByText(/The customer has checked it/).waitFor();
      await anna.page.emulateMedia({ colorScheme: 'dark' });
      await frame.locator('body').evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
      expect(await faultsOf(frame)).toEqual([]);
      await house.shot(anna.page, 'trust-checked-dark');
      await anna.page.emulateMedia({ colorScheme: 'light' });
      await ask(code);
      await frame.getByText(/You have checked this code already/).waitFor();

      await panel.getByRole('button', { name: 'I am done' }).click();
      await banner.waitFor({ state: 'detached' });
      await frame.getByText('No code is out for you at present. If somebody contacts you in our name, ask them for one: it has to appear here too.').waitFor();
    });

    test('the public page knows what is ours, and shows what only looks like it', { timeout: 60_000 }, async () => {
      const page = await house.strangersPage(phone);
      await page.goto(new URL('/verify', house.server.demo.urls.desk).href);
      const ask = async (typed: string) => {
        await page.getByLabel('Number, e-mail address, account or link').fill(typed);
        await page.getByRole('button', { name: 'Check' }).click();
      };
      for (const [typed, said] of [
        ['400 123 4567', 'This is ours'],
        ['someone@else.test', 'This is not ours'],
        ['https://wаllet.example/pay', 'This is not ours'],
      ] as const) {
        await ask(typed);
        await page.getByRole('heading', { name: said }).waitFor();
        expect(await faultsOf(page)).toEqual([]);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
      }
      expect(await page.locator('mark').innerText()).toBe('а');
      await house.shot(page, 'verify-lookalike');
      expect(await page.context().cookies()).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await faultsOf(page)).toEqual([]);
      await house.shot(page, 'verify-dark');
      await page.getByRole('link', { name: '中文' }).click();
      await page.getByRole('heading', { name: /真的是.*吗？/ }).waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await house.shot(page, 'verify-zh');
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await house.shot(page, 'verify-rtl');
    });
  });
}
