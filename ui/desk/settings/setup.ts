import type { Api, Staff } from '../shell/api.ts';
import type { SettingsApi } from './api.ts';
import type { Embedding } from './kinds.ts';

export type StepId = 'organisation' | 'team' | 'people' | 'hours' | 'look' | 'issuer' | 'embedding' | 'snippet';

/** Something that a new house needs. */
export interface Step {
  id: StepId;
  done: boolean;
  /** Where it is done: a page, and where in it. */
  to: [string, ...string[]];
}

const copiedKey = 'kefu.desk.snippet';

/** That the snippet was copied is known in this browser alone; nothing else tells. */
export function noteCopied(storage: Pick<Storage, 'setItem'> = localStorage): void {
  try {
    storage.setItem(copiedKey, 'yes');
  } catch {
    // A browser without storage shows the step as open.
  }
}

function wasCopied(storage: Pick<Storage, 'getItem'>): boolean {
  try {
    return storage.getItem(copiedKey) === 'yes';
  } catch {
    return false;
  }
}

/** What a new house needs, in the order that works best, and what of it is done; has tells which kinds have a place on screen. */
export async function steps(
  settings: Pick<SettingsApi, 'get' | 'list'>,
  desk: Pick<Api, 'staff'>,
  has: (kind: string) => boolean,
  storage: Pick<Storage, 'getItem'> = localStorage,
): Promise<Step[]> {
  const [hours, look, organisation, teams, people, issuers, embedding] = await Promise.all([
    has('calendar') ? settings.list('calendar') : undefined,
    has('look') ? settings.get('look') : undefined,
    settings.get('organisation'),
    settings.list('team'),
    desk.staff(),
    settings.list('issuer'),
    settings.get('embedding'),
  ]);
  const others = people.filter((p: Staff) => !p.disabled).length > 1;
  return [
    { id: 'organisation', done: organisation.revision > 0, to: ['settings', 'organisation'] },
    { id: 'team', done: teams.length > 0, to: ['settings', 'team', 'new'] },
    { id: 'people', done: others, to: ['people'] },
    ...(hours ? [{ id: 'hours' as const, done: hours.length > 0, to: ['settings', 'calendar'] as [string, string] }] : []),
    ...(look ? [{ id: 'look' as const, done: look.revision > 0, to: ['settings', 'look'] as [string, string] }] : []),
    { id: 'issuer', done: issuers.length > 0, to: ['settings', 'issuer', ...(issuers.length > 0 ? [] : ['new'])] },
    { id: 'embedding', done: (embedding.value as Embedding).origins.length > 0, to: ['settings', 'embedding'] },
    { id: 'snippet', done: wasCopied(storage), to: ['settings', 'snippet'] },
  ];
}
