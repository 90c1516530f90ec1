import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import type { Code } from '../../thread/codes.svelte.ts';
import { en as w } from '../messages/en.ts';
import WrapUpCodeForm from './WrapUpCodeForm.svelte';

afterEach(cleanup);

test('a group that is there already brings its words along, and takes them away again; words of one’s own stay', async () => {
  const others: Code[] = [{ name: 'Refunded', group: 'Money', group_translations: { zh: '资金' } }];
  const api = { list: async (kind: string) => (kind === 'wrap_up_code' ? others.map((value) => ({ value })) : []) };
  const value = $state<Code>({ name: 'Paid' });
  render(WrapUpCodeForm as never, { value, errors: {}, readonly: false, w, tag: 'en', api } as never);
  const group = screen.getByLabelText(w.wrap_up_code.group);
  const inChinese = () => screen.queryByLabelText<HTMLInputElement>(w.wrap_up_code.groupInLanguage('Chinese'));
  expect(inChinese()).toBeNull();
  await waitFor(() => expect(document.querySelectorAll('datalist option')).toHaveLength(1));
  await fireEvent.input(group, { target: { value: 'Money' } });
  expect(inChinese()!.value).toBe('资金');
  await fireEvent.input(group, { target: { value: 'Mone' } });
  expect(inChinese()!.value).toBe('');
  await fireEvent.input(inChinese()!, { target: { value: '钱' } });
  await fireEvent.input(group, { target: { value: 'Money' } });
  expect(inChinese()!.value).toBe('钱');
});
