/** In milliseconds: how old the time in the mark may be. */
export const fresh = 60_000;

/** What stands in the mark: who looks, and when, in UTC so that a picture from anywhere says the same. */
export const marked = (who: { id: string; name: string }, now: Date): [string, string] => [`${who.name} ${who.id.slice(-6)}`, `${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`];

const escaped = (text: string) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** The mark as a picture for a background, tiled: grey, so that it shows on light and on dark. */
export function tile(lines: [string, string]): string {
  const [who, when] = lines.map(escaped);
  const text = `<text x="150" y="82">${who}</text><text x="150" y="102">${when}</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="180"><g transform="rotate(-18 150 90)" fill="#808080" fill-opacity=".17" text-anchor="middle" font-family="system-ui,sans-serif" font-size="15" font-weight="600">${text}</g></svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`;
}
