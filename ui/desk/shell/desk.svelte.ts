import { languageTag, pickLanguage, type Language } from '../../kit/language.ts';
import { Client } from '../../kit/protocol/client.ts';
import type { ConnectionState } from '../../kit/protocol/connection.ts';
import type { Entry } from '../../kit/protocol/frames.ts';
import { BrowserStorage } from '../../kit/protocol/storage.ts';
import { dialStream } from '../../kit/protocol/stream.ts';
import { dialWebSocket } from '../../kit/protocol/websocket.ts';
import { dayAndTime } from '../../kit/text/time.ts';
import { Toasts } from '../../kit/toasts.svelte.ts';
import { Api, Problem, type Change, type ChangeResult, type Conversation, type Needs, type Staff } from './api.ts';
import { colleaguesOf } from './colleagues.ts';
import type { Outgoing } from '../../kit/protocol/outbox.ts';
import { Attaching } from '../thread/attaching.ts';
import { Drafts } from '../thread/drafts.ts';
import { change, type After, type Doing } from '../inbox/changing.ts';
import { codeOf, Inbox } from '../inbox/inbox.svelte.ts';
import { dueSoonest, everything, type List } from '../inbox/lists.ts';
import { Views } from '../inbox/views.svelte.ts';
import { Late } from '../board/late.svelte.ts';
import type { Messages } from '../messages/en.ts';
import { decides, overseesActs, pageIds, pagesFor } from './pages.ts';
import { setsDuties } from './roles.ts';
import { inboxHash, isInbox, pageHash, parseRoute, type InboxPlace } from './route.ts';
import { Offers } from '../queue/offers.svelte.ts';
import { Finding } from '../search/finding.svelte.ts';
import { Search } from '../search/search.svelte.ts';
import { forgetUnsaved } from '../settings/drafts.ts';
import { Waiting } from '../settings/waiting.svelte.ts';
import type { Opened } from '../signin/access.ts';
import { IdleLock } from '../signin/idle.ts';
import { Codes } from '../thread/codes.svelte.ts';
import { Macros, type Macro } from '../thread/macros.svelte.ts';
import { Teams } from '../teams/teams.svelte.ts';
import { Thread } from '../thread/thread.svelte.ts';
import { Notify, type News } from './notify.svelte.ts';
import type { Action } from './shortcuts.ts';
import { Undo } from './undo.svelte.ts';
import { nameOf } from './words.ts';

/** What an action does here; false when there is nothing to do, and the key keeps its own meaning. */
export type Doers = Partial<Record<Action, (event?: KeyboardEvent) => unknown>> & {
  give?: (staff: { id: string; name: string }) => void;
  giveTeam?: (team: { id: string; name: string }) => void;
  macro?: (macro: Macro) => void;
  /** What was to be done when an answer is stored, to what its author had seen. */
  follow?: (doing: Doing, said: string, seen?: number) => unknown;
};

export type Theme = 'system' | 'light' | 'dark';

const languageKey = 'kefu.desk.language';
const themeKey = 'kefu.desk.theme';
const keysKey = 'kefu.desk.keys';
/** In milliseconds. Whoever runs through the list reads nothing of it. */
const restsFor = 60;
/** In milliseconds. The server tells a connection within a few seconds. */
const saysWhyWithin = 10_000;
/** Within which desks read what changed for all of them. In milliseconds. */
const spread = 1_500;

/** The desk: who is signed in, the list, the open conversation, and what keeps them current. */
export class Desk {
  readonly api = new Api();
  readonly toasts = new Toasts();
  /** They are to prove once more who they are, since a restriction wants it. */
  proving = $state(false);
  #needed: number | undefined;
  readonly inbox: Inbox;
  readonly views: Views;
  readonly undo: Undo;
  readonly macros: Macros;
  readonly teams: Teams;
  readonly codes: Codes;
  readonly waiting: Waiting;
  readonly notify: Notify;
  readonly search: Search;
  readonly finding: Finding;
  readonly drafts: Drafts;
  readonly attaching = new Attaching({
    upload: (file, signal, progress) => this.api.upload(file, signal, progress),
    online: () => this.online,
    limit: () => this.#client?.limits?.attachment_bytes,
  });
  readonly offers: Offers;
  readonly late: Late;
  #storage = new BrowserStorage();
  /** What goes with the tab. */
  #tab = new BrowserStorage('sessionStorage');

