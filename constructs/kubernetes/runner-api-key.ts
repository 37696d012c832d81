import type { IConstruct } from 'constructs';
import { API_KEY_SECRET_KEY, KUBERNETES_SECRET_KEY, KUBERNETES_SECRET_NAME } from '../../contract/kubernetes';
import { SECRET_ID } from '../../contract/name-rules';
import { checkedSetting } from '../checks/setting-check';

/**
 * How the API key of a chart reaches the runner.
 * @internal
 */
export interface _RunnerApiKeyConfig {
  /** Secret in Secrets Manager that the runner reads by itself. */
  readonly secretId?: string;
  /** Secret in the cluster that the pod's variable is taken from. */
  readonly kubernetesSecret?: { readonly name: string; readonly key: string };
  /** The key itself, for a Secret that is part of the manifest. */
  readonly text?: string;
}

/** Where the runners of a chart have their API key from. */
export abstract class RunnerApiKey {
  /**
   * The runner reads the key from Secrets Manager by itself, with its own role, and again when the control plane refuses it: no key in
   * the cluster, and a rotated key needs no restart.
   * @param secretId id or ARN of the secret: the variable `RUNNER_API_KEY_SECRET_ID`
   */
  public static fromSecretsManager(secretId: string): RunnerApiKey {
    return new BoundApiKey((scope) => ({ secretId: checkedSetting(scope, 'apiKey secretId', secretId, SECRET_ID) }));
  }

  /**
   * The key is in a Kubernetes Secret of the runner's namespace, made by somebody else. Restart the pods when it changes.
   * @param name name of the Secret
   * @param key key in the Secret's data; `RUNNER_API_KEY` when left out
   */
  public static fromKubernetesSecret(name: string, key: string = API_KEY_SECRET_KEY): RunnerApiKey {
    return new BoundApiKey((scope) => ({
      kubernetesSecret: {
        name: checkedSetting(scope, 'apiKey name', name, KUBERNETES_SECRET_NAME),
        key: checkedSetting(scope, 'apiKey key', key, KUBERNETES_SECRET_KEY),
      },
    }));
  }

  /**
   * The key stands in a Secret of the manifest itself: for files with a placeholder, never for a real key.
   * @internal
   */
  public static _inManifest(text: string): RunnerApiKey {
    return new BoundApiKey(() => ({ text }));
  }

  /**
   * Called by the chart.
   * @internal
   */
  public abstract _bind(scope: IConstruct): _RunnerApiKeyConfig;
}

class BoundApiKey extends RunnerApiKey {
  constructor(private readonly config: (scope: IConstruct) => _RunnerApiKeyConfig) {
    super();
  }

  public _bind(scope: IConstruct): _RunnerApiKeyConfig {
    return this.config(scope);
  }
}
