import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

function executable(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin'];
  const places = [process.env.CHROMIUM, ...folders.flatMap((f) => names.map((n) => join(f, n))), ...elsewhere];
  const found = places.find((p) => p && existsSync(p));
  if (!found) throw new Error('There is no Chromium. Run scripts/system-packages.sh, or name one in CHROMIUM.');
  return found;
}

/** One real browser for everybody in the journeys; it speaks to nobody else. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable(),
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      // The last list counts: Playwright's own would switch off the partitions in
      // which people's browsers keep what a window in a foreign page stores.
      '--disable-features=HttpsUpgrades,MediaRouter,OptimizationHints,Translate',
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      '--no-first-run',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
}
