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
const jumps = 40;
const answers = 40;

let held: ChildProcess;
let browser: Browser;
let demo: Demo;

beforeAll(async () => {
  held = spawn(binary, ['bench', 'hold', '--conversations', String(conversations)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(held, 'exit').then(() => Promise.reject(new Error('The server ended before it answered.')));
  gone.catch(() => undefined);
  const [line] = (await Promise.race([once(held.stdout!.setEncoding('utf8'), 'data'), gone])) as [string];
  const { folder, metrics } = JSON.parse(line) as { folder: string; metrics: string };
  demo = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as Demo;
  browser = await launch();
  await calm(metrics);
});

/** Waits until the server has followed all that was seeded: what is measured is a server that has been running, not one that is catching up. */
async function calm(metrics: string): Promise<void> {
  for (;;) {
    const lags = [...(await (await fetch(metrics)).text()).matchAll(/^kefu_follower_lag_seconds\{.*\} (\S+)$/gm)];
    if (lags.length > 0 && lags.every((lag) => Number(lag[1]) === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

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

/** Gets ready to measure from the next press of Enter until what is waited for was painted: a look is taken at each frame. */
function getReady(page: Page, what: { words: string } | 'another conversation'): Promise<void> {
  return page.evaluate((wanted) => {
    const shown = () => document.querySelector('[role=log]:has(.message)')?.getAttribute('data-conversation');
    const before = shown();
    const there = () => {
      if (typeof wanted === 'object') return [...document.querySelectorAll('[role=log] li.message')].at(-1)?.textContent?.includes(wanted.words);
      const now = shown();
      return now && now !== before;
    };
    (globalThis as Measuring).painted = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('what was waited for did not come')), 10_000);
      const pressed = (event: KeyboardEvent) => {
        if (event.key !== 'Enter') return;
        document.removeEventListener('keydown', pressed, true);
        // From the press itself, which may have waited for its turn.
        const look = () => {
          if (there()) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - event.timeStamp)));
          else requestAnimationFrame(look);
        };
        look();
      };
      document.addEventListener('keydown', pressed, true);
    });
  }, what);
}

/** Presses Enter and tells how long it took until what was waited for was painted. */
async function enter(page: Page): Promise<number> {
  await page.keyboard.press('Enter');
  return page.evaluate(() => (globalThis as Measuring).painted!);
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
  const open = async (steps: number) => {
    for (let i = 0; i < steps; i++) await page.keyboard.press('j');
    await getReady(page, 'another conversation');
    return enter(page);
  };
  let requests = 0;
  page.on('request', () => requests++);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busy = async () => (await session.send('Performance.getMetrics')).metrics.find((metric) => metric.name === 'TaskDuration')!.value * 1000;
  const busyBefore = await busy();
  const next: number[] = [];
  for (let i = 0; i < switches; i++) next.push(await open(1));
  const [asked, worked] = [requests / switches, ((await busy()) - busyBefore) / switches];
  const jumped: number[] = [];
  for (let i = 0; i < jumps; i++) jumped.push(await open(5));
  const sent: number[] = [];
  await page.keyboard.press('r');
  for (let i = 0; i < answers; i++) {
    const words = `answer ${i} of ${answers}`;
    await page.keyboard.insertText(words);
    await getReady(page, { words });
    sent.push(await enter(page));
    await page.locator('.message.waiting').waitFor({ state: 'detached' });
  }
  process.stdout.write(
    `${JSON.stringify({
      conversations,
      list_first_ms: Math.round(first),
      desk_again_ms: quantile(again, 0.5),
      switches: next.length,
      switch_p50_ms: quantile(next, 0.5),
      switch_p99_ms: quantile(next, 0.99),
      switch_within_limit: next.filter((ms) => ms <= 100).length / next.length,
      switch_limit_ms: 100,
      switch_main_thread_ms: Math.round(worked),
      switch_requests: Math.round(asked * 10) / 10,
      jumps: jumped.length,
      jump_p50_ms: quantile(jumped, 0.5),
      jump_p99_ms: quantile(jumped, 0.99),
      answers: sent.length,
      answer_p50_ms: quantile(sent, 0.5),
      answer_p99_ms: quantile(sent, 0.99),
      complaints: scene.complaints.list.length,
    })}\n`,
  );
});
