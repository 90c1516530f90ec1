import { readFile } from 'node:fs/promises';
import type { Download, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { picture, widthOf } from './picture.ts';

/** Opens an attachment as a person does: where it came from, and how wide the picture is. */
async function opened(page: Page, click: () => Promise<void>): Promise<{ origin: string; width: number }> {
  const context = page.context();
  const download = new Promise<Download>((resolve) => {
    page.once('download', resolve);
    context.once('page', (popup) => popup.once('download', resolve));
  });
  await click();
  const file = await download;
  const bytes = await readFile(await file.path());
  return { origin: new URL(file.url()).origin, width: widthOf(bytes) };
}

export function talking(house: House): void {
  describe('a customer and an agent', () => {
    test('talk with each other, and see how far their words have got', async () => {
      const anna = await house.customer('cust-anna');
      await anna.write('Where is my transfer of Monday?');
      await expect.poll(() => anna.state()).toMatch(/Sent|Received/);

      const mei = await house.agent('mei');
      await mei.take('Where is my transfer of Monday?', 'unassigned/open');
      await expect.poll(() => anna.state()).toBe('Read');
      await mei.page.getByRole('button', { name: 'Take it' }).click();
      await anna.sees('Mei is helping you.');

      await mei.write('I am looking into it now.');
      await anna.sees('I am looking into it now.');
      await expect.poll(() => mei.state()).toBe('Read');
      expect(await anna.words()).toEqual(await mei.words());
    });

    test('a note stays among staff', async () => {
      const anna = await house.customer('cust-anna');
      const mei = await house.agent('mei');
      await anna.write('Is there any news?');
      await mei.take('Is there any news?');
      await mei.note('The landlord’s bank holds it back.');
      await mei.sees('The landlord’s bank holds it back.');
      await mei.write('I will know more at noon.');
      await anna.sees('I will know more at noon.');
      expect(await anna.frame.locator('body').innerText()).not.toContain('holds it back');
      expect(anna.heard.join()).not.toContain('holds it back');
      expect(anna.heard.join()).toContain('I will know more at noon.');
    });

    test('a note that was begun is still a note after another conversation and a reload', async () => {
      const anna = await house.customer('cust-anna');
      const james = await house.customer('cust-james');
      const mei = await house.agent('mei');
      await anna.write('When will it be?');
      await james.write('And when will mine be?');
      await mei.take('When will it be?');
      await mei.page.getByRole('button', { name: 'Note', exact: true }).click();
      await mei.box.fill('She asks for the third time');
      await mei.take('And when will mine be?');
      expect(await mei.box.inputValue()).toBe('');
      await mei.take('When will it be?');
      await expect.poll(() => mei.box.inputValue()).toBe('She asks for the third time');
      await mei.page.getByText('Draft saved').waitFor({ state: 'detached' });
      await mei.page.reload();
      await expect.poll(() => mei.box.inputValue()).toBe('She asks for the third time');
      await house.shot(mei.page, 'desk-note-draft');
      await mei.box.press('Enter');
      await mei.page.locator('.message.note').getByText('She asks for the third time').waitFor();
      await mei.write('Tomorrow.');
      await anna.sees('Tomorrow.');
      expect(anna.heard.join()).not.toContain('third time');
    });

    test('two conversations of one customer become one, and two again', async () => {
      const first = await house.customer('cust-li');
      const mei = await house.agent('mei');
      await first.write('My card was refused.');
      await mei.take('My card was refused.');
      await first.another();
      await first.write('It was refused again.');
      await mei.take('It was refused again.');
      const join = mei.page.getByRole('button', { name: /^Go on in the conversation of/ });
      await join.first().click();
      await mei.page.getByText('It goes on here.').waitFor();
      await mei.sees('My card was refused.');
      await first.frame.getByText(/joined with another|已与另一会话合并/).first().waitFor();
      await mei.page.locator('aside').getByRole('button', { name: /^Begun/ }).click();
      await mei.page.getByText('This conversation was joined with another one.').waitFor();
      await house.shot(mei.page, 'desk-joined');
      await mei.page.getByRole('button', { name: 'Separate again' }).click();
      await mei.page.getByText('Separated again.').waitFor();
      await mei.sees('It was refused again.');
      await mei.write('Both are looked at.');
      await expect.poll(() => first.heard.join()).toContain('Both are looked at.');
    });

    test('what was resolved is opened again by the customer’s next words', async () => {
      const anna = await house.customer('cust-anna');
      const mei = await house.agent('mei');
      await anna.write('It has arrived, thank you.');
      await mei.take('It has arrived, thank you.');
      await mei.page.getByRole('button', { name: 'Resolve', exact: true }).click();
      const dialog = mei.page.getByRole('dialog');
      await dialog.getByRole('textbox').fill('The transfer was released by the bank.');
      await house.shot(mei.page, 'desk-resolve');
      await dialog.getByRole('button', { name: 'Resolve', exact: true }).click();
      await anna.frame.getByText('This conversation was closed.').waitFor();
      expect(anna.heard.join()).not.toContain('released by the bank');
      await mei.page.getByText('The transfer was released by the bank.').waitFor();

      await anna.write('One more question.');
      await mei.sees('One more question.');
      await mei.page.getByRole('button', { name: 'Resolve', exact: true }).waitFor();
      await mei.take('One more question.', 'all/open');
      await mei.row('One more question.').getByText('Reopened').waitFor();
    });

    test('one customer has the same conversation in two tabs and on another device', async () => {
      const first = await house.customer('cust-james');
      await first.write('A payment was taken twice.');
      const second = await first.tab('cust-james');
      const other = await house.customer('cust-james');
      for (const device of [second, other]) await device.sees('A payment was taken twice.');
      await other.write('It was in the bakery.');
      await second.write('On Tuesday.');
      for (const device of [first, second, other]) {
        await device.sees('It was in the bakery.');
        await device.sees('On Tuesday.');
      }
      expect(await second.words()).toEqual(await first.words());
      expect(await other.words()).toEqual(await first.words());
    });

    test('pictures go both ways, and are opened from an origin of their own', async () => {
      const james = await house.customer('cust-james');
      const mei = await house.agent('mei');
      await james.attach('receipt.png', picture(40, 30));
      await james.frame.getByRole('button', { name: /receipt\.png/ }).waitFor();
      await james.write('Here is the receipt.');
      await mei.take('Here is the receipt.');
      const files = house.server.demo.urls.files;
      const atDesk = await opened(mei.page, () => mei.page.getByRole('button', { name: /receipt\.png/ }).click());
      expect(atDesk).toEqual({ origin: files, width: 40 });

      await mei.attach('statement.png', picture(60, 20));
      const file = james.frame.getByRole('button', { name: /statement\.png/ });
      await file.waitFor();
      expect(await opened(james.page, () => file.click())).toEqual({ origin: files, width: 60 });
    });

    test('a visitor who signs in goes on in the same conversation', async () => {
      const someone = await house.customer();
      await someone.write('I cannot find my card.');
      await expect.poll(() => someone.state()).toMatch(/Sent|Received/);
      await someone.become('cust-sara');
      await someone.open();
      await someone.sees('I cannot find my card.');
      await someone.write('Now I am signed in.');
      const mei = await house.agent('mei');
      await mei.take('Now I am signed in.');
      await mei.sees('I cannot find my card.');
      await mei.page.getByText('Signed in to the wallet').first().waitFor();
      await mei.page.getByRole('heading', { name: 'Sara Haddad' }).waitFor();
    });

    test('whoever is signed in next, without a page load, sees nothing of the one before', async () => {
      const page = await house.customer('cust-sara');
      await page.write('For nobody but me.');
      await expect.poll(() => page.state()).toMatch(/Sent|Received|Read/);
      await page.box.fill('And neither is this');
      await page.handOver('cust-james');
      await expect.poll(() => page.words()).not.toContain('For nobody but me.');
      await expect.poll(() => page.box.inputValue()).toBe('');
      await page.write('Who am I now?');
      await page.sees('Who am I now?');
      const mei = await house.agent('mei');
      await mei.take('Who am I now?');
      await mei.page.getByRole('heading', { name: 'James Okafor' }).waitFor();
      expect(await page.frame.locator('body').innerText()).not.toContain('For nobody but me.');
      const kept = await page.frame.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
      expect(kept).not.toMatch(/For nobody|neither is this/);
    });

    test('what was typed and not sent is there after a reload, and gone with the person', async () => {
      const sara = await house.customer('cust-sara');
      await sara.box.fill('I was about to ask');
      await sara.page.reload();
      await sara.open();
      await expect.poll(() => sara.box.inputValue()).toBe('I was about to ask');
      await sara.become('cust-james');
      await sara.open();
      expect(await sara.box.inputValue()).toBe('');
      const kept = await sara.frame.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
      expect(kept).not.toContain('about to ask');
    });
  });
}
