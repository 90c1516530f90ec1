import type { Line } from '../../kit/protocol/log.ts';

export type MessageState = 'queued' | 'sending' | 'stored' | 'delivered' | 'read' | 'failed';

/** How far a stored message of one's own has got. Whoever has answered has read it. */
export function stateOf(seq: number, receipt: { delivered: number; read: number }, lines: readonly Line[]): MessageState {
  const answered = lines.some((l) => l.seq > seq && l.kind === 'message' && l.author?.kind === 'agent');
  if (answered || seq <= receipt.read) return 'read';
  if (seq <= receipt.delivered) return 'delivered';
  return 'stored';
}

/** The entries that say something to a customer. */
export function visible(line: Line): boolean {
  switch (line.kind) {
    case 'message':
    case 'human':
    case 'merged':
      return true;
    case 'assigned':
      return Boolean(line.payload.staff?.name);
    case 'status': {
      const { status, was } = line.payload;
      return status === 'resolved' || status === 'snoozed' || (was === 'resolved' && status === 'open');
    }
    default:
      return false;
  }
}
