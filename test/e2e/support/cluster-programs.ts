import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubernetesServer, kubernetesTools } from '@axiom-runner/local-servers';

/** A folder with the programs that the CDK's function for Kubernetes runs. */
export interface ClusterPrograms {
  readonly folder: string;
  dispose(): Promise<void>;
}

/** The real kubectl, and of the AWS CLI the one command that logs in to the cluster: it refuses another cluster and another role. */
export async function clusterPrograms(cluster: KubernetesServer, clusterName: string, roleArn: string): Promise<ClusterPrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-cluster-programs-'));
  const { kubectl } = await kubernetesTools();
  await symlink(kubectl, join(folder, 'kubectl'));
  const login = `eks update-kubeconfig --role-arn ${roleArn} --name ${clusterName} --kubeconfig`;
  const script = `#!/bin/sh
case "$*" in
  '${login} '*) exec cp '${cluster.kubeconfigPath}' "$8" ;;
  *) echo "aws $*" >&2; exit 1 ;;
esac
`;
  await writeFile(join(folder, 'aws'), script, { mode: 0o755 });
  return { folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}
