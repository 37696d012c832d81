import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { type Account, type SynthesisedApp, synthesisedApp } from './cdk.js';
import type { TokenClaims } from './identities.js';

export const EXTERNAL_ID = '8f14e45fceea167a5a36dedd4bea2543';
const ISSUER = 'oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';

/** The token of the runner's pod, with the published names. */
export const RUNNER_POD: TokenClaims = {
  issuer: ISSUER,
  namespace: 'axiom',
  serviceAccount: 'axiom-runner',
  audience: 'sts.amazonaws.com',
};

/** A runner's account and the account of its secret store, with both roles deployed, in an AWS that enforces IAM. */
export interface DeployedRoles {
  readonly emulator: AwsEmulator;
  readonly app: SynthesisedApp;
  readonly runnerAccount: Account;
  readonly storeAccount: Account;
  /** Output `AxiomRunnerIAMRole`: the role that a pod takes with its token. */
  readonly runnerRoleArn: string;
  /** Outputs `RoleArn` and `ExternalId`: the role that reads the secrets of the store's account. */
  readonly proxyRole: { readonly roleArn: string; readonly externalId: string };
  /** Ends the emulator and removes what was synthesised. */
  dispose(): Promise<void>;
}

/** Parameters that name the cluster of `RUNNER_POD`, for an account that has registered its issuer. */
export function clusterParameters(account: Account): Record<string, string> {
  return { OIDCProviderURL: ISSUER, OIDCProviderARN: `arn:aws:iam::${account.id}:oidc-provider/${ISSUER}` };
}

/** Deploys both roles as the guide says: first the runner's, then the proxy role that trusts it. */
export async function deployRoles(): Promise<DeployedRoles> {
  const emulator = await startAwsEmulator({ enforceIam: true });
  const app = await synthesisedApp();
  const dispose = async () => {
    await app.dispose();
    await emulator.stop();
  };
  try {
    const runnerAccount = { emulator, id: '123456789012' };
    const storeAccount = { emulator, id: '444455556666' };
    const { AxiomRunnerIAMRole: runnerRoleArn = '' } = await app.deploy(runnerAccount, 'AxiomOidcRole', clusterParameters(runnerAccount));
    const { RoleArn: roleArn = '', ExternalId: externalId = '' } = await app.deploy(storeAccount, 'AxiomSecretsManagerRole', {
      ExternalId: EXTERNAL_ID,
      TrustedPrincipalArn: runnerRoleArn,
    });
    return { emulator, app, runnerAccount, storeAccount, runnerRoleArn, proxyRole: { roleArn, externalId }, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
