/** An element with a text. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, text: string, className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Why the wallet's server did not do something, as a status of HTTP. */
export class NotDone extends Error {
  constructor(
    what: string,
    readonly status: number,
  ) {
    super(`${what}: ${status}`);
  }
}

/** Has the wallet's server do something. */
export async function post<T>(what: string, body: object): Promise<T> {
  const answer = await fetch(`/demo/${what}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new NotDone(what, answer.status);
  return (await answer.json()) as T;
}