  language = $state<Language>('en');
  m = $state.raw<Messages>();
  /** The words of no language could be fetched. */
  wordless = $state(false);
  theme = $state<Theme>('system');
  /** Single keys are commands. Whoever dictates, or slips, switches them off (WCAG 2.1.4). */
  keys = $state(true);
  online = $state(true);

  me = $state.raw<Staff>();
  /** The session was looked for. */
  ready = $state(false);
  /** How the last session came to its end, when nobody signed out here. */
  ended = $state<'expired' | 'revoked' | 'locked'>();
  /** When this desk will lock itself, once that is near; milliseconds since 1970. */
  locksAt = $state<number>();
  /** The address of whoever signed in last, for as long as this page lives. */
  email = '';
  /** The token of an invitation that this page was opened with. */
  invitation = $state<string>();
  /** What went wrong at the operator's directory, from which this page was come back to. */
  directory = $state<string>();
  unreachable = $state(false);
  /** Who may be given a conversation. */
  staff = $state.raw<Staff[]>([]);
  connection = $state<ConnectionState>('idle');

  /** The page that is shown, and where in it, as far as the page itself is concerned. */
  page = $state('inbox');
  path = $state.raw<string[]>([]);
  thread = $state.raw<Thread>();
  /** The hit of the search that was opened last. */
  hit = $state.raw<{ conv: string; seq: number }>();
  /** The line to bring into view: the hit, until it is there. */
  target = $state.raw<{ conv: string; seq: number }>();
  /** A conversation that was just accepted: the focus goes there with its agent. */
  arriving = $state<string>();
  helpOpen = $state(false);
  paletteOpen = $state(false);
  /** What can be done where one is, by key and by the palette. */
  doers = $state.raw<Doers>({});
  /** On a small screen, where one pane is seen at a time: what was found is before what is open. */
  searching = $state(false);
  detailsOpen = $state(false);
  /** On a wide screen, where the customer stands beside the words: put away. */
  detailsHidden = $state(false);
  /** The list is being given a name. */
  savingView = $state(false);

