import { describe, expect, test } from 'vitest';
import type { House } from './house.ts';

/** The words that are ours, in the order in which they stand on a screen. */
const only = (words: string[], ours: string[]) => words.filter((w) => ours.includes(w));

export function faults(house: House): void {
  describe('nothing is lost, nothing comes twice, and the order holds', () => {
    test('when both sides lose the network and come back', async () => {
      const anna = await house.customer('cust-anna');
      const mei = await house.agent('mei');
      await anna.write('The line is bad here.');
      await mei.take('The line is bad here.');

      const asked = ['First, the amount is wrong.', 'Second, the date is wrong.', 'Third, who is that?'];
      const answered = ['Which amount do you see?', 'And which date?'];
      await Promise.all([anna.context.setOffline(true), mei.context.setOffline(true)]);
      for (const text of asked) await anna.write(text);
      for (const text of answered) await mei.write(text);
      await anna.frame.getByText('3 messages are waiting to be sent.').waitFor();
      await house.shot(anna.page, 'window-offline');
      await house.shot(mei.page, 'desk-offline');
      expect(only(await mei.words(), asked)).toEqual([]);
      expect(only(await anna.words(), answered)).toEqual([]);

      await Promise.all([anna.context.setOffline(false), mei.context.setOffline(false)]);
      for (const side of [anna, mei]) {
        await expect.poll(async () => only(await side.words(), asked)).toEqual(asked);
        await expect.poll(async () => only(await side.words(), answered)).toEqual(answered);
      }
      await expect.poll(() => anna.words()).toEqual(await mei.words());
    });

    test('when the server is killed in the middle of a sentence', async () => {
      const anna = await house.customer('cust-anna');
      const mei = await house.agent('mei');
      await anna.write('I will now tell you everything.');
      await mei.take('I will now tell you everything.');

      const story = Array.from({ length: 8 }, (_, i) => `This is line ${i + 1} of my story.`);
      for (const text of story.slice(0, 4)) await anna.write(text);
      const killed = house.server.kill();
      for (const text of story.slice(4)) await anna.write(text);
      await mei.write('I am still reading.');
      await killed;
      await house.server.start();

      for (const side of [anna, mei]) {
        await expect.poll(async () => only(await side.words(), story), { timeout: 30_000 }).toEqual(story);
        await side.sees('I am still reading.');
      }
      await anna.write('That was all.');
      await mei.sees('That was all.');
      await expect.poll(() => anna.words()).toEqual(await mei.words());
    });
  });
}
