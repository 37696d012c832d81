/** Names of the runner's objects in a Kubernetes cluster. */

export const KUBERNETES_NAME = 'axiom-runner';
export const KUBERNETES_APP_LABEL = 'axiom-runner';
export const DEFAULT_SERVICE_ACCOUNT = 'axiom-runner';
export const ROLE_ARN_ANNOTATION = 'eks.amazonaws.com/role-arn';
export const HELM_RELEASE = 'axiom-runner-v2';
export const HELM_CHART = 'axiom-runner-helm-v2';
