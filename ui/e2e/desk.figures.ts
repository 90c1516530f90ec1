import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { launch } from './browser.ts';
import { Agent, Complaints, type Scene } from './people.ts';
import { binary, type Demo, type Server } from './server.ts';

const conversations = Number(process.env.FIGURES_CONVERSATIONS ?? 100_000);
const switches = 120;

let held: ChildProcess;
let browser: Browser;
let demo: Demo;

beforeAll(async () => {
  held = spawn(binary, ['bench', 'hold', '--conversations', String(conversations)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(held, 'exit').then(() => Promise.reject(new Error('The server ended before it answered.')));
  gone.catch(() => undefined);
  const [line] = (await Promise.race([once(held.stdout!.setEncoding('utf8'), 'data'), gone])) as [string];
  const { folder } = JSON.parse(line) as { folder: string };
  demo = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as Demo;
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  if (!held || held.exitCode !== null) return;
  held.kill('SIGTERM');
  await once(held, 'exit');
});

const quantile = (all: number[], q: number) => {
  const sorted = all.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(q * (sorted.length - 1))]! * 10) / 10;
};

type Measuring = typeof globalThis & { painted?: Promise<number> };

/** Gets ready to measure from the next press until the words of another conversation are on the screen. */
function getReady(page: Page): Promise<void> {
  return page.evaluate(() => {
    const shown = () => document.querySelector('[role=log]:has(.message)')?.getAttribute('data-conversation');
    const before = shown();
    (globalThis as Measuring).painted = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('no other conversation came')), 10_000);
      const pressed = () => {
        const began = performance.now();
        const look = () => {
          const now = shown();
          if (now && now !== before) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
          else requestAnimationFrame(look);
        };
        look();
      };
      document.addEventListener('keydown', pressed, { once: true, capture: true });
    });
  });
}

it('measures the desk', async () => {
  const scene: Scene = { browser, server: { demo } as Server, complaints: new Complaints() };
  const who = demo.staff.find((s) => s.role === 'supervisor')!;
  const agent = await Agent.arrive(scene, who.email, { viewport: { width: 1440, height: 900 } });
  await agent.signIn();
  const { page } = agent;
  const list = async (hash: string) => {
    const start = performance.now();
    await page.evaluate((to) => (location.hash = to), hash);
    await page.locator('[data-id]').first().waitFor();
    return performance.now() - start;
  };
  const first = await list('#/all/open');
  const reload = async () => {
    const start = performance.now();
    await page.reload();
    await page.locator('[data-id]').first().waitFor();
    return performance.now() - start;
  };
  const again = [await reload(), await reload(), await reload()];
  await page.locator('[data-id]').first().click();
  await page.locator('[role=log] .message').first().waitFor();
  await page.keyboard.press('j'); // to the one that is open
  const took: number[] = [];
  for (let i = 0; i < switches; i++) {
    await page.keyboard.press('j');
    await getReady(page);
    await page.keyboard.press('Enter');
    took.push(await page.evaluate(() => (globalThis as Measuring).painted!));
  }
  process.stdout.write(
    `${JSON.stringify({
      conversations,
      list_first_ms: Math.round(first),
      desk_again_ms: quantile(again, 0.5),
      switches: took.length,
      switch_p50_ms: quantile(took, 0.5),
      switch_p99_ms: quantile(took, 0.99),
      switch_limit_ms: 100,
      complaints: scene.complaints.list.length,
    })}\n`,
  );
});
