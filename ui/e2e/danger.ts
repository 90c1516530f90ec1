import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { faultsOf, overflow } from './screens.ts';

/** Somebody else may be at a customer's money. */
export function danger(house: House): void {
  describe('somebody in danger', () => {
    test('writes so, and has stopped payments and signed everybody out in three presses; a person has the story', { timeout: 180_000 }, async () => {
      const sara = await house.customer('cust-sara', phone);
      const { frame } = sara;
      await sara.write('Help, I think I have been hacked');
      const offer = frame.getByRole('region', { name: 'Stop payments now' });
      await offer.getByText(/Could somebody be at your money/).waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(sara.page, 'danger-offer');
      await sara.page.emulateMedia({ colorScheme: 'dark' });
      await frame.locator('body').evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
      expect(await faultsOf(frame)).toEqual([]);
      await house.shot(sara.page, 'danger-offer-dark');
      await sara.page.emulateMedia({ colorScheme: 'light' });
      await offer.getByRole('button', { name: 'Stop payments now' }).click();
      const press = (name: string | RegExp) => frame.locator('.now').getByRole('button', { name }).first().click();
      await frame.getByText('You are in the right place.').waitFor();
      await house.shot(sara.page, 'danger-begin');
      await press(/Somebody may be in my account/);
      // Another journey of hers may have stopped them: then she is told so, and goes on.
      const stopped = frame.getByText('Payments are stopped already.');
      await stopped.or(frame.getByText(/^First: nothing can leave your wallet/)).first().waitFor();
      if (!(await stopped.isVisible())) {
        await press('Yes, do this');
        await frame.getByText('Done: nothing can leave your wallet now.').waitFor();
      }
      await press('Yes, do this');
      await frame.getByText(/Which one is a stranger's\?/).waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(sara.page, 'danger-devices');
      // The device that whoever has her phone added.
      await press(/Redmi/);
      await press('Yes, do this');
      await frame.getByText('It can no longer use your wallet.').waitFor();
      await press('Go on');
      await press('No, none');
      await frame.getByText(/Our security team has this first in line/).waitFor();
      await house.shot(sara.page, 'danger-handed');
      const mei = await house.agent('mei');
      const address = new URL(mei.page.url());
      address.hash = '#/all/open';
      await mei.page.goto(address.href);
      await mei.row('Somebody may be in my account').first().click();
      await mei.page.getByText('Kefu offered to stop payments').first().waitFor();
      await mei.page.getByText('Sign out every device · done').first().waitFor();
      await house.shot(mei.page, 'danger-desk');
    });

    test('is offered the same in Chinese', { timeout: 60_000 }, async () => {
      const wang = await house.customer('cust-wang', { ...phone, locale: 'zh-CN' });
      await wang.write('我的手机被偷了，怎么办');
      const { frame } = wang;
      await frame.getByRole('region', { name: '马上停止付款' }).last().getByRole('button', { name: '马上停止付款' }).click();
      await frame.getByText('我们马上处理。').waitFor();
      expect(await faultsOf(frame)).toEqual([]);
      expect(await overflow(frame)).toBeLessThanOrEqual(0);
      await house.shot(wang.page, 'danger-begin-zh');
    });
  });
}
