import type { Role } from '../shell/api.ts';
import { allRoles } from '../shell/roles.ts';

const all: readonly Role[] = allRoles;

/** The roles that somebody of a role may give: owners alone name owners. */
export function roles(own: Role): readonly Role[] {
  return own === 'owner' ? all : all.filter((r) => r !== 'owner');
}

/** Whether somebody of a role may change who has another. */
export function grantable(own: Role, other: Role): boolean {
  return (own === 'owner' || own === 'admin') && roles(own).includes(other);
}
