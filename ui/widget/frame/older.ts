import type { Client } from '../../kit/protocol/client.ts';
import type { ConversationLine } from '../../kit/protocol/frames.ts';

/** As many as the server lists when it lets a window in; with fewer there are no older ones. */
export const listed = 20;

/** Adds the conversations before those that are listed. True when there are more yet; throws when the server does not answer. */
export async function readOlder(client: Client): Promise<boolean> {
  const last = client.conversations.reduce((a, b) => (b.last_activity < a.last_activity ? b : a));
  const answer = await fetch(`/rt/conversations?${new URLSearchParams({ before: String(last.last_activity), conv: last.conv })}`, {
    headers: { Authorization: `Bearer ${client.session}` },
  });
  if (!answer.ok) throw new Error(String(answer.status));
  const { items, more } = (await answer.json()) as { items: ConversationLine[]; more: boolean };
  client.list(items);
  return more;
}
