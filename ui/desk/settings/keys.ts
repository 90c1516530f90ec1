/** What a pasted text says of the public keys in it. */
export interface Pasted {
  keys: string[];
  /** Why there are none, as a word for which there is a sentence. */
  wrong?: 'malformed' | 'private_key' | 'none';
}

/** A key as the list shows it. */
export interface KeyLine {
  kid: string;
  algorithm: string;
}

/** Takes one JWK or a set of them; anything private is refused before it leaves the page. */
export function readKeys(text: string): Pasted {
  if (text.includes('PRIVATE KEY')) return { keys: [], wrong: 'private_key' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { keys: [], wrong: 'malformed' };
  }
  const set = isObject(parsed) && Array.isArray(parsed.keys) ? parsed.keys : [parsed];
  if (!set.every(isObject)) return { keys: [], wrong: 'malformed' };
  if (set.some((key) => ['d', 'k', 'p', 'q'].some((member) => member in key))) return { keys: [], wrong: 'private_key' };
  const keys = set.filter((key) => 'kty' in key).map((key) => JSON.stringify(key));
  return keys.length > 0 ? { keys } : { keys, wrong: 'none' };
}

export function describeKey(text: string): KeyLine {
  try {
    const key: unknown = JSON.parse(text);
    if (isObject(key)) {
      const algorithm = key.kty === 'OKP' ? 'Ed25519' : key.kty === 'EC' ? String(key.crv ?? 'EC') : String(key.kty ?? '?');
      return { kid: String(key.kid ?? '?'), algorithm };
    }
  } catch {
    // What is no key is shown as one that has no name.
  }
  return { kid: '?', algorithm: '?' };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
