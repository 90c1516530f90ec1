import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import type { Agent } from './people.ts';

/** Goes to what people are routed by, and opens it for one of them. */
async function dutiesOf(boss: Agent, name: string) {
  const address = new URL(boss.page.url());
  address.hash = '#/people/duties';
  await boss.page.goto(address.href);
  await boss.page.getByRole('button', { name: `Change the duties of ${name}` }).click();
  return boss.page.getByRole('dialog');
}

async function available(agent: Agent): Promise<void> {
  await agent.page.evaluate(() => fetch('/v1/presence', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"state":"available"}' }).then(() => undefined));
}

/** The offer of a conversation. Whatever waits longer is offered before it, and is passed on. */
async function offered(agent: Agent, words: string): Promise<Locator> {
  const offer = agent.page.getByRole('region', { name: 'A customer for you' });
  const ours = offer.filter({ hasText: words });
  // It says who it is about as soon as that is read.
  const another = offer.filter({ has: agent.page.locator('bdi') }).filter({ hasNotText: words });
  for (;;) {
    await ours.or(another).waitFor();
    if (await ours.isVisible()) return ours;
    await another.getByRole('button', { name: /Pass on/ }).click();
    await ours.page().waitForTimeout(500); // the next one of the others may come at once
  }
}

/** What people are routed by, set on screen, and what comes of it. */
export function duties(house: House): void {
  describe('duties', () => {
    test('are set on screen, and an offer goes to who speaks the language', { timeout: 120_000 }, async () => {
      const [sofia, mei, ben] = [await house.agent('sofia'), await house.agent('mei'), await house.agent('ben')];
      const set = async (name: string, drop: string, add: string) => {
        const dialog = await dutiesOf(sofia, name);
        for (const language of drop.split(' ')) await dialog.getByRole('button', { name: `Without ${language}` }).click();
        await dialog.getByLabel('Languages').selectOption(add);
        await dialog.getByLabel('At once: Chat').fill('20');
        await dialog.getByRole('button', { name: 'Save' }).click();
        // What is said of the time before may still be there.
        await dialog.waitFor({ state: 'detached' });
        await sofia.page.getByText(`Duties of ${name} changed.`).first().waitFor();
      };
      // The other way round than the demo has them.
      await set('Ben Carter', 'English', 'zh');
      await set('Mei Chen', 'English Chinese', 'en');
      await house.shot(sofia.page, 'desk-duties');
      await available(mei);
      await available(ben);
      const customer = await house.customer('cust-wang', { locale: 'zh-CN' });
      await customer.write('我的退款到哪里了？');
      const offer = await offered(ben, '我的退款到哪里了？');
      await offer.getByText('Chinese').waitFor();
      // What she was offered before may still stand.
      expect(await mei.page.getByRole('region', { name: 'A customer for you' }).filter({ hasText: '我的退款到哪里了？' }).count()).toBe(0);
      await offer.getByRole('button', { name: /Accept/ }).click();
      await ben.sees('我的退款到哪里了？');

      // What was done last is taken back.
      await set('Mei Chen', 'English', 'zh');
      await sofia.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await sofia.page.keyboard.press('z');
      await sofia.page.getByText('Duties of Mei Chen are as they were.').waitFor();
      await sofia.page.getByRole('row', { name: /Mei Chen/ }).getByText('English').waitFor();
    });

    test('a slip in a skill is asked about, and whoever comes second is told', { timeout: 90_000 }, async () => {
      const sofia = await house.agent('sofia');
      const dialog = await dutiesOf(sofia, 'Ben Carter');
      const box = dialog.getByLabel('Skills');
      await box.fill('Fruad');
      await box.press('Enter');
      await dialog.getByText('“fruad” is new. Did you mean:').waitFor();
      await dialog.getByRole('button', { name: 'fraud', exact: true }).click();
      await box.fill('  Chargebacks ');
      await box.press('Enter');
      await dialog.getByText('chargebacks', { exact: true }).waitFor();
      // Meanwhile the owner changes them, too.
      const { page } = await house.agent('olivia');
      const status = await page.evaluate(async (name) => {
        const get = async (path: string) => (await (await fetch(path)).json()) as never;
        const { items: staff } = (await get('/v1/staff')) as { items: { id: string; name: string }[] };
        const { items } = (await get('/v1/duties')) as { items: { staff: string; revision: number }[] };
        const one = items.find((d) => d.staff === staff.find((s) => s.name === name)!.id)!;
        const { staff: id, ...body } = one;
        return (await fetch(`/v1/staff/${id}/duties`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ...body, skills: ['kyc'] }) })).status;
      }, 'Ben Carter');
      expect(status).toBe(200);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByText('Somebody else has changed the duties of Ben Carter meanwhile.').waitFor();
      await dialog.getByText('chargebacks', { exact: true }).waitFor();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await sofia.page.getByText('Duties of Ben Carter changed.').first().waitFor();
      const row = sofia.page.getByRole('row', { name: /Ben Carter/ });
      for (const skill of ['fraud', 'chargebacks', 'refunds']) await row.getByText(skill, { exact: true }).waitFor();
    });

    test('a conversation is handed over to a team in one step, with its note', { timeout: 90_000 }, async () => {
      const [mei, sofia] = [await house.agent('mei'), await house.agent('sofia')];
      const anna = await house.customer('cust-anna');
      await anna.write('Somebody else is in my account.');
      await mei.take('Somebody else is in my account.');
      await mei.page.locator('main header').getByRole('button', { name: 'Hand over' }).click();
      const dialog = mei.page.getByRole('dialog');
      await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'Account security' });
      await dialog.getByLabel(/What they need to know/).fill('Called back: it is her.');
      await dialog.getByRole('button', { name: 'Hand over' }).click();
      await mei.page.getByText('Handed over to Account security.').waitFor();
      await mei.page.locator('main header').getByText('Account security').waitFor();
      await mei.sees('Called back: it is her.');
      await house.shot(mei.page, 'desk-handed-over');

      await sofia.page.goto(new URL('#/all/open', sofia.page.url()).href);
      await sofia.page.locator('[popovertarget=views]').click();
      await sofia.page.getByRole('button', { name: 'Account security', exact: true }).click();
      await sofia.row('Called back: it is her.').waitFor();
      await house.shot(sofia.page, 'desk-team');
      await sofia.page.keyboard.press('Control+k');
      await sofia.page.getByRole('dialog').getByRole('combobox').fill('payments');
      await sofia.page.getByRole('option', { name: 'Conversations of Payments' }).click();
      await expect.poll(() => sofia.page.url()).toContain('team=');
      await expect.poll(() => sofia.row('Called back: it is her.').count()).toBe(0);
    });
  });
}
