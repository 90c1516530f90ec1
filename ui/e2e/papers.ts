import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone, type Customer } from './people.ts';
import { picture } from './picture.ts';
import { faultsOf, overflow } from './screens.ts';

const pdf = (words: string) => ({ name: 'invoice.pdf', mimeType: 'application/pdf', buffer: Buffer.from(`%PDF-1.7\n% ${words}\n%%EOF\n`) });
const photo = (name: string, width: number) => ({ name, mimeType: 'image/png', buffer: picture(width, 300) });

/** Says yes in the wallet's app, if it asks. */
async function proves(customer: Customer, after: RegExp): Promise<void> {
  const { frame } = customer;
  const link = frame.locator('.now').getByRole('link', { name: 'Confirm in the wallet' });
  await link.or(frame.getByText(after)).first().waitFor();
  if ((await link.count()) === 0) return;
  const [app] = await Promise.all([customer.context.waitForEvent('page'), link.click()]);
  await app.getByRole('button', { name: 'Yes, that is me' }).click();
  await frame.getByText(after).first().waitFor({ timeout: 40_000 });
  await app.close();
}

/** A dispute, and what speaks for it: from the window over the wallet to the desk. */
export function papers(house: House): void {
  describe('evidence for a dispute', () => {
    test('is given by file, and what is refused loses nothing', { timeout: 180_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      const { page } = anna;
      if ((await anna.frame.getByText('More topics').count()) === 0) await anna.another();
      await anna.write('A shop did not keep its word');
      await anna.another();
      const press = (name: string | RegExp) => anna.frame.locator('.now').getByRole('button', { name }).first().click();
      const thing = (name: RegExp) => anna.frame.locator('.now').getByRole('region', { name });
      const choose = (name: RegExp, ...files: { name: string; mimeType: string; buffer: Buffer }[]) => thing(name).locator('input.chooser').setInputFiles(files);
      await anna.frame.getByRole('button', { name: /A charge I do not know/ }).click();
      await press(/The shop did not keep its word/);
      await anna.frame.locator('.now .choice').filter({ hasText: 'Arrived' }).first().click();
      await press('It did not come');
      await anna.frame.locator('.now').getByRole('textbox').fill('Promised for the 10th, wrote on the 20th.');
      await press('Continue');
      await press('Yes, do this');
      await proves(anna, /^The wallet has your report/);
      await thing(/Receipt or order/).waitFor();
      expect(await faultsOf(anna.frame)).toEqual([]);
      expect(await overflow(anna.frame)).toBeLessThanOrEqual(0);
      await house.shot(page, 'papers-asked');

      // What is not taken says what to do instead, and stops nothing.
      await choose(/Receipt or order/, { name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.from('x') });
      await thing(/Receipt or order/).getByText(/^film\.mp4: this needs a picture, a PDF,? or plain text/).waitFor();
      const large = join(house.server.folder, 'large.pdf');
      await writeFile(large, Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(21 << 20, 0x20)]));
      await thing(/What you and they wrote/).locator('input.chooser').setInputFiles(large);
      await thing(/What you and they wrote/).getByText(/^Too large\. Take a photo of it/).waitFor();
      await choose(/Receipt or order/, pdf('one'));
      await thing(/Receipt or order/).getByRole('button', { name: /^Open invoice\.pdf/ }).waitFor();
      await press('Go on with 1 file');
      await anna.frame.getByText(/^One file was not added/).waitFor();
      await house.shot(page, 'papers-refused');
      await press('Remove large.pdf');

      // A photo is looked at before it leaves the browser.
      await choose(/Receipt or order/, photo('receipt.png', 400));
      await thing(/Receipt or order/).getByText(/^Not added yet/).waitFor();
      expect(await faultsOf(anna.frame)).toEqual([]);
      await house.shot(page, 'papers-held');
      await press('Add receipt.png');
      await thing(/Receipt or order/).getByRole('button', { name: /^Open receipt\.png/ }).waitFor();
      await choose(/What you and they wrote/, photo('chat.png', 200));
      await press('Add chat.png');
      await thing(/What you and they wrote/).getByRole('button', { name: /^Open chat\.png/ }).waitFor();
      await house.shot(page, 'papers-given');

      await page.emulateMedia({ colorScheme: 'dark' });
      await anna.frame.locator('body').evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
      expect(await faultsOf(anna.frame)).toEqual([]);
      await house.shot(page, 'papers-dark');
      await page.emulateMedia({ colorScheme: 'light' });
      await anna.frame.evaluate(() => (document.documentElement.dir = 'rtl'));
      expect(await overflow(anna.frame)).toBeLessThanOrEqual(0);
      await house.shot(page, 'papers-rtl');
      await anna.frame.evaluate(() => (document.documentElement.dir = 'ltr'));

      // Staff who go through it with them see the same step, and may give a file for them.
      const sofia = await house.agent('sofia');
      await sofia.take('A shop did not keep its word');
      await sofia.page.locator('aside').getByRole('button', { name: /Add something to my dispute/ }).first().click();
      const dialog = sofia.page.getByRole('dialog').last();
      // A dialog lies above the page's watermark, and has one of its own.
      expect(await dialog.evaluate((box) => getComputedStyle(box, '::after').backgroundImage)).toContain('svg');
      const theirs = dialog.getByRole('region', { name: /What you and they wrote/ });
      await theirs.getByRole('button', { name: /^Open chat\.png/ }).waitFor();
      await theirs.locator('input.chooser').setInputFiles({ ...pdf('mail'), name: 'mail.pdf' });
      await theirs.getByRole('button', { name: /^Open mail\.pdf/ }).waitFor();
      expect(await faultsOf(sofia.page)).toEqual([]);
      await house.shot(sofia.page, 'papers-desk-walk');
      await dialog.getByRole('button', { name: 'Close' }).last().click();
      await thing(/What you and they wrote/).getByRole('button', { name: /^Open mail\.pdf/ }).waitFor();

      // Another device, and a reload, find what was given.
      await page.reload();
      await anna.open();
      await anna.another();
      await anna.frame.getByRole('region', { name: 'About your recent payments' }).getByRole('button', { name: /Add something to my dispute/ }).click();
      await thing(/Receipt or order/).getByRole('button', { name: /^Open receipt\.png/ }).waitFor();
      await thing(/What you and they wrote/).getByRole('button', { name: 'Remove chat.png' }).click();
      await thing(/What you and they wrote/).getByText(/^Remove it for good/).waitFor();
      await house.shot(page, 'papers-again');
      await thing(/What you and they wrote/).getByRole('button', { name: 'Remove', exact: true }).click();
      await thing(/What you and they wrote/).getByRole('button', { name: /^Open chat\.png/ }).waitFor({ state: 'detached' });

      await press('Go on with 3 files');
      await anna.frame.getByText(/^We hand these files to those who decide/).waitFor();
      await anna.frame.locator('.now').getByRole('listitem').filter({ hasText: 'receipt.png' }).waitFor();
      expect(await faultsOf(anna.frame)).toEqual([]);
      await house.shot(page, 'papers-agree');
      await press('Yes, do this');
      await proves(anna, /^The wallet has what you added/);
      await house.shot(page, 'papers-sent');

      // A person has them, and so has the wallet.
      await sofia.page.goto(`${house.server.demo.urls.desk}#/all/open`);
      await sofia.row('The shop did not keep its word').filter({ hasText: 'Anna' }).first().click();
      await sofia.page.locator('[role=log]').getByText('Receipt or order confirmation').first().waitFor();
      await sofia.page.locator('[role=log]').getByRole('button', { name: /invoice\.pdf/ }).first().waitFor();
      await house.shot(sofia.page, 'papers-desk');
      const open = page.waitForEvent('load');
      await page.reload();
      await open;
      await page.getByRole('link', { name: /^Order confirmation/ }).nth(1).waitFor();
      await page.getByRole('link', { name: /^Messages/ }).scrollIntoViewIfNeeded();
      await house.shot(page, 'papers-wallet');
    });

    test('is asked for in Chinese, and nobody is held up who has none', { timeout: 120_000 }, async () => {
      const li = await house.customer('cust-li', { colorScheme: 'dark', locale: 'zh-CN', viewport: { width: 1280, height: 800 } });
      const { frame } = li;
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      if ((await frame.getByText('更多问题').count()) === 0) await li.another();
      await li.topic(/有一笔不认识的扣款/);
      await press(/商户没有兑现/);
      await frame.locator('.now .choice').filter({ hasText: '已到账' }).first().click();
      await press('没有收到');
      await frame.locator('.now').getByRole('textbox').fill('说好 10 号到货，20 号联系过。');
      await frame.locator('.now button[type=submit]').click();
      await frame.locator('.now').getByRole('group').getByRole('button').first().click();
      const asked = frame.locator('.now').getByRole('region', { name: '收据或订单确认' });
      const link = frame.locator('.now').getByRole('link');
      await asked.or(link).first().waitFor();
      if (await link.count()) {
        const [app] = await Promise.all([li.context.waitForEvent('page'), link.click()]);
        await app.locator('form button').first().click();
        await asked.waitFor({ timeout: 40_000 });
        await app.close();
      }
      await asked.locator('input.chooser').setInputFiles([photo('收据.png', 300), { ...pdf('x'), name: '视频.mp4', mimeType: 'video/mp4' }]);
      await asked.getByText(/^视频\.mp4：这里需要/).waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(li.page, 'papers-zh');
      await asked.getByRole('button', { name: '取消 收据.png' }).click();
      await press('不添加文件，继续');
      await frame.getByText(/^已为您提交。处理这类案件的客服/).waitFor();
    });
  });
}
