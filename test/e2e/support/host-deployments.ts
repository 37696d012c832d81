import { type AwsEmulatorOptions, startAwsEmulator } from '@axiom-runner/local-servers';
import { addedTo, type Inventory, inventoryOf } from './account-inventory.js';
import { type Account, bootstrap, type Context, type StackName, synthesisedApp } from './cdk.js';

/** What changes from one moment to another. */
export interface Difference {
  readonly added: Inventory;
  readonly gone: Inventory;
}

/** A stack with runners that was deployed to a bootstrapped account. */
export interface HostDeployment {
  readonly account: Account;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What the first deployment made. */
  readonly made: Inventory;
  /** `cdk diff` against what is deployed. */
  diff(): Promise<string>;
  /** Deploys with the other settings; resolves with what came and went. */
  update(): Promise<Difference>;
  /** Destroys the stack; resolves with what it left behind. */
  destroy(): Promise<Inventory>;
  /** Deploys with the first settings again. */
  deployAgain(): Promise<void>;
  dispose(): Promise<void>;
}

/** Lambda makes the log group of the CDK's own function by itself, so no stack deletes it. */
export const LOG_OF_CDKS_FUNCTION = expect.stringMatching(/^\/aws\/lambda\/\w+-CustomVpcRestrictDefaultSG/);

/**
 * Deploys the app for a host, with a ledger, monitoring, and the default of what a deleted stack leaves.
 * @param required settings that the host needs beyond those of every host
 * @param changes other settings, for an update that leaves nothing behind when the stack is deleted
 * @param options of the emulator
 */
export async function deployHost(
  stack: StackName,
  required: Context,
  changes: Context,
  options: AwsEmulatorOptions = {},
): Promise<HostDeployment> {
  const settings = {
    ...required,
    'axiom:tenantId': '42',
    'axiom:runnerGroupId': 'rg-1',
    'axiom:apiKeySecret': 'axiom-runner/api-key',
    'axiom:ledger': 'true',
    'axiom:monitoring': 'true',
  };
  const [account, first, changed] = await Promise.all([
    bootstrappedAccount(options),
    synthesisedApp(settings),
    synthesisedApp({ ...settings, ...changes, 'axiom:removalPolicy': 'destroy' }),
  ]);
  const empty = await inventoryOf(account);
  const outputs = await first.deploy(account, stack);
  const deployed = await inventoryOf(account);
  return {
    account,
    outputs,
    made: addedTo(empty, deployed),
    diff: () => first.diff(account, stack),
    update: async () => {
      await changed.deploy(account, stack);
      const updated = await inventoryOf(account);
      return { added: addedTo(deployed, updated), gone: addedTo(updated, deployed) };
    },
    destroy: async () => {
      await first.destroy(account, stack);
      return addedTo(empty, await inventoryOf(account));
    },
    deployAgain: async () => {
      await first.deploy(account, stack);
    },
    dispose: async () => {
      await Promise.all([first.dispose(), changed.dispose()]);
      await account.emulator.stop();
    },
  };
}

async function bootstrappedAccount(options: AwsEmulatorOptions): Promise<Account> {
  const account = { emulator: await startAwsEmulator(options), id: '123456789012' };
  await bootstrap(account);
  return account;
}
