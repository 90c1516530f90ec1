/** The bytes of files that wait to be sent, so that a reload does not lose them. All may reject: then a page has them in memory alone. */
export interface Kept {
  /** Rejects when there is no room. */
  put(message: string, files: ReadonlyMap<string, File>): Promise<void>;
  get(message: string): Promise<ReadonlyMap<string, File>>;
  remove(message: string): Promise<void>;
  /** Removes what belongs to none of these messages. */
  only(messages: ReadonlySet<string>): Promise<void>;
}

/** The name of the browser's database. */
export const keptName = 'kefu.files';
/** How much is kept, in bytes. */
const most = 64 * 1024 * 1024;
const table = 'message';

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('not kept'));
  });

interface Row {
  size: number;
  files: [string, File][];
}

/** Keeps them in IndexedDB. A connection lives as long as one question: whoever signs out removes the whole database at once. */
export class BrowserKept implements Kept {
  constructor(private readonly name = keptName) {}

  async #with<T>(mode: IDBTransactionMode, work: (rows: IDBObjectStore) => Promise<T>): Promise<T> {
    const opening = indexedDB.open(this.name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(table);
    const db = await answer(opening);
    db.onversionchange = () => db.close();
    try {
      const change = db.transaction(table, mode);
      const done = new Promise<void>((resolve, reject) => {
        change.oncomplete = () => resolve();
        change.onabort = change.onerror = () => reject(change.error ?? new Error('not kept'));
      });
      const [result] = await Promise.all([work(change.objectStore(table)), done]);
      return result;
    } finally {
      db.close();
    }
  }

  put(message: string, files: ReadonlyMap<string, File>): Promise<void> {
    const row: Row = { size: [...files.values()].reduce((sum, f) => sum + f.size, 0), files: [...files] };
    return this.#with('readwrite', async (rows) => {
      const all = await answer<Row[]>(rows.getAll());
      if (all.reduce((sum, r) => sum + r.size, row.size) > most) throw new Error('no room');
      await answer(rows.put(row, message));
    });
  }

  async get(message: string): Promise<ReadonlyMap<string, File>> {
    const row = await this.#with('readonly', (rows) => answer<Row | undefined>(rows.get(message)));
    return new Map(row?.files ?? []);
  }

  remove(message: string): Promise<void> {
    return this.#with('readwrite', async (rows) => void (await answer(rows.delete(message))));
  }

  only(messages: ReadonlySet<string>): Promise<void> {
    return this.#with('readwrite', async (rows) => {
      const keys = await answer(rows.getAllKeys());
      await Promise.all(keys.filter((key) => !messages.has(String(key))).map((key) => answer(rows.delete(key))));
    });
  }
}
