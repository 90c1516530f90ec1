import { languageTag, type Language } from '../kit/language.ts';
import { createPasskey, NoPasskey, passkeysWork, usePasskey, type PasskeyQuestion } from '../kit/passkey.ts';
import { dayAndTime } from '../kit/text/time.ts';
import { answered, element, NotDone, post } from './parts.ts';

interface Own {
  /** The address at which passkeys are made and used. */
  home: string;
  items: { id: string; name: string; added_at: number; used_at: number; young: boolean }[];
  most: number;
  changes: { name: string; removed: boolean; at: number }[];
}

export const passkeyWords = {
  en: {
    title: 'Passkeys',
    text: 'Confirm with your fingerprint, face or PIN instead of a code. A passkey works on this site alone, so a false one cannot use it.',
    none: 'You have no passkey yet.',
    name: 'Name of the new passkey',
    suggestion: 'This device',
    add: 'Add a passkey',
    added: (when: string) => `Added ${when}`,
    used: (when: string) => `last used ${when}`,
    unused: 'never used',
    young: 'During its first three days it confirms nothing that moves money or takes something away.',
    agree: 'Confirm this at the top of the page first.',
    unagreed: 'This was not confirmed, so nothing was changed.',
    many: 'Answer first what is asked at the top of the page.',
    changes: 'What was changed',
    wasAdded: (name: string, when: string) => `${name} was added, ${when}`,
    wasRemoved: (name: string, when: string) => `${name} was removed, ${when}`,
    notYou: 'Was this not you? Ask for help at once.',
    remove: 'Remove',
    removeOne: (name: string) => `Remove ${name}`,
    sure: 'Remove it? It cannot be used any more.',
    keep: 'Keep',
    elsewhere: 'Passkeys need a web address with a name.',
    open: (at: string) => `Open this page at ${at}`,
    done: (name: string) => `${name} is ready.`,
    gone: (name: string) => `${name} was removed. Delete it on your device, too.`,
    unsupported: 'This browser has no passkeys. Use another one, or confirm in the app.',
    dismissed: 'No passkey was used. Try again when you are ready.',
    known: 'This device has a passkey for this wallet already.',
    late: 'That took too long. Try again.',
    refused: 'This passkey was not accepted.',
    failed: 'That did not work. Try again in a moment.',
    use: 'Use a passkey',
  },
  zh: {
    title: '通行密钥',
    text: '用指纹、面容或 PIN 确认，无需验证码。通行密钥只在本站有效，假冒网站无法使用。',
    none: '您还没有通行密钥。',
    name: '新通行密钥的名称',
    suggestion: '这台设备',
    add: '添加通行密钥',
    added: (when: string) => `添加于 ${when}`,
    used: (when: string) => `上次使用 ${when}`,
    unused: '从未使用',
    young: '添加后的前三天内，不能用来确认资金变动，也不能用来移除任何东西。',
    agree: '请先在页面上方确认。',
    unagreed: '您没有确认，因此未作任何更改。',
    many: '请先回答页面上方的问题。',
    changes: '更改记录',
    wasAdded: (name: string, when: string) => `“${name}”添加于 ${when}`,
    wasRemoved: (name: string, when: string) => `“${name}”移除于 ${when}`,
    notYou: '不是您本人操作？请立即联系客服。',
    remove: '移除',
    removeOne: (name: string) => `移除“${name}”`,
    sure: '确定移除吗？移除后将无法再使用。',
    keep: '保留',
    elsewhere: '通行密钥需要带名称的网址。',
    open: (at: string) => `在 ${at} 打开本页`,
    done: (name: string) => `“${name}”已可使用。`,
    gone: (name: string) => `“${name}”已移除，请在您的设备上一并删除。`,
    unsupported: '此浏览器不支持通行密钥，请换用其他浏览器，或在应用内确认。',
    dismissed: '没有使用通行密钥，准备好后可以重试。',
    known: '这台设备已有本钱包的通行密钥。',
    late: '等待时间过长，请重试。',
    refused: '此通行密钥未被接受。',
    failed: '没有成功，请稍后重试。',
    use: '使用通行密钥',
  },
};

async function ownOf(customer: string): Promise<Own> {
  const answer = await fetch(`/demo/passkeys?customer=${encodeURIComponent(customer)}`);
  if (!answer.ok) throw new NotDone('passkeys', answer.status);
  return (await answer.json()) as Own;
}

/** Where passkeys of this wallet are made and used. */
export async function homeOf(customer: string): Promise<string> {
  return (await ownOf(customer)).home;
}

/** Whether this page is where passkeys are made and used. */
export function atHome(home: string): boolean {
  return home !== '' && new URL(home).origin === location.origin;
}

