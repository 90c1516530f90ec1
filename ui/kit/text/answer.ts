import type { Filled } from '../protocol/frames.ts';
import { dayAndTime } from './time.ts';

/**
 * An answer of a form as its reader reads it: the time of a transaction, which the log
 * has in UTC, in the reader's own language and time zone.
 */
export function answerText({ value, transaction }: Filled['answers'][number], tag: string): string {
  const at = transaction?.at;
  return at ? value.replace(/\d{4}-\S+ \S+ UTC/, () => dayAndTime(at, tag)) : value;
}
