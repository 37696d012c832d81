import { type System, systemName } from '@axiom-runner/protocol';
import type { AllowedEntry } from '../config/allowed-entries.js';

/** Whether the list lets a task touch a system, with a permission where it asks for one. */
export function isAllowed(allowed: readonly AllowedEntry[] | undefined, system: System, permission: string | undefined): boolean {
  if (allowed === undefined) return true;
  const name = systemName(system);
  return allowed.some(
    (entry) => entry.system === name && (entry.permission === undefined || permission === undefined || entry.permission === permission),
  );
}

/** The systems that the list names. */
export function allowedSystems(allowed: readonly AllowedEntry[] | undefined): System[] {
  return [...new Set((allowed ?? []).map((entry) => entry.system))].map((name) => {
    const slash = name.indexOf('/');
    return { type: name.slice(0, slash), id: name.slice(slash + 1) };
  });
}
