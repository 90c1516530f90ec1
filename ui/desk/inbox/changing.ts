import type { Messages } from '../messages/en.ts';
import type { Api, Change, ChangeResult, Conversation, Problem } from '../shell/api.ts';
import type { Undo } from '../shell/undo.svelte.ts';
import { codeOf, mostChosen } from './inbox.svelte.ts';

/** What is to be done to conversations, whichever they are. */
export type Doing = Omit<Change, 'id' | 'seen'>;

/** What is done once an answer is stored, and how that is said. */
export interface After {
  name: string;
  doing: Doing;
}

export interface ChangingOptions {
  api: Pick<Api, 'change'>;
  undo: Undo;
  m: () => Messages;
  /** Shows a line as it will be, or as it is after all: then it comes back to where it was. */
  show: (conversation: Conversation, back?: boolean) => void;
  /** Reads what cannot be shown by guessing. */
  reread: (id: string) => void;
  failed: (code: Problem['code']) => void;
  /** Who somebody is, for the guess. */
  staff: (id: string) => { id: string; name: string } | undefined;
}

/** What the conversation will be, as far as one can tell. */
export function guess(c: Conversation, doing: Doing, staff: ChangingOptions['staff']): Conversation {
  const tags = c.tags.filter((t) => !doing.remove_tags?.includes(t));
  const to = doing.hand_over;
  const given = to ? (to.staff_id ?? '') : doing.assignee;
  const team = to?.team_id ?? doing.team;
  return {
    ...c,
    ...(given !== undefined && { assignee: given === '' ? undefined : (staff(given) ?? { id: given, name: '' }) }),
    ...(team !== undefined && { team: team === '' ? undefined : team }),
    // It is up to the team then, not to the customer.
    ...(to && given === '' && c.status === 'waiting' && { status: 'open' as const }),
    ...(doing.priority && { priority: doing.priority }),
    ...(doing.status && { status: doing.status, snoozed_until: doing.until }),
    ...(doing.code && { code: doing.code }),
    tags: [...new Set([...tags, ...(doing.add_tags ?? [])])].sort(),
    ...((doing.add_skills || doing.remove_skills) && { skills: [...new Set([...(c.skills ?? []).filter((s) => !doing.remove_skills?.includes(s)), ...(doing.add_skills ?? [])])].sort() }),
  };
}

/** Which words a change really adds and takes away: those are what is undone. */
function turnedBack(before: readonly string[] = [], add: readonly string[] = [], remove: readonly string[] = []): { added: string[]; removed: string[] } {
  return { added: add.filter((w) => !before.includes(w)), removed: remove.filter((w) => before.includes(w)) };
}

/** What brings a conversation back to what it was; undefined for what cannot be brought back. */
export function inverse(before: Conversation, doing: Doing, now = Date.now()): Change | undefined {
  const back: Change = { id: before.id };
  const to = doing.hand_over;
  if (doing.assignee !== undefined || to) back.assignee = before.assignee?.id ?? '';
  if (doing.team !== undefined || to?.team_id) back.team = before.team ?? '';
  if (to && !to.staff_id && before.status === 'waiting') back.status = 'waiting';
  if (doing.priority) back.priority = before.priority;
  const tags = turnedBack(before.tags, doing.add_tags, doing.remove_tags);
  if (tags.added.length > 0) back.remove_tags = tags.added;
  if (tags.removed.length > 0) back.add_tags = tags.removed;
  const skills = turnedBack(before.skills, doing.add_skills, doing.remove_skills);
  if (skills.added.length > 0) back.remove_skills = skills.added;
  if (skills.removed.length > 0) back.add_skills = skills.removed;
  if (doing.status && before.status !== 'merged') {
    // A snooze that would be over by now is none.
    const over = before.status === 'snoozed' && (before.snoozed_until ?? 0) <= now * 1000;
    back.status = over ? 'open' : before.status;
    if (back.status === 'snoozed') back.until = before.snoozed_until;
    if (back.status === 'resolved' && before.code) back.code = before.code;
    if (doing.status === 'resolved') back.undo = true;
  }
  return Object.keys(back).length > 1 ? back : undefined;
}

/**
 * Does something to many conversations at once: shows at once how they will be,
 * takes back what the server refuses, and offers for a while to undo the rest.
 */
export async function change(o: ChangingOptions, before: readonly Conversation[], doing: Doing, said: string): Promise<ChangeResult[]> {
  const some = before.slice(0, mostChosen);
  for (const c of some) o.show(guess(c, doing, o.staff));
  let results: ChangeResult[];
  try {
    results = await o.api.change(some.map((c) => ({ id: c.id, seen: c.last_seq, ...doing })));
  } catch (error) {
    for (const c of some) o.show(c, true);
    for (const c of some) o.reread(c.id);
    o.failed(codeOf(error));
    return some.map((c) => ({ id: c.id, code: codeOf(error) }));
  }
  const refused = results.filter((r) => r.code);
  for (const r of refused) {
    const was = some.find((c) => c.id === r.id);
    if (was) o.show(was, true);
  }
  for (const c of some) o.reread(c.id);
  const done = some.filter((c) => !refused.some((r) => r.id === c.id));
  const m = o.m();
  if (refused.length > 0) {
    const why = refused[0]!.field === 'seen' ? 'unseen' : refused[0]!.code!;
    o.undo.say(m.many.refused(refused.length, some.length, m.error[why] ?? why), undefined, 'danger');
  }
  const back = done.flatMap((c) => inverse(c, doing) ?? []);
  if (done.length === 0) return results;
  o.undo.say(
    said,
    back.length === 0
      ? undefined
      : async () => {
          for (const c of done) o.show(c, true);
          try {
            const answers = await o.api.change(back);
            const not = answers.filter((r) => r.code);
            if (not.length > 0) o.failed((not[0]!.code ?? 'internal') as Problem['code']);
          } catch (error) {
            o.failed(codeOf(error));
          }
          for (const c of done) o.reread(c.id);
        },
  );
  return results;
}
