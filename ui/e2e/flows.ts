import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone, type Customer } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** Goes to the topics, whatever was talked about before. */
async function topics(customer: Customer): Promise<void> {
  const { frame } = customer;
  const all = frame.getByRole('button', { name: 'All conversations' });
  const topic = frame.getByRole('button', { name: /A payment failed/ });
  await all.or(topic).first().waitFor();
  if ((await topic.count()) === 0) await customer.another();
  await topic.waitFor();
}

/** What customers do for themselves, and what of it reaches a person. */
export function flows(house: House): void {
  describe('what happened to a payment', () => {
    test('is told before anything is typed, and is solved in three taps', { timeout: 60_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      const { frame } = anna;
      await topics(anna);
      await frame.getByRole('region', { name: 'About your recent payments' }).waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(anna.page, 'flow-proposals');
      await frame.getByRole('button', { name: /Hausverwaltung Krüger is late/ }).click();
      await frame.getByText('It is late. The wallet still counts it as on its way.').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      await house.shot(anna.page, 'flow-late');
      await frame.getByRole('button', { name: 'That answers it' }).click();
      await frame.getByText('Done', { exact: true }).waitFor();
      await frame.getByRole('button', { name: 'Other topics' }).last().click();
      await frame.getByRole('button', { name: /A payment failed/ }).waitFor();
    });

    test('money goes back when the wallet itself was told yes', { timeout: 90_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      const { frame } = anna;
      await topics(anna);
      const press = (name: string | RegExp) => frame.getByRole('button', { name }).last().click();
      await press(/A refund/);
      await frame.getByText('Which payment is it?').waitFor();
      await press(/REWE Markt/);
      await press('It did not arrive');
      await press('All that is left of it');
      await frame.getByText('The money goes back the way you paid, and nowhere else.').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      await press('Yes, do this');
      const [app] = await Promise.all([anna.context.waitForEvent('page'), frame.getByRole('link', { name: 'Confirm in the wallet' }).click()]);
      await app.getByText(/Only say yes if you have just asked for this/).waitFor();
      await house.shot(app, 'flow-proof');
      await app.getByRole('button', { name: 'Yes, that is me' }).click();
      await frame.getByText('Your refund is on its way.').waitFor();
      await house.shot(anna.page, 'flow-refund');
      await app.close();
    });

    test('whoever is in danger stops everything, and a person has the whole story', { timeout: 90_000 }, async () => {
      const sara = await house.customer('cust-sara', phone);
      const { frame } = sara;
      await topics(sara);
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      await frame.getByRole('button', { name: /A charge I do not know/ }).click();
      await press(/Somebody else paid/);
      await press(/Stop all payments now/);
      await press('Yes, do this');
      await frame.getByText('Done: nothing can leave your wallet now.').waitFor();
      await house.shot(sara.page, 'flow-stopped');
      await frame.getByRole('button', { name: 'Talk to a person' }).last().click();
      await frame.getByRole('button', { name: 'Open the conversation' }).click();
      await frame.locator('.mine').first().waitFor();
      const mei = await house.agent('mei');
      await mei.page.goto(`${house.server.demo.urls.desk}#/all/open`);
      await mei.row("This wasn't me, or I was tricked").first().click();
      await mei.page.locator('[role=log]').getByText('Somebody else paid with my money').first().waitFor();
      await house.shot(mei.page, 'flow-desk');
    });

    test('whoever lost their phone comes back in, without being signed in, and waits', { timeout: 120_000 }, async () => {
      const li = await house.customer(undefined, { ...phone, locale: 'zh-CN' });
      const { frame } = li;
      await frame.getByRole('button', { name: /无法登录/ }).click();
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).last().click();
      await press(/手机丢失或验证器/);
      const box = frame.locator('.now').getByRole('textbox');
      await box.fill('lijing88@example.cn');
      await press(/^继续/);
      await frame.getByText('您想用哪种方式找回').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      await press(/发送链接到/);
      await frame.getByText(/如果账户存在/).waitFor();
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(li.page, 'access-sent');
      const wallet = new URL(house.server.demo.urls.wallet).origin;
      const mail = await li.context.newPage();
      await mail.goto(`${wallet}/recover/mail?as=cust-li`);
      const link = (await mail.getByRole('link', { name: '找回账户' }).first().getAttribute('href'))!;
      await fetch(link); // a scanner of mailboxes opens it first
      await mail.goto(link);
      await mail.getByRole('button', { name: '在此浏览器继续' }).click();
      await mail.getByRole('button', { name: '我已没有验证器' }).click();
      await mail.getByRole('button', { name: /拍照提交/ }).click();
      await mail.getByText(/正在人工审核|证件已通过/).waitFor();
      await house.shot(mail, 'access-page');
      await press(/我已完成/);
      await frame.getByText(/正在人工审核您的证件|证件已通过/).first().waitFor();
      await house.shot(li.page, 'access-waits');
      await mail.goto(`${wallet}/recover/mail?as=cust-li`);
      await mail.getByRole('link', { name: '不是我' }).first().click();
      await mail.getByRole('button', { name: '不是我' }).click();
      await mail.getByText(/已终止/).waitFor();
      await mail.close();
    });

    test('whoever leaves takes their money along, and may change their mind', { timeout: 120_000 }, async () => {
      const nora = await house.customer('cust-nora', phone);
      const { frame } = nora;
      const now = frame.locator('.now');
      const press = (name: string | RegExp) => now.getByRole('button', { name }).first().click();
      const proves = async () => {
        const [app] = await Promise.all([nora.context.waitForEvent('page'), frame.getByRole('link', { name: 'Confirm in the wallet' }).click()]);
        await app.getByRole('button', { name: 'Yes, that is me' }).click();
        await app.close();
      };
      await nora.topic(/Close my account/);
      await press(/do not need it/);
      await press(/I have what I need/);
      await now.getByText('Which one shall end now?', { exact: false }).waitFor();
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(nora.page, 'leaving-open');
      await press(/Netflix/);
      await now.getByRole('button', { name: 'Yes, do this' }).dblclick(); // in a hurry
      for (const currency of ['EUR', 'USD']) {
        await now.getByText('What shall be paid out?').waitFor();
        await press(currency);
        await press(/•••• /);
        await now.getByRole('heading', { name: 'Pay it out' }).waitFor();
        expect(await now.innerText()).toMatch(/\nTo\n••••\d{4}\n/);
        await press('Yes, do this');
        await proves();
        await now.getByText('The wallet has begun to pay', { exact: false }).waitFor();
      }
      await now.getByText('Points that are lost').waitFor();
      expect(await now.locator('.card').evaluateAll((cards) => cards.filter((c) => !(c as HTMLElement).innerText.trim()).length)).toBe(0);
      expect(await faultsOf(frame)).toEqual([]);
      await house.shot(nora.page, 'leaving-ends');
      await press('Yes, do this');
      await proves();
      await now.getByText('Your account closes', { exact: false }).waitFor();
      await house.shot(nora.page, 'leaving-days');
      await press('Other topics');
      await nora.topic(/Close my account/);
      await now.getByText('Your account is about to close', { exact: false }).waitFor();
      await press('Yes, do this');
      await now.getByText('your account stays', { exact: false }).waitFor();
      await nora.page.reload();
      await nora.page.locator('#status', { hasText: 'Active' }).waitFor();
    });

    test('what something costs is worked out to the cent, by a rule that stands there', { timeout: 60_000 }, async () => {
      const anna = await house.customer('cust-anna', phone);
      const { frame } = anna;
      await topics(anna);
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      await anna.topic(/What does it cost\?/);
      await press('See all fees');
      await frame.getByText('These are all fees as of today', { exact: false }).waitFor();
      await frame.getByRole('term').filter({ hasText: 'Withdrawal to your bank' }).first().waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(anna.page, 'flow-fees');
      await press('Another question about fees');
      await press(/What would it cost me\?/);
      await press(/Cash from a machine/);
      await frame.locator('.now').getByRole('textbox').fill('400');
      await press('Continue');
      const row = (name: string) => frame.locator('.now .row').filter({ has: frame.getByRole('term').getByText(name, { exact: true }) }).getByRole('definition').first();
      await row('Together').waitFor();
      const cents = async (name: string) => BigInt((await row(name).textContent())!.replace(/\D/g, ''));
      expect(await cents('Amount')).toBe(40_000n);
      expect(await cents('Together')).toBe(40_000n + (await cents('Fee')));
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(anna.page, 'flow-quote');
      await press('That answers it');
      await frame.getByText('Done', { exact: true }).waitFor();
    });
  });
}
