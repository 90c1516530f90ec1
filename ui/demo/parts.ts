/** An element with a text. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, text: string, className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Where the parts of the page tell each other: `ask` when there is something new to be asked, `over` with its id when something that was asked is over. */
export const asking = new EventTarget();

export const over = (id: string) => asking.dispatchEvent(new CustomEvent('over', { detail: id }));

/** Has the page ask what waits under an id, and waits until that is over. */
export function answered(id: string): Promise<void> {
  return new Promise((resolve) => {
    const heard = (event: Event) => {
      if ((event as CustomEvent<string>).detail !== id) return;
      asking.removeEventListener('over', heard);
      resolve();
    };
    asking.addEventListener('over', heard);
    asking.dispatchEvent(new Event('ask'));
  });
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