  /** The address that was gone to last. */
  #routed = '';
  /** Where the inbox was left. */
  #left = $state.raw<InboxPlace>({ list: everything });
  #client: Client | undefined;
  #nearing: ReturnType<typeof setTimeout> | undefined;
  /** Who chose the files that wait to be sent. */
  #filesOf = '';
  #lock = new IdleLock(
    () => void this.#lockUp(),
    (at) => (this.locksAt = at),
  );
  /** The connection of a session that is over, for as long as it may still say why. */
  #last: { client: Client; timer: ReturnType<typeof setTimeout> } | undefined;

  constructor() {
    this.#readArrival();
    this.views = new Views(this.api, (code) => this.failed(code), (conv) => this.#tell('mention', conv));
    this.notify = new Notify(this.#storage);
    this.macros = new Macros(this.api);
    this.teams = new Teams(this.api);
    this.codes = new Codes(this.api);
    this.waiting = new Waiting(this.api);
    this.undo = new Undo(this.toasts, () => this.m?.undo ?? '');
    this.inbox = new Inbox(this.api, () => this.me?.id ?? '', () => this.views.stale(), () => this.teams.mine);
    this.search = new Search(this.api, (code) => this.failed(code));
    this.finding = new Finding(this.api, this.#storage);
    this.drafts = new Drafts(this.#tab, this.api);
    this.late = new Late(this.api, (n) => this.#tellLate(n));
    this.offers = new Offers(
      (conv) => {
        this.arriving = conv;
        this.open(conv);
      },
      () => this.m && this.notify.call(this.m.queue.offer, this.m.queue.notify, 'kefu-offer', () => undefined),
    );
    this.api.onexpired = () => this.#refused();
    this.api.onneeds = (needs) => this.#tellNeeds(needs);
    this.keys = this.#storage.getItem(keysKey) !== 'off';
    this.setTheme((this.#storage.getItem(themeKey) as Theme | null) ?? 'system');
    void this.setLanguage(pickLanguage(this.#storage.getItem(languageKey), ...navigator.languages), false);
    const network = () => {
      this.online = navigator.onLine;
      if (this.online) this.#client?.nudge();
    };
    network();
    addEventListener('online', network);
    addEventListener('offline', network);
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.drafts.saveAll();
      else this.#client?.nudge();
    });
    addEventListener('hashchange', () => {
      this.#readArrival();
      // What the desk itself went to is there already.
      if (location.hash !== this.#routed) this.#route();
    });
    void this.resume();
  }

  get tag(): string {
    return languageTag(this.language);
  }

  /** Stays with the present language when the words of the new one do not come; without one, takes the other. */
  async setLanguage(language: Language, keep = true): Promise<void> {
    if (await this.#speak(language)) {
      if (keep) this.#storage.setItem(languageKey, language);
      return;
    }
    this.wordless = !this.m && !(await this.#speak(language === 'zh' ? 'en' : 'zh'));
    const m = this.m;
    if (m) this.toasts.say(m.languageFailed, 'danger', 12_000, { label: m.pages.reload, run: () => location.reload() });
  }

  async #speak(language: Language): Promise<boolean> {
    try {
      this.m = language === 'zh' ? (await import('../messages/zh.ts')).zh : (await import('../messages/en.ts')).en;
    } catch {
      return false; // A new version has taken the place of this one, or the network is gone.
    }
    this.language = language;
    document.documentElement.lang = this.tag;
    return true;
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    this.#storage.setItem(themeKey, theme);
  }

  setKeys(on: boolean): void {
    this.keys = on;
    this.#storage.setItem(keysKey, on ? 'on' : 'off');
  }

  // Signing in and out

  /** What a link brought along is kept in memory, and nowhere else. */
  #readArrival(): void {
    const invitation = /^#invitation=([\w-]{1,128})$/.exec(location.hash)?.[1];
    const directory = /^#directory=(\w{1,20})$/.exec(location.hash)?.[1];
    if (!invitation && !directory) return;
    if (invitation) this.invitation = invitation;
    this.directory = directory;
    history.replaceState(null, '', location.pathname + location.search);
  }

  async resume(): Promise<void> {
    this.unreachable = false;
    try {
      const invitation = this.invitation;
      this.enter(await this.api.session());
      // Whoever is signed in already is asked what to do with it.
      this.invitation = invitation;
    } catch (error) {
      this.unreachable = codeOf(error) !== 'unauthenticated';
    } finally {
      this.ready = true;
    }
  }

  async signIn(email: string, password: string, totp: string): Promise<void> {
    this.enter(await this.api.signIn(email, password, totp));
    this.email = email;
  }

  /** Goes in with a session that was just opened, or is open still. */
  enter(opened: Opened): void {
    this.invitation = this.directory = undefined;
    this.#signedIn(opened.staff);
    this.#lock.watch(opened.idle_seconds * 1000);
  }

  /** Somebody is there after all. */
  stay(): void {
    this.#lock.touch();
  }

  /** Nobody has touched this desk for as long as the house allows. */
  async #lockUp(): Promise<void> {
    if (!this.me) return;
    await this.drafts.settled().catch(() => undefined);
    await this.api.signOut().catch(() => undefined);
    this.#sessionEnded('locked');
  }

  #signedIn(staff: Staff): void {
    this.#hush();
    this.me = staff;
    this.ended = undefined;
    const { protocol, host } = location;
    const client = new Client({
      role: 'desk',
      dials: [dialWebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rt`), dialStream('/rt')],
      storage: this.#storage,
      lang: () => this.language,
      caps: ['offers'],
      identity: {
        hello: () => Promise.resolve({}),
        welcomed: () => undefined,
        refused: (why) => {
          if (client !== (this.#client ?? this.#last?.client)) return Promise.resolve(false);
          if (why === 'revoked') void this.#shutOut(client);
          if (why === 'unauthenticated' || why === 'expired') this.#sessionEnded('expired');
          return Promise.resolve(false);
        },
      },
    });
    this.#client = client;
    client.outbox.open(`staff:${staff.id}`);
    // A colleague whose session merely ended has left their words here.
    client.outbox.dropOthers();
    this.drafts.open(staff.id);
    forgetUnsaved(this.#tab, staff.id);
    if (this.#filesOf !== staff.id) this.attaching.clear();
    this.#filesOf = staff.id;
    client.on((change) => {
      if (client !== this.#client) return;
      if (change.what === 'state') this.connection = change.state;
      this.offers.changed(change);
      // The open conversation reads itself again, and tells the list.
      if (change.what === 'inbox' && change.conv && change.conv !== this.thread?.id) this.inbox.hint(change.conv);
      if (change.what === 'inbox' && !change.conv && this.inbox.loaded) void this.inbox.renew();
      if (change.what === 'entry') this.#heard(change.entry);
      if (change.what === 'inbox') this.views.stale();
      if (change.what === 'inbox') this.late.stale();
      if (change.what === 'inbox') this.search.changed(change.conv);
      if (change.what === 'inbox') this.finding.changed(change.conv);
      // After a loss the hints of the meantime are gone.
      if (change.what === 'welcome' && this.inbox.loaded) void this.inbox.renew();
      if (change.what === 'changed') this.#renew(change.kinds);
      if (change.what === 'welcome') void this.teams.refresh();
      if (change.what === 'welcome') void this.codes.stale();
      if (change.what === 'welcome' || (change.what === 'inbox' && !change.conv)) this.waiting.stale();
      if (change.what === 'welcome') this.drafts.saveAll();
      if (change.what === 'welcome') this.search.changed();
      if (change.what === 'welcome') this.finding.changed();
      if (change.what === 'settled' && change.message.after) void this.#follow(change.conv, change.message);
      if (change.what === 'merged') this.attaching.move(change.from, change.into);
      if (change.what === 'merged' && this.thread?.id === change.from) this.open(change.into);
    });
    this.offers.attach(client);
    client.watchInbox();
    client.start();
    this.notify.open(staff.id);
    this.finding.open(staff.id);
    if (this.hasInbox) this.views.open();
    if (this.hasInbox || setsDuties(staff.role)) this.teams.open(staff.id, staff.role !== 'outside_agent');
    if (this.hasInbox && pagesFor(staff).some((p) => p.id === 'board')) this.late.open();
    if (decides(staff) || overseesActs(staff)) this.waiting.open({ changes: decides(staff), acts: overseesActs(staff) });
    void this.api.staff().then(
      (everybody) => (this.staff = colleaguesOf(everybody)),
      () => undefined,
    );
    this.#route();
  }

  async signOut(): Promise<void> {
    const client = this.#client;
    try {
      await this.drafts.settled();
      await this.api.signOut();
    } catch (error) {
      if (this.me && codeOf(error) !== 'unauthenticated') return this.failed(codeOf(error));
    }
    // The session may have been over already: what it left is to go all the same.
    this.#forget(client);
    this.#end();
    this.#hush();
    this.ended = undefined;
    this.email = '';
  }

  /** Says what a restriction of the house asks for; what several reads meet at once is said once. */
  #tellNeeds(needs: Needs) {
    const m = this.m;
    if (!m || (this.#needed !== undefined && this.toasts.shows(this.#needed))) return;
    const opens = needs.opens ? dayAndTime(needs.opens, this.tag) : '';
    const text = {
      withheld: () => m.needs.withheld(needs.rule ?? ''),
      training: () => m.needs.training(needs.training ?? ''),
      proof: () => m.needs.proof,
      hours: () => m.needs.hours(opens),
      network: () => m.needs.network,
    }[needs.what]();
    const prove = needs.what === 'proof' ? { label: m.needs.prove, run: () => (this.proving = true) } : undefined;
    this.#needed = this.toasts.say([text, needs.advice].filter(Boolean).join(' '), 'danger', 15_000, prove);
  }

  /** The server says no to this session, and may yet say on its connection that it was revoked. */
  #refused(): void {
    if (this.#client) this.#sessionEnded('expired', this.#client.state === 'open');
  }

  /** The connection was ended from there: the session is over, or what its holder may do has changed. */
  async #shutOut(client: Client): Promise<void> {
    const { me } = this;
    const opened = await this.api.session().catch(() => undefined);
    if (client !== (this.#client ?? this.#last?.client)) return;
    if (!me || opened?.staff.id !== me.id) return this.#sessionEnded('revoked');
    this.#end();
    this.enter(opened);
  }

  #sessionEnded(how: 'expired' | 'revoked' | 'locked', listen = false): void {
    const client = this.#client ?? this.#last?.client;
    if (!client) return;
    this.ended = how;
    if (how === 'revoked') this.#forget(client);
    this.#end(listen);
    if (!listen) return this.#hush();
    this.#last ??= { client, timer: setTimeout(() => this.#hush(), saysWhyWithin) };
  }

  #hush(): void {
    clearTimeout(this.#last?.timer);
    this.#last?.client.stop();
    this.#last = undefined;
  }

  /** Whoever signed out or was shut out leaves nothing here, unsent words included. */
  #forget(client?: Client): void {
    client?.outbox.clear();
    this.drafts.clear();
    this.attaching.clear();
    this.finding.forget();
    forgetUnsaved(this.#tab);
  }

  #end(listen = false): void {
    clearTimeout(this.#nearing);
    this.thread?.leave();
    this.thread = undefined;
    this.drafts.close();
    if (!listen) this.#client?.stop();
    this.offers.detach();
    this.#client = undefined;
    this.connection = 'idle';
    this.me = undefined;
    this.#lock.rest();
    this.inbox.clear();
    this.views.close();
    this.late.close();
    this.notify.close();
    this.paletteOpen = false;
    this.macros.clear();
    this.teams.close();
    this.codes.clear();
    this.waiting.close();
    this.search.clear();
    this.finding.clear();
  }

  /** What was read once, and has changed. */
  #renew(kinds: readonly string[]): void {
    if (kinds.includes('approval')) this.waiting.stale();
    if (kinds.includes('macro')) this.macros.stale();
    const me = this.me?.id;
    // All desks hear of it at the same instant.
    setTimeout(() => {
      if (!me || this.me?.id !== me) return;
      if (kinds.includes('team')) void this.teams.stale();
      if (kinds.includes('wrap_up_code') || kinds.includes('wrap_up')) void this.codes.stale();
      if (kinds.includes('view') && this.hasInbox) void this.views.load();
    }, Math.random() * spread);
  }

  /** What happens in conversations that are mine, or become mine. */
  #heard(entry: Entry): void {
    const me = this.me?.id;
    // What was read again after a loss is no news.
    if (entry.at < (Date.now() - 60_000) * 1000) return;
    if (entry.kind === 'assigned' && entry.payload.staff?.id === me && entry.author?.id !== me) this.#tell('assigned', entry.conv);
    if (entry.kind !== 'message' || entry.author?.kind !== 'customer') return;
    const known = this.thread?.id === entry.conv ? this.thread.conversation : this.inbox.find(entry.conv);
    // A desk hears of its own conversations, and of those that it looks at.
    if (known ? known.assignee?.id === me : this.thread?.id !== entry.conv) this.#tell('message', entry.conv);
  }

  #tell(news: Exclude<News, 'offer'>, conv: string): void {
    const m = this.m;
    if (!m) return;
    const known = this.inbox.find(conv)?.customer;
    this.notify.tell(m.news[news], known ? nameOf(known, m) : '', conv, () => this.open(conv));
  }

  /** Something became overdue while nobody may have looked. */
  #tellLate(n: number): void {
    const m = this.m;
    if (m) this.toasts.say(m.due.news(n), 'danger', 12_000, { label: m.due.look, run: () => this.go(dueSoonest) });
  }

  /** Of a partner firm: sees what they were given, and nothing of customers or colleagues. */
  get outside(): boolean {
    return this.me?.role === 'outside_agent';
  }

  get hasInbox(): boolean {
    return this.me !== undefined && pagesFor(this.me).some((p) => p.id === 'inbox');
  }

  /** There is a page for searches. */
  get mayFind(): boolean {
    return this.me !== undefined && pagesFor(this.me).some((p) => p.id === 'search');
  }

  /** Somebody who may be given a conversation, oneself among them. */
  colleague(id: string): { id: string; name: string } | undefined {
    return this.me?.id === id ? this.me : this.staff.find((s) => s.id === id);
  }

  /** Brings a conversation back to what it was. */
  async takeBack(back: Change): Promise<void> {
    try {
      const [answer] = await this.api.change([back]);
      if (answer?.code) this.failed(answer.code);
    } catch (error) {
      this.failed(codeOf(error));
    }
    if (this.thread?.id === back.id) void this.thread.read();
    else this.inbox.hint(back.id);
  }

  /** Does something to conversations, one or many, and offers to undo it. */
  change(before: readonly Conversation[], doing: Doing, said: string): Promise<ChangeResult[]> {
    return change(
      {
        api: this.api,
        undo: this.undo,
        m: () => this.m!,
        show: (c, back) => {
          this.inbox.put(c, back);
          if (this.thread?.id === c.id) this.thread.conversation = c;
        },
        reread: (id) => (this.thread?.id === id ? void this.thread.read() : this.inbox.hint(id)),
        failed: (code) => this.failed(code),
        staff: (id) => this.colleague(id),
      },
      before,
      doing,
      said,
    );
  }

  /**
   * Does something to one conversation. Where it has to be said how it ended and
   * that was not, all but resolving it is done: the answer is then `uncoded`.
   */
  async changeCoded(before: Conversation, doing: Doing, said: string): Promise<ChangeResult | 'uncoded' | undefined> {
    if (doing.status === 'resolved' && !doing.code && before.status !== 'resolved') {
      await this.codes.load();
      if (this.codes.needed([before])) {
        const { status: _, ...rest } = doing;
        if (Object.keys(rest).length > 0) await this.change([before], rest, said);
        return 'uncoded';
      }
    }
    return (await this.change([before], doing, said))[0];
  }

  /** An answer is stored: what was to be done with it is done, wherever its author is by now. */
  async #follow(conv: string, message: Outgoing): Promise<void> {
    const { name, doing } = message.after as After;
    const m = this.m!;
    const said = m.macro.then(name);
    if (this.thread?.id === conv && this.thread.loaded && this.thread.conversation && this.doers.follow) return void this.doers.follow(doing, said, message.seen);
    try {
      const before = this.inbox.find(conv) ?? (await this.api.conversation(conv));
      const answer = await this.changeCoded({ ...before, last_seq: message.seen ?? before.last_seq }, doing, said);
      if (answer === 'uncoded') this.toasts.say(m.macro.uncoded(nameOf(before.customer, m)), 'danger', 12_000, { label: m.macro.look, run: () => this.open(conv) });
    } catch (error) {
      this.failed(codeOf(error));
    }
  }

  failed(code: Problem['code']): void {
    if (code !== 'unauthenticated') this.toasts.say(this.m?.error[code] ?? code, 'danger');
  }

  // Where we are

  /** What the page that is shown is about, for the title; without it the page's own name stands there. */
  get where(): string | undefined {
    const customer = this.page === 'inbox' ? this.thread?.conversation?.customer : undefined;
    return customer && this.m ? nameOf(customer, this.m) : undefined;
  }

  go(list: List, conv?: string): void {
    this.#goTo(inboxHash({ list, conv }));
  }

  /** Goes to a page, and to a place in it. */
  visit(page: string, ...path: string[]): void {
    this.#goTo(path.length > 0 ? pageHash(page, ...path) : this.addressOf(page));
  }

  /** Where a page's link leads; to the inbox, where it was left. */
  addressOf(page: string): string {
    return page === 'inbox' ? inboxHash(this.#left) : pageHash(page);
  }

  open(conv: string, seq?: number): void {
    this.searching = false;
    this.hit = seq === undefined ? undefined : { conv, seq };
    this.target = this.hit;
    this.go(this.#left.list, conv);
  }

  look(query: string): void {
    this.searching = query.trim() !== '';
    if (this.searching && this.page !== 'inbox') this.visit('inbox');
    this.search.look(query);
  }

  /** Goes to all that a search finds, with its filters. */
  searchFor(text: string): void {
    this.endSearch();
    this.visit('search', ...(text.trim() ? [text.trim()] : []));
  }

  endSearch(): void {
    this.searching = false;
    this.search.clear();
  }

  back(): void {
    this.go(this.inbox.list);
  }

  /** Goes there at once: the browser tells of another address only later. */
  #goTo(hash: string): void {
    if (location.hash !== hash) location.hash = hash;
    this.#route();
  }

  #route(): void {
    if (!this.me || !this.#client) return;
    this.#routed = location.hash;
    const route = parseRoute(this.#routed, pageIds);
    const allowed = pagesFor(this.me).map((p) => p.id);
    if (!allowed.includes(route.page)) return void location.replace(this.addressOf(allowed[0]!));
    this.page = route.page;
    this.path = isInbox(route) ? [] : route.path;
    if (isInbox(route)) this.#show(route);
    else this.#leaveThread();
  }

  #show({ list, conv }: InboxPlace): void {
    this.#left = { list, conv };
    this.inbox.show(list);
    if (this.target?.conv !== conv) this.target = undefined;
    if (conv) this.views.see(conv);
    if (conv === this.thread?.id) return;
    this.#leaveThread();
    if (!conv) return;
    const client = this.#client!;
    const changed = (c?: Conversation) => {
      if (client !== this.#client) return;
      if (c) this.inbox.put(c);
      else this.inbox.hint(conv);
    };
    this.thread = new Thread(conv, this.api, client, this.drafts, (code) => this.failed(code), changed, this.inbox.find(conv));
    this.inbox.cursor = conv;
    this.#readAhead(conv, 0);
  }

  /** A line may be opened next, and those beside it after that: their words are read ahead. */
  near(conv: string): void {
    this.#readAhead(conv, restsFor);
  }

  #readAhead(conv: string, after: number): void {
    clearTimeout(this.#nearing);
    this.#nearing = setTimeout(() => {
      for (const id of [conv, ...this.inbox.around(conv)]) this.#client?.ahead(id);
    }, after);
  }

  #leaveThread(): void {
    this.thread?.leave();
    this.thread = undefined;
    this.detailsOpen = false;
  }
}
