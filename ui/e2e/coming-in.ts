import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { faultsOf } from './screens.ts';

/** An authenticator in software, such as a laptop with a finger reader has. */
export async function withAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
}

export function comingIn(house: House): void {
  describe('coming in', () => {
    test('by an invitation, with a passkey, and by the passkey again', { timeout: 60_000 }, async () => {
      const adam = await house.agent('adam');
      const desk = house.server.demo.urls.desk;
      await adam.page.goto(`${desk}#/people`);
      await adam.page.getByRole('button', { name: 'Invite', exact: true }).click();
      await adam.page.getByLabel('Email').fill('bo@kefu.demo');
      await adam.page.getByRole('button', { name: 'Make the link' }).click();
      const link = await adam.page.locator('#link').inputValue();
      await house.shot(adam.page, 'desk-people-link');
      await adam.page.getByRole('button', { name: 'Done' }).click();

      const page = await house.strangersPage();
      await withAuthenticator(page);
      await page.goto(link);
      await page.getByLabel('Your name').fill('Bo Li');
      expect(page.url()).not.toContain('invitation');
      expect(await faultsOf(page)).toEqual([]);
      await page.getByRole('button', { name: 'Create passkey and go in' }).click();
      await page.getByRole('search').waitFor();

      await page.goto(`${desk}#/account`);
      await page.getByText('Not used yet').waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await page.getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await page.getByText('This is your last way in').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).first().click();
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await page.getByRole('search').waitFor();

      const again = await house.strangersPage();
      await again.goto(link);
      await again.getByText('This link is not open any more.').waitFor();
    });

    test('who looks into the audit chain is in it', async () => {
      const ingrid = await house.agent('ingrid');
      await ingrid.page.goto(`${house.server.demo.urls.desk}#/audit`);
      await ingrid.page.getByText('The chain holds').waitFor();
      await ingrid.page.getByLabel('Action, or how it begins').fill('audit.read');
      await ingrid.page.getByRole('button', { name: 'Find' }).click();
      await ingrid.page.getByRole('cell', { name: 'Ingrid Larsen' }).first().waitFor();
      expect(await faultsOf(ingrid.page)).toEqual([]);
      await house.shot(ingrid.page, 'desk-audit');
    });
  });
}
