/** Names of the runner's objects in a Kubernetes cluster, and what its pods ask for. */

import type { NameRule } from './name-rules';

export const KUBERNETES_NAME = 'axiom-runner';
export const KUBERNETES_APP_LABEL = 'axiom-runner';
export const DEFAULT_SERVICE_ACCOUNT = 'axiom-runner';
export const ROLE_ARN_ANNOTATION = 'eks.amazonaws.com/role-arn';
export const HELM_RELEASE = 'axiom-runner-v2';
export const HELM_CHART = 'axiom-runner-helm-v2';

/** Key of the API key in a Kubernetes Secret: the name of its variable. */
export const API_KEY_SECRET_KEY = 'RUNNER_API_KEY';
/** Pods of a runner group: one goes on while a node is drained. */
export const DEFAULT_REPLICAS = 2;
/** What one runner should have at least, in Kubernetes' units. */
export const DEFAULT_CPU = '1';
export const DEFAULT_MEMORY = '2Gi';

/** Where the agent of EKS Pod Identity answers on each node. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html */
export const POD_IDENTITY_AGENT_CIDRS: readonly string[] = ['169.254.170.23/32', 'fd00:ec2::23/128'];

/** Name of an object that a Kubernetes label may hold too. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const KUBERNETES_OBJECT_NAME: NameRule = {
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
  maxLength: 63,
  allowed: '1 to 63 small letters, digits and hyphens, no hyphen at either end',
  fix: 'Shorten the name or change those characters.',
};

/** Name of an object that no label has to hold: a DNS subdomain. */
export const KUBERNETES_SECRET_NAME: NameRule = {
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
  maxLength: 253,
  allowed: '1 to 253 small letters, digits, hyphens and dots, a letter or digit at either end',
  fix: 'Copy the name that "kubectl get secrets" prints.',
};

/** Key in the data of a Secret. */
export const KUBERNETES_SECRET_KEY: NameRule = {
  pattern: '^[A-Za-z0-9._-]+$',
  maxLength: 253,
  allowed: '1 to 253 letters, digits and ._-',
  fix: 'Copy the key that "kubectl describe secret" prints.',
};

/** An amount of CPU or memory. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export const KUBERNETES_QUANTITY: NameRule = {
  pattern: '^[0-9]+([.][0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$',
  allowed: 'a quantity of Kubernetes, such as 500m or 2Gi',
  fix: 'Write a number and, where it has one, the unit.',
};

/** An amount of memory: the unit m would be thousandths of a byte. */
export const KUBERNETES_MEMORY: NameRule = {
  pattern: '^[0-9]+([.][0-9]+)?(M|G|Mi|Gi)$',
  allowed: 'a quantity of Kubernetes in M, G, Mi or Gi, such as 2Gi',
  fix: 'Write a number and the unit.',
};

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/** A network that an egress rule may name. */
export const NETWORK_CIDR: NameRule = {
  pattern: `^(${OCTET}([.]${OCTET}){3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:]*/([0-9]{1,2}|1[01][0-9]|12[0-8]))$`,
  allowed: 'a network in CIDR notation, such as 10.0.0.0/16',
  fix: 'Write one address as a.b.c.d/32.',
};

/** Key of a label or an annotation. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
export const KUBERNETES_LABEL_KEY: NameRule = {
  pattern: '^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$',
  maxLength: 317,
  allowed: 'at most 63 letters, digits and -_. behind an optional <domain>/',
  fix: 'Correct the name.',
};

/** Value of a label; it may be empty, too. */
export const KUBERNETES_LABEL_VALUE: NameRule = {
  pattern: '^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$',
  maxLength: 63,
  allowed: 'at most 63 letters, digits and -_., a letter or digit at either end',
  fix: 'Copy it from what "kubectl get nodes --show-labels" prints.',
};
