import type { Api } from './api.ts';

/** A setting of some kind: shared by the house, or one's own. */
export interface Item<T> {
  id: string;
  revision: number;
  own?: boolean;
  value: T;
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(26)), (b) => alphabet[b % 32]).join('');
}

/** The settings of one kind. */
export class Items<T> {
  constructor(
    private readonly api: Pick<Api, 'call'>,
    private readonly kind: string,
  ) {}

  async all(): Promise<Item<T>[]> {
    const items: Item<T>[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: { items: Item<T>[]; next?: string } = await this.api.call('GET', `/v1/settings/${this.kind}`, undefined, { cursor });
      items.push(...page.items);
      cursor = page.next;
    }
    return items;
  }

  save(item: { id: string; revision: number; own?: boolean; value: T }): Promise<Item<T>> {
    const { revision, own, value } = item;
    return this.api.call('PUT', `/v1/settings/${this.kind}/${encodeURIComponent(item.id)}`, { revision, ...(revision === 0 && own && { own }), value });
  }

  archive(item: { id: string; revision: number }, archived = true): Promise<Item<T>> {
    return this.api.call('POST', `/v1/settings/${this.kind}/${encodeURIComponent(item.id)}/archive`, { revision: item.revision, archived });
  }
}
