import type { Variables } from './env-file-readers';

/** Stands for the API key where a host takes it from somewhere and passes it in a variable. */
export const THE_API_KEY = 'the-api-key-of-the-group';

/** A variable of a container in Kubernetes. */
export interface PodVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: unknown };
}

/**
 * What a process in a pod sees: `$$` is one `$`, and `$(NAME)` the value of a variable that stands before, if there is one.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
 */
export function inPod(variables: readonly PodVariable[]): Variables {
  const seen: Record<string, string> = {};
  for (const { name, value = '', valueFrom } of variables) {
    if (name in seen) throw new Error(`${name} stands there twice`);
    seen[name] =
      valueFrom?.secretKeyRef === undefined
        ? value.replace(/\$(?:(\$)|\(([^)]*)\))/g, (all, dollar: string | undefined, other: string) => dollar ?? seen[other] ?? all)
        : THE_API_KEY;
  }
  return seen;
}

/** What a process in a task of ECS sees: the values as they are. */
export function inTask(container: {
  readonly Environment: readonly { readonly Name: string; readonly Value: string }[];
  readonly Secrets?: readonly { readonly Name: string }[];
}): Variables {
  const plain = container.Environment.map(({ Name, Value }) => [Name, Value]);
  return Object.fromEntries([...plain, ...(container.Secrets ?? []).map(({ Name }) => [Name, THE_API_KEY])]);
}
