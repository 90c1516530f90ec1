import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { picture } from './picture.ts';
import { faultsOf, overflow } from './screens.ts';

/** A dispute from both sides: the customer follows it in the window, staff lead it at the desk. */
export function cases(house: House): void {
  describe('a case', () => {
    test('is followed by its customer, who adds evidence, and is decided by letter', { timeout: 150_000 }, async () => {
      const james = await house.customer('cust-james', { ...phone, locale: 'en-GB' });
      await james.another().catch(() => undefined);
      await james.write('Somebody paid with my wallet, that was not me');
      const sofia = await house.agent('sofia');
      const { page } = sofia;
      await sofia.take('Somebody paid with my wallet, that was not me');
      await page.getByRole('button', { name: 'Open a case' }).click();
      await page.getByRole('button', { name: 'Open a case' }).click();
      await page.getByLabel('Law').selectOption({ label: 'European Union' });
      await page.getByRole('button', { name: 'Say what it is' }).click();
      await page.getByText('Tell the customer that we have it').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      const number = await page.getByText(/^K-[0-9A-Z]{8}$/).first().innerText();
      await page.getByRole('button', { name: 'Ask for it' }).last().click();
      await page.getByText('Waiting for the customer').first().waitFor();

      // The customer hears of it where they talk, and finds it above their conversations.
      await james.frame.getByText(new RegExp(`${number}.*Police report`)).first().waitFor();
      await james.frame.getByRole('button', { name: 'All conversations' }).click();
      await james.frame.getByRole('region', { name: 'Your cases' }).getByRole('button', { name: new RegExp(number) }).click();
      const frame = james.frame;
      await frame.getByText('What we need from you').waitFor();
      await frame.getByText('What the law asks (European Union)').click();
      await frame.getByText('Directive (EU) 2015/2366 Art. 73(1)').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(james.page, 'case-window');
      await frame.getByRole('button', { name: 'Answer', exact: true }).click();
      await frame.getByRole('textbox').fill('The police gave me this');
      const chooser = james.page.waitForEvent('filechooser');
      await frame.getByRole('button', { name: 'Add files' }).click();
      await (await chooser).setFiles({ name: 'report.png', mimeType: 'image/png', buffer: picture(40, 30) });
      await frame.getByText('report.png').waitFor();
      await frame.getByRole('button', { name: 'Send', exact: true }).click();
      await frame.getByText('We look into it.').waitFor();
      await frame.getByRole('button', { name: /report/ }).last().waitFor();
      await house.shot(james.page, 'case-window-answered');

      // Staff see it, settle what a refusal needs, decide, and write.
      await page.reload();
      await page.getByRole('button', { name: /report\.png/ }).first().waitFor();
      await page.getByText('The police gave me this').waitFor();
      await page.getByRole('button', { name: 'Decide', exact: true }).click();
      await page.getByLabel('Reason (the customer reads it)').fill('The payment was not approved by you.');
      await page.getByRole('button', { name: 'Decide', exact: true }).last().click();
      await page.getByText('Decided, not told yet').waitFor();
      await page.getByRole('button', { name: 'Decided for them' }).click();
      await page.getByText('This is what the customer gets:').waitFor();
      await house.shot(page, 'case-desk-letter');
      await page.getByRole('button', { name: 'Send it in the conversation' }).click();
      await page.getByRole('link', { name: 'We decided for you' }).first().waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await house.shot(page, 'case-desk');

      await frame.getByText('Decided for you').first().waitFor();
      await frame.getByRole('button', { name: /We decided for you/ }).click();
      await frame.getByText('The payment was not approved by you.').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      await house.shot(james.page, 'case-window-letter');

      // It is taken out of the house, and proves itself.
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Take out, signed' }).click();
      expect((await download).suggestedFilename()).toBe(`${number}.zip`);
      expect(await house.server.run('evidence', 'verify', (await (await download).path())!)).toContain(number);
    });
  });
}
