import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens a Kubernetes cluster. */
export interface K8sCredentials {
  /** Alias of the cluster. */
  readonly clusterName: string;

  /**
   * API server: host, host:port or https URL.
   * @default - the id of the system
   */
  readonly fqdn?: string;

  /** Token of the service account that the runner works as. */
  readonly certSecret: SecretValue;

  /** Certificate authority of the cluster, base64 or PEM. It is public. */
  readonly certAuthority: string;
}

/** Settings of the secret of a Kubernetes cluster; the id of the system is the host of its API server. */
export interface K8sSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: K8sCredentials;
}
