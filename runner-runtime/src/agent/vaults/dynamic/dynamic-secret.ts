import { permissionSchema, type System, systemName, systemSchema, type Target, targetSchema } from '@axiom-runner/protocol';
import { type SettingFault, SettingsError } from '../../../config/settings.js';
import { loadIntegration } from '../../../integrations/catalogue.js';
import type { Declaration } from '../../../integrations/declaration.js';
import type { DynamicSecretSettings, SecretSettings } from '../../config/agent-settings.js';

/** A secret that is a temporary user of its own for each application. */
export interface DynamicSecret {
  /** Id as applications spell it. */
  readonly id: string;
  readonly system: System;
  readonly target: Target;
  readonly permission: string;
  /** Life of one user, seconds. */
  readonly leaseSeconds: number;
}

/** Kinds of systems whose temporary credential is a user name and a password. */
const LOGIN_SYSTEMS: Readonly<Record<string, { readonly needsLedger: boolean }>> = {
  postgresql: { needsLedger: false },
  mysql: { needsLedger: true },
  mongodbatlas: { needsLedger: true },
};

const SHORTEST_LEASE_SECONDS = 60;
const LONGEST_LEASE_SECONDS = 30 * 86_400;
const SHOWN_LENGTH = 60;

/** What a fault of one setting is, at a place of its secret. */
interface Fault extends Omit<SettingFault, 'variable'> {
  readonly at: 'system' | 'target.kind' | 'target.path' | 'permission' | 'lease';
}

/**
 * The dynamic secrets of a configuration, by their id, checked against what their integrations declare.
 * @param hasLedger whether there is a ledger, which some systems need
 * @throws {SettingsError} naming every fault with what is allowed
 */
export async function dynamicSecrets(
  secrets: Readonly<Record<string, Pick<SecretSettings, 'dynamic'>>>,
  hasLedger: boolean,
): Promise<ReadonlyMap<string, DynamicSecret>> {
  const known = new Map<string, DynamicSecret>();
  const faults: SettingFault[] = [];
  for (const [id, { dynamic }] of Object.entries(secrets)) {
    if (dynamic === undefined) continue;
    const system = systemOf(dynamic.system);
    const found = [...(await faultsOf(dynamic, system, hasLedger))];
    faults.push(...found.map(({ at, ...fault }) => ({ variable: `secrets.${id}.dynamic.${at}`, ...fault })));
    const { target, permission, lease } = dynamic;
    if (system !== undefined) known.set(id, { id, system, target, permission, leaseSeconds: lease });
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return known;
}

/** The system of `<type>/<id>`, or `undefined` where there is none of the name or it gives no logins. */
function systemOf(name: string): System | undefined {
  const [type = ''] = name.split('/', 1);
  if (!Object.hasOwn(LOGIN_SYSTEMS, type)) return undefined;
  return systemSchema.safeParse({ type, id: name.slice(type.length + 1) }).data;
}

async function faultsOf(dynamic: DynamicSecretSettings, system: System | undefined, hasLedger: boolean): Promise<Fault[]> {
  const faults: Fault[] = [...leaseFaults(dynamic.lease)];
  if (system === undefined) {
    const allowed = Object.keys(LOGIN_SYSTEMS).map((type) => `${type}/<id>`);
    const found = `is ${shown(dynamic.system)}, no system that gives a user name and a password`;
    return [{ at: 'system', found, mend: `Allowed: ${allowed.join(', ')}, with the id in the name of its integration secret.` }, ...faults];
  }
  if (LOGIN_SYSTEMS[system.type]?.needsLedger === true && !hasLedger) {
    const found = `is ${shown(systemName(system))}, which has no place for marks`;
    faults.push({ at: 'system', found, mend: 'Set dynamic.ledger_table to a DynamoDB table. See docs/ledger.md.' });
  }
  return [...faults, ...accessFaults(dynamic, (await loadIntegration(system.type)).declaration)];
}

function* leaseFaults(lease: number): Generator<Fault> {
  if (lease >= SHORTEST_LEASE_SECONDS && lease <= LONGEST_LEASE_SECONDS) return;
  yield { at: 'lease', found: `is ${lease} seconds`, mend: 'Allowed: 1m to 30d.' };
}

function* accessFaults({ target, permission: name }: DynamicSecretSettings, declaration: Declaration): Generator<Fault> {
  const { permissions, targets, dispenses } = declaration;
  const permission = permissions.find((one) => one.name === name && dispenses.includes(name));
  if (permission === undefined || !permissionSchema.safeParse(name).success) {
    yield { at: 'permission', found: `is ${shown(name)}`, mend: `Allowed: ${dispenses.join(', ')}.` };
    return;
  }
  const kind = targets.find((one) => one.kind === target.kind && permission.targets.includes(one.kind));
  if (kind === undefined) {
    yield { at: 'target.kind', found: `is ${shown(target.kind)}`, mend: `Allowed with ${name}: ${permission.targets.join(', ')}.` };
    return;
  }
  if (target.path.length !== kind.path.length || !targetSchema.safeParse(target).success) {
    yield { at: 'target.path', found: `is ${shown(target.path)}`, mend: `A ${kind.kind} is [${kind.path.join(', ')}].` };
  }
}

function shown(value: string | readonly string[]): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
