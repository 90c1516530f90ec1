import { languageTag, type Language } from '../kit/language.ts';
import { createPasskey, NoPasskey, passkeysWork, usePasskey, type PasskeyQuestion } from '../kit/passkey.ts';
import { dayAndTime } from '../kit/text/time.ts';
import { element, NotDone, post } from './parts.ts';

interface Own {
  /** The address at which passkeys are made and used. */
  home: string;
  items: { id: string; name: string; added_at: number; used_at: number; young: boolean }[];
  most: number;
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
    young: 'Counts for less during its first three days; until then your wallet cannot be unfrozen.',
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
    young: '添加后的前三天效力较低，在此期间无法解冻钱包。',
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
    really.onclick = () => void doing(() => post('passkey/remove', { customer, id: one.id }).then(() => w.gone(one.name)));
    item.append(says, remove, sure);
    return item;
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
      const made = await createPasskey(await post<PasskeyQuestion>('passkey/new', { customer }), holder, holder, 'Luma Wallet');
      await post('passkey/add', { customer, name: called, ...made });
      return w.done(called);
    });
  };

  const { home } = await look();
  if (!home) return;
  place.replaceChildren(element('h2', w.title), element('p', w.text), list, form, status);
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
