import type { ClosingReason, ErrorCode } from '../../kit/protocol/frames.ts';
import type { Line } from '../../kit/protocol/log.ts';
import type { About } from '../../kit/protocol/sending.ts';
import type { Messages } from './messages/en.ts';

/** What the server did not do, to be said in a sentence. */
export interface Failure {
  about: About | 'part';
  code: ErrorCode;
  /** When it will be done after all; milliseconds since 1970. */
  until?: number;
}

export type MessageState = 'queued' | 'sending' | 'stored' | 'delivered' | 'read' | 'failed';

/** How far a stored message of one's own has got. An answer alone does not tell: it may have crossed with the message. */
export function stateOf(seq: number, receipt: { delivered: number; read: number }): MessageState {
  if (seq <= receipt.read) return 'read';
  if (seq <= receipt.delivered) return 'delivered';
  return 'stored';
}

/** The entries that say something to a customer. */
export function visible(line: Line): boolean {
  switch (line.kind) {
    case 'message':
    case 'human':
    case 'merged':
    case 'offer':
      return true;
    case 'act': // where the customer was asked; what became of it is told there
      return line.payload.act?.state === 'proposed';
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

/** Whether a person was asked for since the conversation was last closed. */
export function personAsked(lines: readonly Line[]): boolean {
  const asked = lines.findLastIndex((l) => l.kind === 'human');
  return asked >= 0 && asked > lines.findLastIndex((l) => l.kind === 'status' && l.payload.status === 'resolved');
}

/** Why the connection does not come back by itself, and what to do. */
export function endedText(why: ErrorCode | ClosingReason | undefined, anonymous: boolean, m: Messages): string {
  switch (why) {
    case 'unauthenticated':
    case 'forbidden':
      return anonymous ? m.endedSignIn : m.endedSession;
    case 'revoked':
      // A visitor's secret dies when they sign in, in whichever of their windows.
      return anonymous ? m.endedElsewhere : m.endedSession;
    case 'expired':
      return anonymous ? m.endedOther : m.endedSession;
    default:
      return m.endedOther;
  }
}
