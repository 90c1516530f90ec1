import type { Browser, BrowserContext, BrowserContextOptions, Frame, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { DemoStaff, Server } from './server.ts';
import { totp } from './totp.ts';

export type Look = Pick<BrowserContextOptions, 'colorScheme' | 'viewport' | 'locale' | 'hasTouch' | 'isMobile'>;

export const phone: Look = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const patience = 15_000;
const desktop: Look = { locale: 'en-GB', viewport: { width: 1280, height: 800 } };

export interface Scene {
  browser: Browser;
  server: Server;
  complaints: Complaints;
}

/** What any page complained of, so that no journey passes over it. */
export class Complaints {
  list: string[] = [];

  listen(page: Page): void {
    page.on('pageerror', (error) => this.list.push(`${page.url()}: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      // A lost connection is part of the journeys; the browser tells of it itself.
      const expected = /net::ERR_|Failed to load resource|WebSocket connection/.test(message.text());
      if (message.type() === 'error' && !expected) this.list.push(`${page.url()}: ${message.text()}`);
    });
  }
}

/** Everything that the server sent over this page's sockets. */
function listen(page: Page): string[] {
  const heard: string[] = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(String(payload))));
  return heard;
}

/** Somebody in a customer's browser: the wallet's page, and the window in it. */
export class Customer {
  readonly heard: string[];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly scene: Scene,
  ) {
    page.setDefaultTimeout(patience);
    scene.complaints.listen(page);
    this.heard = listen(page);
  }

  /** Opens the wallet's page, signed in as one of its customers or not, and the window. */
  static async arrive(scene: Scene, { as, look, context, at }: { as?: string; look?: Look; context?: BrowserContext; at?: string } = {}): Promise<Customer> {
    const own = context ?? (await scene.browser.newContext({ ...desktop, ...look }));
    const customer = new Customer(own, await own.newPage(), scene);
    await customer.page.goto(at ?? scene.server.demo.urls.wallet);
    if (as) await customer.become(as);
    await customer.open();
    return customer;
  }

  /** Another tab of the same browser. */
  tab(as: string): Promise<Customer> {
    return Customer.arrive(this.scene, { as, context: this.context });
  }

  /** Chooses who the wallet's user is; the page loads anew. */
  async become(id: string): Promise<void> {
    await this.page.locator(`#customer option[value="${id}"]`).waitFor({ state: 'attached' });
    await Promise.all([this.page.waitForEvent('load'), this.page.selectOption('#customer', id)]);
  }

  /** The wallet signs somebody else in without loading its page anew. */
  async handOver(id: string): Promise<void> {
    await this.page.evaluate((customer) => {
      const token = async () => {
        const headers = { 'Content-Type': 'application/json' };
        const answer = await fetch('/demo/token', { method: 'POST', headers, body: JSON.stringify({ customer }) });
        return ((await answer.json()) as { token: string }).token;
      };
      (globalThis as unknown as { kefu: (name: string, token: () => Promise<string>) => void }).kefu('identify', token);
    }, id);
  }

  async open(): Promise<void> {
    await this.page.locator('#help:enabled').click();
    await expect.poll(() => this.frames.length).toBe(1);
    // Whoever has nothing open is shown what they asked before.
    const fresh = this.frame.getByRole('button', { name: /New conversation|发起新会话/ });
    await this.box.or(fresh).first().waitFor();
    if (await fresh.isVisible()) await fresh.click();
    await this.box.waitFor();
  }

  private get frames(): Frame[] {
    const origin = new URL(this.scene.server.demo.urls.widget).origin;
    return this.page.frames().filter((f) => f.url().startsWith(origin));
  }

  /** The window's frame; it lies in a closed shadow tree, so it is found by its origin. */
  get frame(): Frame {
    const frame = this.frames[0];
    if (!frame) throw new Error('The window is not open.');
    return frame;
  }

  get box(): Locator {
    return this.frame.getByRole('textbox');
  }

  async write(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press('Enter');
  }

  /** Begins another conversation. */
  async another(): Promise<void> {
    await this.frame.getByRole('button', { name: /All conversations|全部会话/ }).click();
    await this.frame.getByRole('button', { name: /New conversation|发起新会话/ }).click();
    await this.box.waitFor();
  }

  /** Chooses what it is about, among the further topics where it is not among the first. */
  async topic(name: RegExp): Promise<void> {
    const topic = this.frame.locator('button', { hasText: name }).first();
    await topic.waitFor({ state: 'attached' });
    if (!(await topic.isVisible())) await this.frame.getByText(/^(More topics|更多问题)$/).click();
    await topic.click();
  }

  async attach(name: string, buffer: Buffer): Promise<void> {
    await this.frame.locator('input[type=file]').setInputFiles({ name, mimeType: 'image/png', buffer });
    await this.frame.locator('form button[type=submit]:enabled').click();
    // Pictures are stored when the message is sent, and not before.
    await this.frame.locator('form li').waitFor({ state: 'detached' });
  }

  /** What both sides said, oldest first, as it stands on screen. */
  words(): Promise<string[]> {
    return this.frame.locator('[role=log] .text').allInnerTexts();
  }

  sees(words: string): Promise<void> {
    return this.frame.locator('[role=log]').getByText(words, { exact: true }).waitFor();
  }

  /** How far the newest own message has got, in the window's words. */
  state(): Promise<string> {
    return this.frame.locator('.mine .state').last().innerText();
  }
}

/** A member of staff at the desk. */
export class Agent {
  readonly heard: string[];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly who: DemoStaff,
    scene: Scene,
  ) {
    page.setDefaultTimeout(patience);
    scene.complaints.listen(page);
    this.heard = listen(page);
  }

  /** Comes to the sign-in of the desk. */
  static async arrive(scene: Scene, email: string, look: BrowserContextOptions = {}): Promise<Agent> {
    const who = scene.server.demo.staff.find((s) => s.email === email);
    if (!who) throw new Error(`The demo has no ${email}.`);
    const context = await scene.browser.newContext({ ...desktop, ...look });
    const agent = new Agent(context, await context.newPage(), who, scene);
    await agent.page.goto(scene.server.demo.urls.desk);
    return agent;
  }

  async signIn(): Promise<void> {
    const { page, who } = this;
    await page.locator('input[type=email]').fill(who.email);
    await page.locator('input[type=password]').fill(who.password);
    await page.locator('input[autocomplete=one-time-code]').fill(totp(who.totp_secret));
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').first().waitFor();
  }

  /** The line of the inbox with these words in it. */
  row(words: string): Locator {
    return this.page.locator('[data-id]').filter({ hasText: words });
  }

  /** Finds the conversation with these words in a list, and opens it. */
  async take(words: string, list = 'all/open'): Promise<void> {
    const address = new URL(this.page.url());
    address.hash = `#/${list}`;
    await this.page.goto(address.href);
    await this.row(words).click();
    await this.sees(words);
  }

  get box(): Locator {
    return this.page.locator('main form textarea');
  }

  async write(text: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Reply', exact: true }).click();
    await this.box.fill(text);
    await this.box.press('Enter');
  }

  async note(text: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Note', exact: true }).click();
    await this.box.fill(text);
    await this.box.press('Enter');
  }

  async attach(name: string, buffer: Buffer): Promise<void> {
    await this.page.locator('main input[type=file]:not([capture])').setInputFiles({ name, mimeType: 'image/png', buffer });
    await this.page.locator('main form button[type=submit]:enabled').click();
  }

  /** What both sides said; notes are left out. */
  words(): Promise<string[]> {
    return this.page.locator('[role=log] .message:not(.note) .text').allInnerTexts();
  }

  sees(words: string): Promise<void> {
    return this.page.locator('[role=log]').getByText(words, { exact: true }).waitFor();
  }

  state(): Promise<string> {
    return this.page.locator('[role=log] .agent .state').last().innerText();
  }
}
