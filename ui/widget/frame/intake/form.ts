import type { Answer, Filled, FormBody } from '../../../kit/protocol/frames.ts';
import { readings } from './amount.ts';

/** A form as the server shows it (docs/protocol.md 3.1). */
export interface Form {
  id: string;
  revision: number;
  title: string;
  hint?: string;
  icon?: string;
  /** It goes to a person at once. */
  person?: boolean;
  /** The flow that whoever is signed in is led through instead. */
  flow?: string;
  /** The flow is for whoever is not signed in, too. */
  anyone?: boolean;
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

/** What was answered so far. */
export interface Given extends Answer {
  /** Of an amount that can be read in two ways: which was meant, as the server reads it. */
  read?: string;
}

export type Answers = Record<string, Given>;

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

/** What was written as an amount, as the server reads it; undefined for what is none, or may be two and was not said to be one. */
export function plainAmount({ amount = '', currency, read }: Given): string | undefined {
  const all = readings(amount, currency);
  return all.length > 1 ? all.find((one) => one === read) : all[0];
}

export type Wrong = 'missing' | 'amount' | 'which' | 'contact' | 'long';

/** What is wrong with an answer; what is not there is wrong only where it is needed. */
export function wrong(field: Field, answer: Given | undefined): Wrong | undefined {
  if (!answered(answer)) return field.required ? 'missing' : undefined;
  const { text = '', amount = '', currency } = answer!;
  if (amount.trim() && plainAmount(answer!) === undefined) return readings(amount, currency).length > 1 ? 'which' : 'amount';
  if (field.most && field.kind !== 'file' && [...text.trim()].length > field.most) return 'long';
  const reach = text.trim();
  if (field.kind === 'contact' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$|^\+?[0-9][0-9 ()./-]{4,30}$/.test(reach)) return 'contact';
  return undefined;
}

/** The answers to the questions that are asked, as they are sent. */
export function body(form: Form, answers: Answers, lang: string, diagnostics?: Record<string, string>): FormBody {
  const sent: Record<string, Answer> = {};
  for (const { id } of asked(form, answers)) {
    const answer = answers[id];
    if (!answered(answer)) continue;
    const { text, amount, currency, read: _, ...rest } = answer!;
    const money = amount?.trim() ? plainAmount(answer!) : undefined;
    sent[id] = {
      ...rest,
      ...(text?.trim() && { text: text.trim() }),
      ...(money !== undefined && { amount: money, ...(currency?.trim() && { currency: currency.normalize('NFKC').trim().toUpperCase() }) }),
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
