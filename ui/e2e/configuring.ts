import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { faultsOf, visit } from './screens.ts';

const key = '{"kty":"OKP","crv":"Ed25519","kid":"2026-11","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}';

/** What the owner sets, and a second person approves. */
export function configuring(house: House): void {
  describe('settings', () => {
    test('are made, changed, looked back at and restored', async () => {
      const { page } = await house.agent('olivia');
      await visit(page);
      await page.getByRole('link', { name: /Make your first team/ }).click();
      await page.getByLabel('Name').fill('Night shift');
      await page.keyboard.press('Control+s');
      await page.getByRole('heading', { name: 'Night shift' }).waitFor();
      await page.getByText('Nobody is in this team').waitFor();
      await page.getByLabel('Name').fill('Late shift');
      await page.getByRole('link', { name: 'Organisation' }).click();
      await page.getByRole('button', { name: 'Stay' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { name: 'Late shift' }).waitFor();
      await page.getByRole('button', { name: 'History' }).click();
      expect(await faultsOf(page)).toEqual([]);
      await page.getByRole('button', { name: 'Make it count again' }).click();
      await page.getByRole('heading', { name: 'Night shift' }).waitFor();
      await page.getByRole('button', { name: 'Take out of use' }).click();
      await page.getByText('This is out of use.').waitFor();
    });

    test('that open doors count when a second person has seen them', async () => {
      const owner = (await house.agent('olivia')).page;
      await visit(owner, 'issuer', 'new');
      await owner.getByLabel('Issuer', { exact: true }).fill('https://second.example');
      await owner.getByLabel('Paste a public key').fill(key.replace('"kid"', '"d":"nWGx","kid"'));
      await owner.getByRole('button', { name: 'Add the key' }).click();
      await owner.getByText('This is a private key.').waitFor();
      await owner.getByLabel('Paste a public key').fill(key);
      await owner.getByRole('button', { name: 'Add the key' }).click();
      await owner.getByRole('button', { name: 'Create' }).click();
      await owner.getByText('A change waits for a second person').waitFor();

      const admin = (await house.agent('adam')).page;
      await visit(admin, 'approvals');
      await admin.getByText('2026-11').waitFor();
      expect(await faultsOf(admin)).toEqual([]);
      await house.shot(admin, 'approval');
      await admin.getByRole('button', { name: 'Approve and carry out' }).click();
      await admin.getByText('Nothing waits').waitFor();

      await visit(owner, 'issuer');
      await owner.reload();
      await owner.getByRole('link', { name: /second\.example/ }).click();
      await owner.getByText('2026-11').waitFor();
      await owner.getByRole('button', { name: 'History' }).click();
      await owner.getByText('Approved by a second person').waitFor();
      await owner.keyboard.press('Escape');
    });
  });
}
