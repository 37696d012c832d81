import { join } from 'node:path';
import type { AuditTrail } from '../audit/trail/audit-trail.js';
import { openAuditTrail } from '../audit/trail/open-audit-trail.js';
import { openAuditSinks } from '../audit/trail/sinks/open-sinks.js';
import type { NetworkSettings } from '../config/settings.js';
import type { Redactor } from '../guard/redaction.js';
import type { Logger } from '../operations/logger.js';
import { privateFolder } from '../operations/private-file.js';
import { LiveApplications } from './applications/live-applications.js';
import { AUDIT_FOLDER } from './audit-folder.js';
import type { AgentSettings, SecretSettings } from './config/agent-settings.js';
import { Deliveries } from './delivery/deliveries.js';
import { SecretSource } from './delivery/secret-source.js';
import { type Listeners, openListeners } from './http/listeners.js';
import { requestHandler } from './http/request-handler.js';
import { Opened } from './opened.js';
import { type Rotation, startRotation } from './rotation/rotation.js';
import type { DynamicVault } from './vaults/dynamic/dynamic-vault.js';
import type { LeaseEvent } from './vaults/dynamic/lease-event.js';
import { openVault } from './vaults/open-vault.js';
import type { Vault } from './vaults/vault.js';

/** What an agent is started with. */
export interface AgentOptions {
  readonly settings: AgentSettings;
  /** Where it keeps what must outlast it. */
  readonly stateFolder: string;
  readonly network: NetworkSettings;
  readonly redactor: Redactor;
  readonly log: Logger;
}

/** An agent that answers. */
export interface RunningAgent {
  /** Where, as applications write it. */
  readonly addresses: readonly string[];
  /** Fetches every secret that it holds anew, as after a rotation. */
  refreshAll(): Promise<void>;
  /** Answers what was asked, ends what it made, writes what waits. */
  close(): Promise<void>;
}

/** Time for requests at hand when the agent stops, ms. */
const CLOSE_GRACE_MS = 10_000;

/**
 * Opens the parts of an agent, each on the one before, and listens last.
 * @throws {SettingsError} for settings that cannot be kept
 * @throws {RunnerError} where a vault or the state key cannot be opened
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const opened = new Opened();
  try {
    return await open(options, opened);
  } catch (error) {
    await opened.close().catch(() => undefined);
    throw error;
  }
}

async function open({ settings, stateFolder, network, redactor, log }: AgentOptions, opened: Opened): Promise<RunningAgent> {
  await privateFolder(stateFolder);
  const { max_bytes: maxBytes, file_bytes: fileBytes } = settings.audit;
  const trail = opened.add(
    await openAuditTrail({
      folder: join(stateFolder, AUDIT_FOLDER),
      maxBytes,
      fileBytes,
      sinks: await openAuditSinks(settings.audit.sinks, network, log),
      log,
    }),
  );
  const configured = new Map(Object.entries(settings.secrets));
  const settingsOf = (id: string) => configured.get(id);
  const vault = opened.add(await openVault(settings, { network, stateFolder, log }));
  const dynamic = opened.add(await dynamicVault({ settings, stateFolder, network, redactor, log }, trail));
  const applications = opened.add(await LiveApplications.open({ configured: settings.applications, stateFolder, log }));

  const clocks = { now: Date.now, monotonic: () => performance.now() };
  const vaultOf = vaultFor(vault, dynamic, settingsOf);
  const source: SecretSource = opened.add(
    new SecretSource({ ...settings, ...clocks, settingsOf, vaultOf, trail, log, onChanged: (id) => void rotation.rotated(id) }),
  );
  applications.onGone((name) => {
    source.forgetApplication(name);
    void dynamic?.revokeApplication(name);
  });
  const deliveries = opened.add(new Deliveries({ source, trail, limits: settings.limits, log, monotonic: clocks.monotonic }));
  const rotation: Rotation = opened.add(rotationOf(settings, source, trail, network, log));
  // A rotation that waits for the vault would else hold up the end.
  opened.add({ close: () => source.stopAsking() });
  const ofSocket = settings.listen.socket?.application;
  const listeners: Listeners = await openListeners({
    settings: settings.listen,
    connections: settings.limits.connections,
    handler: (isOwnHost, withoutToken, isStopping) =>
      requestHandler({
        applications,
        deliveries,
        isOwnHost,
        withoutToken,
        isStopping,
        trouble: () => troubleOf(trail),
        monotonic: clocks.monotonic,
      }),
    ofSocket: () => (ofSocket === undefined ? undefined : applications.named(ofSocket)),
    turnedAway: (code) => void deliveries.turnAway(code, 'unread'),
    log,
  });
  opened.add({ close: () => listeners.close(CLOSE_GRACE_MS) });
  return { addresses: listeners.addresses, refreshAll: () => rotation.rotated(), close: () => opened.close() };
}

/** Only another record finds out that the trail is well again, so whoever asks for the health makes one. */
function troubleOf(trail: AuditTrail): string | undefined {
  if (trail.failure === undefined) return undefined;
  trail.append({ action: 'error', outcome: 'AUDIT_UNAVAILABLE' }, () => undefined);
  return 'AUDIT_UNAVAILABLE';
}

/** Secrets with `dynamic` are made, all others are the vault's. */
function vaultFor(vault: Vault, dynamic: Vault | undefined, settingsOf: (id: string) => SecretSettings | undefined): (id: string) => Vault {
  return dynamic === undefined ? () => vault : (id) => (settingsOf(id)?.dynamic === undefined ? vault : dynamic);
}

async function dynamicVault(options: AgentOptions, trail: AuditTrail): Promise<DynamicVault | undefined> {
  const { settings, ...rest } = options;
  if (settings.dynamic === undefined) return undefined;
  const { openDynamicVault } = await import('./vaults/dynamic/open-dynamic-vault.js');
  const { vault } = settings;
  const ofAws = vault.type === 'aws-secrets-manager' ? vault : undefined;
  const proxyRole =
    ofAws?.role_arn === undefined || ofAws.external_id === undefined
      ? undefined
      : { roleArn: ofAws.role_arn, externalId: ofAws.external_id };
  return openDynamicVault({
    ...rest,
    settings: settings.dynamic,
    secrets: settings.secrets,
    secretStore: { engine: 'aws-secrets-manager', region: ofAws?.region, proxyRole },
    onLease: (event) => recordLease(trail, event),
  });
}

/** A user that was made is recorded where it is delivered; one that was ended takes its place away. */
function recordLease(trail: AuditTrail, { kind, secretId, application, requestId, error }: LeaseEvent): void {
  if (kind === 'made') return;
  const outcome = error?.code ?? 'revoked';
  trail.append(
    { action: error === undefined ? 'rotate' : 'error', application, secret: secretId, version: requestId, outcome },
    () => undefined,
  );
}

function rotationOf(settings: AgentSettings, source: SecretSource, trail: AuditTrail, network: NetworkSettings, log: Logger): Rotation {
  const isShared = (id: string) => settings.secrets[id]?.dynamic === undefined;
  return startRotation({
    settings: settings.rotation,
    secrets: settings.secrets,
    vaultPrefix: settings.vault.type === 'aws-secrets-manager' ? settings.vault.prefix : '',
    target: {
      known: () => [...new Set([...Object.keys(settings.secrets).filter(isShared), ...source.held])],
      refresh: (id) => source.refresh(id),
      forget: (id) => source.forget(id),
      versionOf: (id) => source.versionOf(id),
      heldVersion: (id) => source.heldVersion(id),
    },
    trail,
    log,
    network,
  });
}
