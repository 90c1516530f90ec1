import type { Answer, Filled } from '../../../kit/protocol/frames.ts';
import type { Outgoing } from '../../../kit/protocol/outbox.ts';
import type { Chat } from '../chat.svelte.ts';
import { answered, asked, shown, wrong, type Answers, type Given, type Field, type Form } from './form.ts';

/** A form as words, for a server that takes no such form any more. */
export function formText({ title, answers }: Filled): string {
  return [title, ...answers.flatMap(({ label, value }) => [label, value])].join('\n');
}

/** What of an answer still fits a question. */
function fitting({ kind, choices, most }: Field, { choice, text, amount, currency, date, time, transaction, files }: Answer): Answer {
  const money = amount && { amount, ...(currency && { currency }) };
  const when = date && { date, ...(time && { time }) };
  switch (kind) {
    case 'choice':
      return choices?.some((c) => c.id === choice) ? { choice } : {};
    case 'amount':
      return { ...money };
    case 'when':
      return { ...when };
    case 'transaction':
      return transaction ? { transaction } : { ...(text && { text }), ...money, ...when };
    case 'file':
      return files?.length ? { files: files.slice(0, most) } : {};
    default:
      return text ? { text } : {};
  }
}

/** The answers that a form as it is now still asks for. */
export function carried(form: Form, answers: Answers): Answers {
  const kept: Answers = {};
  for (const field of form.fields) {
    const answer = answers[field.id] && fitting(field, answers[field.id]!);
    if (answered(answer)) kept[field.id] = answer!;
  }
  return kept;
}

/** An amount that was sent is what was meant, however it could be read. */
const meant = (answer: Given | undefined): Given | undefined => answer && { ...answer, ...(answer.amount && { read: answer.amount }) };

/**
 * Sends a form again that the server refused. One that changed meanwhile goes as it
 * is now, where the answers fit it; else it is opened with them, to be looked at.
 * Only one that is gone, or that the server does not know, goes as words.
 */
export async function again(chat: Chat, message: Outgoing): Promise<void> {
  const { client_msg_id: id, failed, form: was, conv, ref, attachments = [], body } = message;
  if (body.type !== 'form' || !was || !['conflict', 'invalid', 'not_supported', 'bad_frame'].includes(failed!)) return chat.client.retry(id);
  const told = failed === 'conflict' || failed === 'invalid';
  const before = chat.forms;
  if (told) await chat.readForms(chat.parts.language);
  // They could not be read: the message stays, to be tried again.
  if (told && chat.forms === before) return chat.client.retry(id);
  const form = told ? chat.forms.find((f) => f.id === body.form) : undefined;
  chat.client.discard(id);
  if (!form) return void chat.client.send({ conv, ref, attachments, text: formText(was) });
  const answers = carried(form, body.answers);
  const lost = Object.keys(body.answers).some((field) => JSON.stringify(answers[field]) !== JSON.stringify(body.answers[field]));
  const questions = asked(form, answers);
  const whole = questions.length > 0 && !lost && Object.keys(answers).every((a) => questions.some((q) => q.id === a)) && questions.every((q) => !wrong(q, meant(answers[q.id])));
  if (whole && form.revision !== body.revision) {
    const next = { ...body, revision: form.revision, answers };
    const names = Object.fromEntries(was.answers.map((a) => [body.answers[a.field]?.transaction ?? '', a.value]).concat(attachments.map((f) => [f.id, f.name])));
    return void chat.client.send({ conv, ref, attachments, form: { body: next, shown: shown(form, next, names) } });
  }
  await chat.choose(form);
  for (const [field, answer] of Object.entries(answers)) chat.filling?.change(field, meant(answer)!);
  await chat.filling?.adopt(attachments);
}
