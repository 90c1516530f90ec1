import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, expect, test } from 'vitest';
import { en as m } from '../messages/en.ts';
import SkillsField from './SkillsField.svelte';

afterEach(cleanup);

test('whoever takes a skill away goes on at the next one, and at last in the field', async () => {
  render(SkillsField, { m, value: ['cards', 'chinese', 'fees'], known: [] });
  const drop = async (skill: string) => {
    const button = screen.getByRole('button', { name: m.duties.dropSkill(skill) });
    button.focus();
    await fireEvent.click(button);
    await tick();
    return document.activeElement;
  };
  expect((await drop('chinese'))?.getAttribute('aria-label')).toBe(m.duties.dropSkill('fees'));
  expect((await drop('fees'))?.getAttribute('aria-label')).toBe(m.duties.dropSkill('cards'));
  expect(await drop('cards')).toBe(screen.getByRole('textbox'));
});
