/**
 * An address that may stand behind a button which leads out of Kefu: a page over https,
 * one on this machine, or an app. Where it may lead was judged before it came here; this
 * keeps back what would do something in this very page.
 */
export function leads(link: string | undefined): string | undefined {
  if (!link) return undefined;
  let at: URL;
  try {
    at = new URL(link);
  } catch {
    return undefined;
  }
  if (at.protocol === 'https:') return link;
  if (at.protocol === 'http:') return /^(localhost|127\.0\.0\.1|\[::1\])$/.test(at.hostname) ? link : undefined;
  return /^(javascript|data|vbscript|blob|file|filesystem|about|view-source|intent):$/.test(at.protocol) ? undefined : link;
}
