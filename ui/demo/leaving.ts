import { languageTag, type Language } from '../kit/language.ts';
import { dayAndTime } from '../kit/text/time.ts';
import { element, post } from './parts.ts';

const words = {
  en: {
    status: { active: 'Active', frozen: 'Frozen', closing: 'Closing', closed: 'Closed' } as Record<string, string>,
    closes: (when: string) => `It closes: ${when}. You can keep it until then, in the help window.`,
    hasten: 'Let these days pass now',
    closed: 'It is closed, and you are signed out on every device. In this demonstration you can still ask for help.',
    late: 'Let a shop give money back',
    came: 'A shop gave money back. Ask in the help window for it.',
    failed: 'That did not work. Try again in a moment.',
  },
  zh: {
    status: { active: '正常', frozen: '已冻结', closing: '注销中', closed: '已注销' } as Record<string, string>,
    closes: (when: string) => `账户将于 ${when} 注销，在此之前可在帮助窗口中取消。`,
    hasten: '演示：跳过这段时间',
    closed: '账户已注销，所有设备均已退出登录。演示中仍可联系客服。',
    late: '演示：商户退来一笔款',
    came: '商户退来了一笔款，可在帮助窗口中提取。',
    failed: '没有成功，请稍后重试。',
  },
};

/** How the account stands, and what of its end whoever looks on can make happen. */
export function showLeaving(customer: string, language: Language, { status, closes }: { status: string; closes?: number }, again: () => void): void {
  const w = words[language];
  document.getElementById('status')!.textContent = w.status[status] ?? status;
  const place = document.getElementById('leave')!;
  place.hidden = !closes && status !== 'closed';
  if (place.hidden) return place.replaceChildren();
  const told = element('p', '');
  told.setAttribute('role', 'status');
  const button = element('button', closes ? w.hasten : w.late, 'more');
  button.type = 'button';
  button.onclick = () => {
    button.disabled = true;
    post(closes ? 'hasten' : 'late', { customer }).then(
      () => {
        if (closes) setTimeout(again, 2500); // the wallet's own clock ends it
        else [told.textContent, button.disabled] = [w.came, false];
      },
      () => ([told.textContent, button.disabled] = [w.failed, false]),
    );
  };
  place.replaceChildren(element('p', closes ? w.closes(dayAndTime(closes, languageTag(language))) : w.closed), button, told);
}
