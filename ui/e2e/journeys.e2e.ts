import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { alerts } from './alerts.ts';
import { byKeyboard } from './by-keyboard.ts';
import { cases } from './cases.ts';
import { chains } from './chains.ts';
import { choosing } from './choosing.ts';
import { comingIn } from './coming-in.ts';
import { configuring } from './configuring.ts';
import { consent } from './consent.ts';
import { danger } from './danger.ts';
import { duties } from './duties.ts';
import { emergency } from './emergency.ts';
import { giving } from './giving.ts';
import { everywhere } from './everywhere.ts';
import { faults } from './faults.ts';
import { flows } from './flows.ts';
import { forming } from './forming.ts';
import { House } from './house.ts';
import { intake } from './intake.ts';
import { looks } from './looks.ts';
import { ownData } from './own-data.ts';
import { papers } from './papers.ts';
import { passkeys } from './passkeys.ts';
import { leaving, people } from './people-come-and-go.ts';
import { programs } from './programs.ts';
import { plantWords, searching } from './searching.ts';
import { secrets } from './secrets.ts';
import { engines } from './server.ts';
import { talking } from './talking.ts';
import { trusting } from './trusting.ts';
import { working } from './working.ts';
import { wrapping } from './wrapping.ts';

describe.each(engines())('on %s', (engine) => {
  const house = new House(engine);

  beforeAll(() => house.open());
  afterAll(() => house.close());
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(await house.evidence());
    await house.leave();
    expect(house.complaints.list.splice(0), 'what the pages complained of').toEqual([]);
  });

  plantWords(house);
  talking(house);
  faults(house);
  secrets(house);
  people(house);
  comingIn(house);
  working(house);
  flows(house);
  choosing(house);
  consent(house);
  cases(house);
  papers(house);
  trusting(house);
  passkeys(house);
  danger(house);
  alerts(house);
  duties(house);
  emergency(house);
  giving(house);
  wrapping(house);
  if (engine === 'SQLite') byKeyboard(house);
  // What is drawn does not depend on the database.
  if (engine === 'SQLite') looks(house);
  if (engine === 'SQLite') configuring(house);
  if (engine === 'SQLite') programs(house);
  if (engine === 'SQLite') intake(house);
  if (engine === 'SQLite') everywhere(house);
  if (engine === 'SQLite') forming(house);
  if (engine === 'SQLite') ownData(house);
  if (engine === 'SQLite') chains(house);
  leaving(house);
  // Last, because words are found only when the guard's window has passed over them.
  searching(house);
});
