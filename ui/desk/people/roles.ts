import type { Role } from '../shell/api.ts';

const all: readonly Role[] = ['owner', 'admin', 'supervisor', 'agent', 'outside_agent', 'knowledge_editor', 'auditor'];

/** The roles that somebody of a role may give: owners alone name owners. */
export function roles(own: Role): readonly Role[] {
  return own === 'owner' ? all : all.filter((r) => r !== 'owner');
}

/** Whether somebody of a role may change who has another. */
export function grantable(own: Role, other: Role): boolean {
  return (own === 'owner' || own === 'admin') && roles(own).includes(other);
}
