import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launch } from './browser.ts';
import { Agent, Complaints, Customer, type Look } from './people.ts';
import { Server, type Engine } from './server.ts';

/** What a page and its frames say, for whoever has no pictures to look at. */
async function wordsOn(page: Page): Promise<string> {
  const words = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText({ timeout: 2000 }).catch(() => '')));
  return `— ${page.url()}\n${words.join('\n').replaceAll(/\s*\n\s*/g, ' / ').slice(0, 1500)}`;
}

/** One server and one browser, and everybody in it. */
export class House {
  server!: Server;
  browser!: Browser;
  readonly complaints = new Complaints();
  #guests: BrowserContext[] = [];
  #agents = new Map<string, Agent>();
  #shots: string | undefined = process.env.KEFU_E2E_SHOTS;

  constructor(readonly engine: Engine) {}

  async open(): Promise<void> {
    this.server = await Server.begin(this.engine);
    this.browser = await launch();
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.server?.end();
  }

  async customer(as?: string, look?: Look, at?: string): Promise<Customer> {
    const customer = await Customer.arrive(this, { as, look, at });
    this.#guests.push(customer.context);
    return customer;
  }

  /** A member of staff, signed in once for all journeys: each code is good for one sign-in. */
  async agent(first: string): Promise<Agent> {
    const email = `${first}@kefu.demo`;
    let agent = this.#agents.get(email);
    if (!agent) {
      agent = await Agent.arrive(this, email);
      await agent.signIn();
      this.#agents.set(email, agent);
    }
    return agent;
  }

  /** The same member of staff on another device, for as long as the journey lasts. */
  async agentOn(first: string, look: Look): Promise<Agent> {
    const { context, who } = await this.agent(first);
    const agent = await Agent.arrive(this, who.email, { ...look, storageState: await context.storageState() });
    this.#guests.push(agent.context);
    await agent.page.getByRole('navigation').first().waitFor();
    return agent;
  }

  /** A page of nobody that we know; what it complains of is not ours. */
  async strangersPage(look: Look = {}): Promise<Page> {
    const context = await this.browser.newContext(look);
    this.#guests.push(context);
    return context.newPage();
  }

  /** Somebody at the desk's address who is not signed in. */
  async stranger(look: Look): Promise<Page> {
    const page = await this.strangersPage(look);
    await page.goto(this.server.demo.urls.desk);
    return page;
  }

  /** Everybody goes but staff at their desks. */
  async leave(): Promise<void> {
    await Promise.all(this.#guests.splice(0).map((context) => context.close()));
  }

  /** Keeps a picture for a person to look at, when KEFU_E2E_SHOTS names a folder. */
  async shot(page: Page, name: string): Promise<void> {
    if (this.#shots) await page.screenshot({ path: join(this.#shots, `${name}.png`) });
  }

  /** What everybody's screen showed when a journey failed. */
  async evidence(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'kefu-e2e-failed-'));
    const pages = this.browser.contexts().flatMap((c) => c.pages());
    await Promise.all(pages.map((page, i) => page.screenshot({ path: join(folder, `${i}.png`), timeout: 5000 }).catch(() => undefined)));
    const words = await Promise.all(pages.map((page) => wordsOn(page).catch(() => '')));
    return `Screens are in ${folder}. They said:\n${words.filter(Boolean).join('\n')}\nThe server said:\n${this.server.said || '(nothing)'}`;
  }
}
