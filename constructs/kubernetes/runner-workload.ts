import type { k8s } from 'cdk8s-plus-28';

/** How the pods of a runner group are deployed: the same in a chart and on a host of EKS. */
export interface RunnerWorkloadOptions {
  /**
   * Name of the objects, and the label `app.kubernetes.io/instance` that tells the pods of several charts in one namespace apart.
   * @default 'axiom-runner'
   */
  readonly name?: string;

  /**
   * Name of the service account that is made for the pods. The role in AWS trusts it by this name.
   * @default 'axiom-runner'
   */
  readonly serviceAccountName?: string;

  /**
   * Pods of the runner group, 0 to 100. Any of them takes any task; with two, one goes on while a node or a zone is gone.
   * @default 2
   */
  readonly replicas?: number;

  /**
   * CPU that each pod asks for, as a quantity of Kubernetes. There is no limit: an idle node's CPU may be used.
   * @default '1'
   */
  readonly cpu?: string;

  /**
   * Memory that each pod asks for, as a quantity of Kubernetes, which is its limit too.
   * @default '2Gi'
   */
  readonly memory?: string;

  /**
   * Labels of the nodes that the pods may run on.
   * @default - any node
   */
  readonly nodeSelector?: { readonly [label: string]: string };

  /**
   * Taints of nodes that the pods may run on nevertheless.
   * @default - none
   */
  readonly tolerations?: k8s.Toleration[];

  /**
   * Further annotations of the pods.
   * @default - none
   */
  readonly podAnnotations?: { readonly [name: string]: string };

  /**
   * Whether a NetworkPolicy refuses every connection to the pods and limits those from them to `egressCidrs`.
   * @default true
   */
  readonly networkPolicy?: boolean;

  /**
   * The only networks that the pods may connect to, in CIDR notation: control plane, AWS endpoints or proxy, and the systems. DNS and the
   * node's agent for EKS Pod Identity are always allowed, and the published platform's addresses where it is the control plane.
   * @default - connections to anywhere
   */
  readonly egressCidrs?: string[];

  /**
   * Whether a PodDisruptionBudget keeps node drains from evicting more than one pod at a time.
   * @default true
   */
  readonly podDisruptionBudget?: boolean;
}
