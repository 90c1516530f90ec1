import { readFileSync } from 'node:fs';
import { build, type Rollup } from 'vite';
import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';
import { phone } from './people.ts';
import { picture } from './picture.ts';
import { faultsOf } from './screens.ts';

export function intake(house: House): void {
  describe('asking what it is about', () => {
    test('a form on a phone reaches the desk as questions and answers', { timeout: 60_000 }, async () => {
      const someone = await house.customer(undefined, phone);
      await someone.frame.getByRole('button', { name: /Lost phone/ }).waitFor();
      expect(await faultsOf(someone.frame)).toEqual([]);
      await someone.frame.getByRole('button', { name: /Lost phone/ }).click();
      const send = someone.frame.getByRole('button', { name: 'Send to a person now' });
      await someone.frame.getByRole('textbox', { name: 'What should we know at once?' }).fill('A caller asked me for it.');
      // What is needed is asked for, and nothing that was written is lost.
      await send.click();
      await someone.frame.getByText('Please answer this one.').waitFor();
      await someone.frame.getByText('I told somebody a code or a password').click();
      expect(await faultsOf(someone.frame)).toEqual([]);
      expect(await someone.frame.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      // Type of twice the size reaches over no edge.
      await someone.frame.evaluate(() => (document.documentElement.style.fontSize = '200%'));
      expect(await someone.frame.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await someone.frame.evaluate(() => (document.documentElement.style.fontSize = ''));
      await house.shot(someone.page, 'intake-phone');
      await send.click();
      await someone.frame.getByText('A caller asked me for it.').waitFor();
      await someone.frame.getByText('You asked for a person.').waitFor();
      const mei = await house.agent('mei');
      await mei.page.goto(`${house.server.demo.urls.desk}#/all/open`);
      await mei.row('Lost phone, or somebody got in').first().click();
      const card = mei.page.getByRole('region', { name: 'Lost phone, or somebody got in' });
      await card.getByText('I told somebody a code or a password').waitFor();
      await card.getByText('A caller asked me for it.').waitFor();
      await house.shot(mei.page, 'intake-desk');
    });

    test('a picture is covered from the keyboard before anything of it is sent', { timeout: 60_000 }, async () => {
      const someone = await house.customer();
      const sent: number[] = [];
      someone.page.on('request', (r) => r.url().endsWith('/rt/attachments') && sent.push(r.postDataBuffer()?.length ?? 0));
      await someone.frame.locator('input[type=file]').first().setInputFiles({ name: 'screen.png', mimeType: 'image/png', buffer: picture(300, 200) });
      await someone.frame.getByRole('button', { name: 'Crop or cover parts of screen.png' }).click();
      const board = someone.frame.getByRole('application');
      await board.focus();
      expect(await faultsOf(someone.frame)).toEqual([]);
      await someone.page.keyboard.press('ArrowDown');
      await someone.page.keyboard.press('Enter');
      await someone.frame.getByRole('button', { name: 'Use this picture' }).click();
      expect(sent).toEqual([]);
      await someone.frame.getByRole('button', { name: 'Send', exact: true }).click();
      await someone.frame.locator('.mine .file').getByText('screen.png').waitFor();
      await expect.poll(() => sent.length).toBe(1);
    });

    test('a photo that could not go is sent after a reload, with its words', { timeout: 60_000 }, async () => {
      const someone = await house.customer();
      await someone.page.route('**/rt/attachments', (route) => route.abort());
      await someone.frame.locator('input[type=file]').first().setInputFiles({ name: 'till.png', mimeType: 'image/png', buffer: picture(30, 20) });
      await someone.frame.getByText('till.png').waitFor();
      await someone.frame.getByRole('textbox').fill('This is the receipt');
      await someone.frame.getByRole('button', { name: 'Send', exact: true }).click();
      await someone.frame.locator('.mine .file').getByText('till.png').waitFor();
      expect(await someone.frame.getByRole('textbox').inputValue()).toBe('');
      await someone.page.unroute('**/rt/attachments');
      await someone.page.reload();
      await someone.open();
      await someone.frame.locator('.mine .file:enabled').getByText('till.png').waitFor();
      await someone.frame.getByRole('log').getByText('This is the receipt').waitFor();
    });

    test.each(['page', 'React'] as const)('the example of a %s embeds the window as it stands', { timeout: 60_000 }, async (kind) => {
      const { urls } = house.server.demo;
      const someone = await house.customer();
      const { page } = someone;
      // A page that a test hands out has no address of this machine, as the wallet's own page has.
      await someone.context.grantPermissions(['local-network-access']);
      const code = kind === 'React' ? '<!doctype html><body><div id="app"></div><script src="/example.js"></script></body>' : readFileSync(new URL('../../examples/plain/index.html', import.meta.url), 'utf8');
      const at = new URL('/example', urls.wallet).href;
      const own = (text: string) => text.replaceAll('https://kefu.example', new URL(urls.desk!).origin);
      await page.route(at, (route) => route.fulfill({ contentType: 'text/html', body: own(code) }));
      if (kind === 'React') {
        const script = own(await bundled());
        await page.route(`${at}.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
      }
      await page.route('**/kefu-token', async (route) => {
        const answer = await page.request.post(new URL('/demo/token', urls.wallet).href, { data: { customer: 'cust-james' } });
        await route.fulfill({ contentType: 'application/json', body: await answer.text() });
      });
      await page.goto(at);
      await page.locator('#help').click();
      await expect.poll(() => page.frames().filter((f) => f.url().startsWith(new URL(urls.widget!).origin)).length).toBe(1);
      await someone.frame.getByRole('button', { name: /Talk to a person|New conversation/ }).first().waitFor();
    });
  });
}

/** A page in React around the example of the component, as one script. */
async function bundled(): Promise<string> {
  const here = (path: string) => new URL(path, import.meta.url).pathname;
  const result = await build({
    configFile: false,
    logLevel: 'error',
    root: here('.'),
    mode: 'production',
    oxc: { jsx: { runtime: 'automatic', development: false } },
    define: { 'process.env.NODE_ENV': '"production"' },
    // The example stands outside this folder and its packages.
    resolve: { alias: { react: here('../node_modules/react'), 'react-dom': here('../node_modules/react-dom') } },
    build: { write: false, lib: { entry: here('react.tsx'), formats: ['iife'], name: 'page' } },
  });
  return ([result].flat() as Rollup.RollupOutput[]).flatMap((r) => r.output).find((o) => o.type === 'chunk')!.code;
}
