import axe from 'axe-core';
import type { Frame, Page } from 'playwright-core';

/** A page, or the window's frame in it. */
export type Screen = Page | Frame;

/** What is wrong with what is shown, in a line each; axe is brought along once. */
export async function faultsOf(place: Screen): Promise<string[]> {
  const here = () => place.evaluate(() => 'axe' in globalThis);
  if (!(await here())) await place.evaluate(axe.source);
  return place.evaluate(async () => {
    const { axe: ours } = globalThis as unknown as { axe: typeof axe };
    const { violations } = await ours.run({ resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary ?? ''}`));
  });
}

/** By how many pixels the content reaches over the side of the screen. */
export const overflow = (place: Screen) => place.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Goes to a place of the settings. */
export async function visit(page: Page, ...path: string[]): Promise<void> {
  const address = new URL(page.url());
  address.hash = `#/${['settings', ...path].join('/')}`;
  await page.goto(address.href);
  await page.getByRole('heading', { level: 1 }).waitFor();
}
