import type { ApiRole } from '../config.js';

/** Who calls: the name and role of an API key; without keys, everybody on this machine is an admin. */
export interface Caller {
  name: string;
  role: ApiRole;
}

/** From the least to the most that a role may do; each may do what the ones before it may. */
const ROLES: readonly ApiRole[] = ['reader', 'service', 'editor', 'admin'];

export function mayActAs(caller: Caller, role: ApiRole): boolean {
  return ROLES.indexOf(caller.role) >= ROLES.indexOf(role);
}
