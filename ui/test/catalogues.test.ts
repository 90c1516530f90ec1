// @vitest-environment node
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// The glossary's word for whoever asks is 客户, on both sides of a conversation.
test.each(['desk/messages/zh.ts', 'desk/settings/messages/zh.ts', 'widget/frame/messages/zh.ts'])('%s calls a customer by one word', (catalogue) => {
  const lines = readFileSync(new URL(`../${catalogue}`, import.meta.url), 'utf8').split('\n');
  expect(lines.filter((line) => line.includes('用户'))).toEqual([]);
});