/** What to say of something that did not work. */
function problemOf(error: unknown, language: Language): string {
  const w = passkeyWords[language];
  if (error instanceof NoPasskey) return w[error.why];
  if (error instanceof NotDone && error.status === 403) return w.unagreed;
  if (error instanceof NotDone && error.status === 429) return w.many;
  if (error instanceof NotDone && error.status === 409) return w.late;
  if (error instanceof NotDone && error.status === 400) return w.refused;
  return w.failed;
}

/** Confirms by a passkey what customer service asks. Gives what went wrong, or nothing. */
export async function answerByPasskey(customer: string, ask: string, language: Language): Promise<string> {
  try {
    const question = await post<PasskeyQuestion>('passkey/ask', { customer, id: ask });
    const used = await usePasskey(question);
    const { state } = await post<{ state: string }>('passkey/answer', { customer, ask, ...used });
    return state === 'pending' ? passkeyWords[language].refused : '';
  } catch (error) {
    return problemOf(error, language);
  }
}

/** Lets a customer see, make and remove passkeys. */
export async function showPasskeys(customer: string, holder: string, language: Language): Promise<void> {
  const w = passkeyWords[language];
  const tag = languageTag(language);
  const place = document.getElementById('keys')!;
  const list = element('ul', '', 'passkeys');
  const changes = element('div', '', 'changes');
  const status = element('p', '');
  status.setAttribute('role', 'status');
  const form = document.createElement('form');
  const name = document.createElement('input');
  name.maxLength = 40;
  name.required = true;
  name.value = w.suggestion;
  const label = element('label', '');
  label.append(element('span', w.name), name);
  const add = element('button', w.add);
  form.append(label, add);

  const look = async () => {
    const own = await ownOf(customer);
    list.replaceChildren(...own.items.map(line));
    if (!own.items.length) list.append(element('li', w.none, 'nothing'));
    changes.replaceChildren(element('h3', w.changes), ...own.changes.map(({ name: called, removed, at }) => element('p', (removed ? w.wasRemoved : w.wasAdded)(called, dayAndTime(at, tag)))), element('p', w.notYou));
    changes.hidden = !own.changes.length;
    form.hidden = !atHome(own.home) || !passkeysWork() || own.items.length >= own.most;
    return own;
  };
  const line = (one: Own['items'][number]) => {
    const item = document.createElement('li');
    const says = element('p', '');
    const times = `${w.added(dayAndTime(one.added_at, tag))} · ${one.used_at ? w.used(dayAndTime(one.used_at, tag)) : w.unused}`;
    says.append(element('strong', one.name), element('span', times));
    if (one.young) says.append(element('span', w.young));
    const remove = element('button', w.remove, 'quiet');
    remove.type = 'button';
    remove.setAttribute('aria-label', w.removeOne(one.name));
    const sure = element('div', '', 'sure');
    sure.hidden = true;
    const really = element('button', w.remove);
    const keep = element('button', w.keep, 'quiet');
    really.type = keep.type = 'button';
    sure.append(element('span', w.sure), really, keep);
    remove.onclick = () => {
      sure.hidden = !(remove.hidden = true);
      keep.focus();
    };
    keep.onclick = () => {
      remove.hidden = !(sure.hidden = true);
      remove.focus();
    };
    really.onclick = () =>
      void doing(async () => {
        await post('passkey/remove', { customer, id: one.id, agreed: await agree({ id: one.id }) });
        return w.gone(one.name);
      });
    item.append(says, remove, sure);
    return item;
  };
  // Asks at the top of the page, as everything else is asked, where there is something to answer by.
  const agree = async (what: { name: string } | { id: string }): Promise<string> => {
    const { ask } = await post<{ ask: string }>('passkey/change', { customer, ...what });
    if (ask) {
      status.textContent = w.agree;
      await answered(ask);
      status.textContent = '';
    }
    return ask;
  };
  const doing = async (act: () => Promise<string>) => {
    add.disabled = true;
    try {
      status.className = '';
      status.textContent = await act();
    } catch (error) {
      status.className = 'problem';
      status.textContent = problemOf(error, language);
    }
    add.disabled = false;
    await look().catch(() => undefined); // what is shown is what was there before
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const called = name.value.trim();
    if (!called) return;
    void doing(async () => {
      const agreed = await agree({ name: called });
      const made = await createPasskey(await post<PasskeyQuestion>('passkey/new', { customer, name: called, agreed }), holder, holder, 'Luma Wallet');
      await post('passkey/add', { customer, name: called, agreed, ...made });
      return w.done(called);
    });
  };

  const { home } = await look();
  if (!home) return;
  place.replaceChildren(element('h2', w.title), element('p', w.text), list, form, status, changes);
  if (!atHome(home)) {
    const link = element('a', w.open(new URL(home).host), 'open');
    link.href = `${home}?${new URLSearchParams({ as: customer }).toString()}`;
    const hint = element('p', '');
    hint.append(element('span', `${w.elsewhere} `), link);
    place.append(hint);
  } else if (!passkeysWork()) {
    place.append(element('p', w.unsupported));
  }
  place.hidden = false;
}
