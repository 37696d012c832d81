import type { JSONWebKeySet } from 'jose';
import type { AllowedEntry } from './allowed-entries.js';

/** Everything a runner is told at its start, validated. Nothing behind this reads the environment. */
export interface Settings {
  readonly tenantId: string;
  readonly runnerGroupId: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The key itself, or the secret that holds it. */
  readonly apiKey: { readonly value: string } | { readonly secretId: string };
  readonly secretStore: SecretStoreSettings;
  readonly results: { readonly taskQueue: string; readonly activityName: string };
  readonly controlPlane: ControlPlaneSettings;
  /** Keys that sign tasks; absent: tasks are taken unsigned. */
  readonly verificationKeys: JSONWebKeySet | undefined;
  /** Keys, or issuers of keys, that credentials may be sealed to; absent: whoever the task names. */
  readonly recipientKeys: JSONWebKeySet | undefined;
  readonly stateKeySecretId: string | undefined;
  readonly ledgerTable: string | undefined;
  readonly maxDurationSeconds: number;
  /** What tasks may touch; absent: everything. */
  readonly allowed: readonly AllowedEntry[] | undefined;
  /** The customer's Cedar policies; absent: nothing is asked. */
  readonly policies: PolicySettings | undefined;
  readonly maxConcurrentTasks: number;
  readonly logLevel: string;
  /** Where health and metrics listen; absent: nowhere. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
  readonly network: NetworkSettings;
}

/** Text of the customer's Cedar policies. */
export interface PolicySettings {
  readonly text: string;
  /** The variable that it came from, for messages. */
  readonly variable: 'RUNNER_POLICY' | 'RUNNER_POLICY_FILE';
}

export type SecretStoreSettings =
  | { readonly engine: 'aws-secrets-manager'; readonly region: string | undefined; readonly proxyRole: ProxyRoleSettings | undefined }
  | { readonly engine: 'file'; readonly folder: string };

/** The role that opens a secret store in another account. */
export interface ProxyRoleSettings {
  readonly roleArn: string;
  readonly externalId: string;
}

/** Address of the control plane and how it is trusted. */
export interface ControlPlaneSettings {
  /** host:port */
  readonly address: string;
  readonly tls: false | { readonly ca: string | undefined; readonly cert: string | undefined; readonly key: string | undefined };
}

/** How every outgoing connection leaves. */
export interface NetworkSettings {
  /** URL of an HTTP proxy. */
  readonly proxy: string | undefined;
  /** Hosts that are reached without it, as in `NO_PROXY`. */
  readonly noProxy: string | undefined;
  /** Further trusted CAs, PEM. */
  readonly extraCa: string | undefined;
}

/** One fault of a setting. */
export interface SettingFault {
  readonly variable: string;
  /** What was found, in words; never a secret's value. */
  readonly found: string;
  readonly mend: string;
}

/** Every fault of the settings in one error. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly faults: readonly SettingFault[]) {
    super(
      [
        `${faults.length === 1 ? '1 setting is' : `${faults.length} settings are`} missing or malformed:`,
        ...faults.map((fault) => `  ${fault.variable}: ${fault.found}. ${fault.mend}`),
      ].join('\n'),
    );
  }
}
