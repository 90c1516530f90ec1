import type { Answer, Filled, FormBody } from '../../../kit/protocol/frames.ts';

/** A form as the server shows it (docs/protocol.md 3.1). */
export interface Form {
  id: string;
  revision: number;
  title: string;
  hint?: string;
  icon?: string;
  /** It goes to a person at once. */
  person?: boolean;
  fields: Field[];
}

export interface Field {
  id: string;
  kind: 'choice' | 'text' | 'longtext' | 'amount' | 'when' | 'transaction' | 'counterparty' | 'error' | 'file' | 'contact';
  label: string;
  help?: string;
  required?: boolean;
  choices?: { id: string; label: string }[];
  when?: { field: string; is: string[] };
  most?: number;
}

export type Answers = Record<string, Answer>;

/** The questions that are asked, given the answers so far. */
export function asked(form: Form, answers: Answers): Field[] {
  const fields: Field[] = [];
  for (const field of form.fields) {
    const { when } = field;
    const applies = !when || (fields.some((f) => f.id === when.field) && when.is.includes(answers[when.field]?.choice ?? ''));
    if (applies) fields.push(field);
  }
  return fields;
}

export function answered(answer: Answer | undefined): boolean {
  if (!answer) return false;
  const { choice, text, amount, date, transaction, files } = answer;
  return Boolean(choice || text?.trim() || amount?.trim() || date || transaction || files?.length);
}

/**
 * An amount as people write it, as the server reads it: "1.234,50" and "1,234.50"
 * are both 1234.50. A separator with three figures behind it, once, groups them,
 * unless nothing but a nought stands before it. Undefined for what is no amount.
 */
export function plainAmount(text: string): string | undefined {
  const figures = text.replace(/[\s'’\u00a0\u202f]/g, '').replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  if (!/^\d+([.,，]\d+)*$/.test(figures)) return undefined;
  const parts = figures.split(/[.,，]/);
  if (parts.length === 1) return figures.length <= 15 ? figures : undefined;
  const last = parts.at(-1)!;
  const marks = new Set(figures.replace(/\d/g, ''));
  const groups = last.length === 3 && marks.size === 1 && (parts.length > 2 || !/^0+$/.test(parts[0]!));
  const whole = groups ? parts.join('') : parts.slice(0, -1).join('');
  const plain = groups ? whole : `${whole}.${last}`;
  return whole.length <= 15 && (groups || last.length <= 8) ? plain : undefined;
}

export type Wrong = 'missing' | 'amount' | 'contact' | 'long';

/** What is wrong with an answer; what is not there is wrong only where it is needed. */
export function wrong(field: Field, answer: Answer | undefined): Wrong | undefined {
  if (!answered(answer)) return field.required ? 'missing' : undefined;
  const { text = '', amount = '' } = answer!;
  if (amount.trim() && plainAmount(amount) === undefined) return 'amount';
  if (field.most && field.kind !== 'file' && [...text.trim()].length > field.most) return 'long';
  const reach = text.trim();
  if (field.kind === 'contact' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$|^\+?[0-9][0-9 ()./-]{4,30}$/.test(reach)) return 'contact';
  return undefined;
}

/** The answers to the questions that are asked, as they are sent. */
export function body(form: Form, answers: Answers, lang: string, diagnostics?: Record<string, string>): FormBody {
  const sent: Answers = {};
  for (const { id } of asked(form, answers)) {
    const answer = answers[id];
    if (!answered(answer)) continue;
    const { text, amount, currency, ...rest } = answer!;
    const money = amount?.trim() ? plainAmount(amount) : undefined;
    sent[id] = {
      ...rest,
      ...(text?.trim() && { text: text.trim() }),
      ...(money !== undefined && { amount: money, ...(currency?.trim() && { currency: currency.trim().toUpperCase() }) }),
      ...(!rest.date && { time: undefined }),
    };
  }
  return { type: 'form', form: form.id, revision: form.revision, lang, answers: sent, ...(diagnostics && { diagnostics }) };
}

/** What the form looks like until the server has told. */
export function shown(form: Form, { answers, revision, diagnostics }: FormBody, names: Record<string, string>): Filled {
  const items = form.fields.flatMap(({ id, kind, label, choices }) => {
    const answer = answers[id];
    if (!answer) return [];
    const { choice, text, amount, currency, date, time, transaction, files } = answer;
    const value = [
      choices?.find((c) => c.id === choice)?.label,
      transaction && (names[transaction] ?? transaction),
      text,
      amount && [amount, currency].filter(Boolean).join(' '),
      date && [date, time].filter(Boolean).join(' '),
      files?.map((f) => names[f] ?? f).join(', '),
    ];
    return [{ field: id, kind, label, value: value.filter(Boolean).join(' · ') }];
  });
  return { form: form.id, revision, title: form.title, answers: items, ...(diagnostics && { diagnostics }) };
}
