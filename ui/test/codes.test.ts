import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { en } from '../desk/messages/en.ts';
import { zh } from '../desk/messages/zh.ts';
import { told as productEn } from '../desk/settings/messages/product.en.ts';
import { told as productZh } from '../desk/settings/messages/product.zh.ts';
import { en as rightEn } from '../desk/settings/rights/messages/en.ts';
import { zh as rightZh } from '../desk/settings/rights/messages/zh.ts';
import { words as standingEn } from '../kit/flow/standing/words.en.ts';
import { words as standingZh } from '../kit/flow/standing/words.zh.ts';
import { words as flowEn } from '../kit/flow/words.en.ts';
import { words as flowZh } from '../kit/flow/words.zh.ts';

// What the server tells as a code is read from where it is declared: a code that is added
// there and has no word here fails.

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
/** The text of the Go files of a folder, and of those below it. */
const source = (folder: string): string =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.go') && !file.endsWith('_test.go'))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n');
const found = (text: string, pattern: RegExp): string[] => [...new Set([...text.matchAll(pattern)].map((m) => m[1]!))].filter(Boolean);

/** The constants of a type. */
const constants = (pkg: string, type: string): string[] => found(source(`internal/domain/${pkg}`), new RegExp(`^\\s*\\w+\\s+${type}\\s*=\\s*"([a-z_0-9]+)"`, 'gm'));
/** The words that a field of the wallet's may have: those that its check lists. */
function field(of: string, name: string): string[] {
  const body = source('internal/domain/wallet').split(`const op = "wallet.${of}"`)[1]!.split('\n}')[0]!;
  const list = new RegExp(`check\\.Word\\(op, "${name}", [^,]+, ([^)]*)\\)`).exec(body)?.[1] ?? '';
  return found(list, /"([a-z_0-9]+)"/g);
}

const rooms = 'internal/connector/demowallet';
const sentences = found(source('internal/domain/failure').split('func sentences()')[1]!.split('\n}')[0]!, /"([a-z_]+)":/g);
const acts = constants('wallet', 'Act');
const refusals = constants('wallet', 'Refusal');
const actStates = constants('action', 'State');
const refunds = constants('wallet', 'RefundState');
const disputes = constants('wallet', 'DisputeState');
const events = found(source(rooms), /(?:Note|Event): "([a-z_]+[a-z])"/g);
const effects = found(source(rooms), /Effects: \[\]string\{"([a-z_]+)"\}/g);
const why = found(source(rooms), /t\.Why = \[\]string\{"([a-z_]+[a-z])"\}/g);
const raise = found(`${source(rooms)}${source('examples/wallet/memory')}`, /Raise: "([a-z_]+)"/g);
const problems = found(source('internal/domain/input'), /^\s*[A-Z]\w+\s*=\s*"([a-z_]+)"/gm);
const flows = readdirSync(join(root, 'content/flows'))
  .filter((file) => /^FL\d+\.yaml$/.test(file))
  .map((file) => file.slice(0, -'.yaml'.length));

it('finds what it reads', () => {
  for (const list of [sentences, acts, actStates, refunds, disputes, events, effects, why, raise, problems, flows, field('Restriction', 'release'), field('Limit', 'period'), field('Trace', 'source')]) {
    expect(list.length).toBeGreaterThan(1);
  }
});

const lacks = (words: Record<string, string>, codes: string[]): string[] => codes.filter((code) => !words[code]);

describe.each([
  ['English', en, { ...flowEn, ...standingEn }],
  ['Chinese', zh, { ...flowZh, ...standingZh }],
])('in %s', (_, desk, flow) => {
  it.each<[string, Record<string, string>, string[]]>([
    ['states of a transaction', desk.wallet.state, constants('wallet', 'State')],
    ['failure codes', desk.wallet.failure, constants('wallet', 'FailureCode')],
    ['where money is', desk.story.where, sentences],
    ['where money that comes in is', desk.story.whereIn, sentences.filter((key) => !key.startsWith('on_hold'))],
    ['events of a timeline', { ...desk.wallet.state, ...desk.wallet.stepNote, ...desk.story.events }, [...events, ...refunds.map((state) => `refund_${state}`)]],
    ['sources of events', desk.story.source, [...field('Trace', 'source'), 'run', 'act']],
    ['states of an act', desk.story.actState, actStates],
    ['states of a run', desk.story.runState, constants('selfservice', 'State')],
    ['why the wallet refuses an act', desk.act.refusals, refusals],
    ['flows', desk.story.flows, flows],
  ])('the desk has a word for all %s', (_, words, codes) => expect(lacks(words, codes)).toEqual([]));

  it.each<[string, Record<string, string>, string[]]>([
    ['where money is', flow.where, sentences],
    ['acts', flow.acts, acts],
    ['states of an act', flow.actStates, actStates.filter((state) => state !== 'proposed' && state !== 'confirmed')],
    ['what an act does beside', flow.effects, effects],
    ['states of a refund', flow.refundState, refunds],
    ['states of a dispute', flow.disputeState, disputes],
    ['why nothing is given back', flow.why, why],
    ['who decides', flow.decides, field('Terms', 'decides')],
    ['periods of a limit', flow.periods, field('Limit', 'period')],
    ['ways to a higher limit', flow.raise, raise],
    ['what a restriction stops', flow.stops, field('Restriction', 'stops')],
    ['what a restriction is of', flow.scopes, field('Restriction', 'scope')],
    ['who placed a restriction', flow.placedBy, field('Restriction', 'placed_by')],
    ['who lifts a restriction', flow.release, field('Restriction', 'release')],
    ['problems with an answer', flow.problems, [...problems, 'no_option', 'changed', 'secret']],
  ])('a flow has a word for all %s', (_, words, codes) => expect(lacks(words, codes)).toEqual([]));
});

describe.each([
  ['en', productEn],
  ['zh', productZh],
] as const)('of plans, in %s', (lang, words) => {
  // A word that a plan is seen with before it is saved is the one that customers read.
  const told = source('internal/flow/selfservice/choosing');
  it.each<[string, Record<string, string>, string[]]>([
    ['audiences', words.audiences, constants('product', 'Audience')],
    ['regions', words.regions, constants('product', 'Region')],
    ['uses', words.uses, constants('product', 'Use')],
    ['ways in', words.ways, constants('product', 'Way')],
    ['traits', words.traits, constants('product', 'Trait').filter((trait) => trait !== 'no_fee')], // that one follows from the fees
  ])('there is a word for all %s, the one of the flow', (_, has, codes) => {
    expect(codes.length).toBeGreaterThan(2);
    expect(lacks(has, codes)).toEqual([]);
    expect(codes.filter((code) => !told.includes(lang === 'en' ? `"${code}": {"${has[code]}", "` : `", "${has[code]}"}`))).toEqual([]);
  });
});

/** The rows of the table of rights, each cell by itself. */
const rights = readFileSync(join(root, 'internal/domain/policy/rights.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => line.trim().split(/\s+/));

describe.each([
  ['English', rightEn],
  ['Chinese', rightZh],
])('of rights, in %s', (_, words) => {
  it('every action of the table has words', () => {
    expect(rights.length).toBeGreaterThan(50);
    expect(lacks(words.action, rights.slice(1).map((row) => row[0]!))).toEqual([]);
  });
  it('every scope of the table has words', () => {
    expect(lacks(words.of, rights.slice(1).flatMap((row) => row.slice(1, -1)))).toEqual([]);
  });
  it('every need has words', () => {
    expect(lacks(words.need, ['role', ...constants('restriction', 'Need')])).toEqual([]);
  });
});
