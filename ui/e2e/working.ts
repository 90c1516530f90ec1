import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import type { Agent } from './people.ts';

/** Leaves whatever box is written in, so that keys are commands. */
async function quiet(agent: Agent): Promise<void> {
  await agent.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
}

async function toList(agent: Agent, list: string): Promise<void> {
  const address = new URL(agent.page.url());
  address.hash = `#/${list}`;
  await agent.page.goto(address.href);
  await agent.page.locator('.list .scroll').waitFor();
}

/** Staff at their work with many conversations, and with each other. */
export function working(house: House): void {
  describe('staff at work', () => {
    test('who answers second is told, and says what becomes of their words', { timeout: 90_000 }, async () => {
      const [mei, ben] = [await house.agent('mei'), await house.agent('ben')];
      const james = await house.customer('cust-james');
      await james.write('Why is my card declined?');
      await mei.take('Why is my card declined?');
      await ben.take('Why is my card declined?');
      await mei.page.locator('header .present').waitFor();
      await ben.page.locator('header .present').waitFor();

      await ben.page.getByRole('button', { name: 'Reply', exact: true }).click();
      await ben.box.fill('I shall look into it.');
      await mei.page.getByText('Ben is writing an answer').waitFor();
      await mei.write('The shop asked for the wrong currency.');
      const warning = ben.page.getByRole('alert').filter({ hasText: 'answered while you were writing' });
      await warning.waitFor();
      await house.shot(ben.page, 'desk-overtaken');
      await ben.box.press('Enter'); // once is not enough
      expect(await ben.box.inputValue()).toBe('I shall look into it.');
      await warning.getByRole('button', { name: 'Send anyway' }).click();
      await james.sees('I shall look into it.');
      expect((await james.words()).slice(-3)).toEqual(['Why is my card declined?', 'The shop asked for the wrong currency.', 'I shall look into it.']);
    });

    test('an answer that crossed with a colleague’s on the wire is refused and kept', { timeout: 90_000 }, async () => {
      const [mei, ben] = [await house.agent('mei'), await house.agent('ben')];
      const anna = await house.customer('cust-anna');
      await anna.write('Where is my receipt?');
      await mei.take('Where is my receipt?');
      await ben.take('Where is my receipt?');
      // What ben's desk has not drawn yet, the server knows.
      await ben.context.setOffline(true);
      await ben.page.getByRole('button', { name: 'Reply', exact: true }).click();
      await ben.box.fill('One moment.');
      await ben.box.press('Enter');
      await mei.write('It is in your mail.');
      await anna.sees('It is in your mail.');
      await ben.context.setOffline(false);
      const refused = ben.page.locator('[role=log] .waiting').filter({ hasText: 'One moment.' });
      await refused.getByText('answered before you').waitFor({ timeout: 30_000 });
      await house.shot(ben.page, 'desk-refused');
      await refused.getByRole('button', { name: 'Change it' }).click();
      expect(await ben.box.inputValue()).toBe('One moment.');
      await ben.box.fill('');
      expect((await anna.words()).slice(-2)).toEqual(['Where is my receipt?', 'It is in your mail.']);
    });

    test('many are changed at once, and changed back', { timeout: 90_000 }, async () => {
      const sofia = await house.agent('sofia');
      const words = ['bulk one', 'bulk two', 'bulk three'];
      for (const text of words) await (await house.customer()).write(text);
      await toList(sofia, 'unassigned/open');
      for (const text of words) await sofia.row(text).waitFor();
      await sofia.row('bulk one').focus();
      await sofia.page.keyboard.press('x');
      await sofia.row('bulk three').focus();
      await sofia.page.keyboard.press('Shift+X');
      const bar = sofia.page.getByRole('toolbar');
      await bar.getByText('3 chosen').waitFor();
      await house.shot(sofia.page, 'desk-bulk');
      await bar.getByRole('combobox', { name: 'Priority' }).selectOption('urgent');
      await sofia.page.getByText('Priority of 3: Urgent.').waitFor();
      await toList(sofia, 'all/open?priority=urgent');
      await expect.poll(() => sofia.page.locator('[data-id]').filter({ hasText: /bulk (one|two|three)/ }).count()).toBe(3);
      await quiet(sofia);
      await sofia.page.keyboard.press('z');
      await expect.poll(() => sofia.page.locator('[data-id]').filter({ hasText: /bulk/ }).count()).toBe(0);
    });

    test('a list with its filters is saved, found again and removed', { timeout: 60_000 }, async () => {
      const mei = await house.agent('mei');
      await toList(mei, 'unassigned/open,waiting?unread=1');
      await mei.page.getByRole('button', { name: 'Save as view' }).click();
      const dialog = mei.page.getByRole('dialog');
      await dialog.getByRole('textbox').fill('Nobody reads');
      await dialog.getByRole('textbox').press('Enter');
      await mei.page.getByText('The view Nobody reads was saved.').waitFor();
      await toList(mei, 'mine/open');
      await mei.page.keyboard.press('Control+k');
      await mei.page.getByRole('dialog').getByRole('combobox').fill('nbr');
      await mei.page.getByRole('option', { name: 'Nobody reads' }).waitFor();
      await house.shot(mei.page, 'desk-palette');
      await mei.page.keyboard.press('Enter');
      await expect.poll(() => mei.page.url()).toContain('#/unassigned/open,waiting?unread=1');
      await mei.page.locator('[popovertarget=views]').click();
      await mei.page.getByRole('button', { name: 'Remove the view Nobody reads' }).click();
      await mei.page.getByText('The view Nobody reads was removed.').waitFor();
      await mei.page.keyboard.press('Escape');
      await toList(mei, 'all/open');
    });

    test('a macro is found by a slash, filled in, and does what it says', { timeout: 60_000 }, async () => {
      const mei = await house.agent('mei');
      await mei.page.evaluate(async () => {
        const id = Array.from(crypto.getRandomValues(new Uint8Array(26)), (b) => '0123456789abcdefghjkmnpqrstvwxyz'[b % 32]).join('');
        const value = { name: 'Two holds', texts: [{ language: 'en', text: 'Hello {first_name}, that is **one** payment.' }], then: { add_tags: ['holds'] } };
        await fetch(`/v1/settings/macro/${id}`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ revision: 0, own: true, value }) });
      });
      await mei.page.reload();
      const james = await house.customer('cust-james');
      await james.another();
      await james.write('Charged twice?');
      await mei.take('Charged twice?');
      await mei.page.getByRole('button', { name: 'Reply', exact: true }).click();
      await mei.page.keyboard.type('/hold');
      await mei.page.getByRole('option', { name: /Two holds/ }).waitFor();
      await mei.page.keyboard.press('Enter');
      await expect.poll(() => mei.box.inputValue()).toBe('Hello James, that is **one** payment.');
      await mei.page.keyboard.press('Enter');
      await james.sees('Hello James, that is one payment.');
      await mei.page.locator('aside').getByText('holds', { exact: true }).waitFor();
    });

    test('who is named in a note finds it, and it is handed over with one', { timeout: 60_000 }, async () => {
      const [mei, ben] = [await house.agent('mei'), await house.agent('ben')];
      const sara = await house.customer('cust-sara');
      await sara.write('A colleague must know this.');
      await toList(ben, 'mine/open');
      await mei.take('A colleague must know this.');
      await quiet(mei);
      await mei.page.keyboard.press('h');
      const dialog = mei.page.getByRole('dialog');
      await dialog.getByRole('combobox').selectOption({ label: 'Ben' });
      await dialog.getByRole('textbox').fill('She has proof.');
      await dialog.getByRole('textbox').press('Enter');
      await mei.page.locator('[role=log] .note').getByText('She has proof.').waitFor();
      await ben.row('She has proof.').waitFor();
      await toList(ben, 'mentions/open,waiting');
      await ben.row('She has proof.').click();
      await ben.sees('She has proof.');
      await toList(ben, 'all/open');
    });
  });
}
