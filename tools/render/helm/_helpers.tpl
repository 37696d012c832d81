{{/* Name of the objects. The same whatever the release is called, because guides and scripts name deployment/axiom-runner. */}}
{{- define "axiom-runner.name" -}}
{{- .Values.fullnameOverride | default "@NAME@" -}}
{{- end -}}

{{- define "axiom-runner.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "axiom-runner.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which the objects find the pods. They can't change after the first installation. */}}
{{- define "axiom-runner.selector" -}}
app: @APP@
app.kubernetes.io/instance: {{ include "axiom-runner.name" . | quote }}
{{- end -}}

{{- define "axiom-runner.labels" -}}
{{ include "axiom-runner.selector" . }}
app.kubernetes.io/name: @APP@
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "axiom-runner.podLabels" -}}
{{- $own := dict "app.kubernetes.io/name" "@APP@" -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.podLabels) $own (include "axiom-runner.selector" . | fromYaml)) -}}
{{- end -}}

{{- define "axiom-runner.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (toString .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A setting as text. Helm reads an id of digits as a number: from --set exactly, from a file as a floating-point number. */}}
{{- define "axiom-runner.text" -}}
{{- if kindIs "invalid" . -}}
{{- else if kindIs "bool" . -}}
{{- ternary "on" "off" . -}}
{{- else if kindIs "float64" . -}}
{{- if gt . 9007199254740991.0 -}}
{{- fail "runner: a number with more than 15 digits in a values file. Put it in quotes, because Helm has rounded it." -}}
{{- end -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* The Secret that the API key is taken from, as {name, key}; empty where the runner reads it from Secrets Manager by itself. */}}
{{- define "axiom-runner.apiKey" -}}
{{- if .Values.existingSecret.name -}}
{{- toYaml .Values.existingSecret -}}
{{- else if include "axiom-runner.text" .Values.runner.@KEY@ -}}
{{- toYaml (dict "name" (include "axiom-runner.name" .) "key" "@KEY@") -}}
{{- end -}}
{{- end -}}

{{/* The environment, in the order of the documentation. Kubernetes reads $$ as one $. */}}
{{- define "axiom-runner.env" -}}
{{- $apiKey := include "axiom-runner.apiKey" . | fromYaml -}}
{{- $runner := .Values.runner -}}
{{- range tuple @VARIABLES@ }}
{{- if eq . "@KEY@" }}
{{- if $apiKey }}
- name: @KEY@
  valueFrom:
    secretKeyRef:
      key: {{ quote $apiKey.key }}
      name: {{ quote $apiKey.name }}
{{- end }}
{{- else }}
{{- $text := include "axiom-runner.text" (index $runner .) }}
{{- if $text }}
- name: {{ . }}
  value: {{ $text | replace "$" "$$" | toJson }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "axiom-runner.serviceAccountAnnotations" -}}
{{- $annotations := deepCopy .Values.serviceAccount.annotations -}}
{{- with .Values.runner.RUNNER_ROLE_ARN -}}
{{- $_ := set $annotations "@ROLE_ANNOTATION@" . -}}
{{- end -}}
{{- with $annotations -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{/* The published check reads the role from the pod. The checksum restarts the pods when the key in the chart's Secret changes. */}}
{{- define "axiom-runner.podAnnotations" -}}
{{- $annotations := deepCopy .Values.podAnnotations -}}
{{- with .Values.runner.RUNNER_ROLE_ARN -}}
{{- $_ := set $annotations "@ROLE_ANNOTATION@" . -}}
{{- end -}}
{{- if not .Values.existingSecret.name -}}
{{- with include "axiom-runner.text" .Values.runner.@KEY@ -}}
{{- $_ := set $annotations "checksum/api-key" (printf "%s/%s/%s" $.Release.Namespace $.Release.Name . | sha256sum) -}}
{{- end -}}
{{- end -}}
{{- with $annotations -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{/* Constraints of the values, each with the pods' labels as selector. */}}
{{- define "axiom-runner.spread" -}}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "axiom-runner.selector" . | fromYaml)) -}}
{{- $constraints := list -}}
{{- range .Values.topologySpreadConstraints -}}
{{- $constraints = append $constraints (merge (deepCopy .) $selector) -}}
{{- end -}}
{{- with $constraints -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{/* Whether there is something to probe. */}}
{{- define "axiom-runner.probed" -}}
{{- if and .Values.probes.enabled (ne (include "axiom-runner.text" .Values.runner.RUNNER_HEALTH_ADDRESS) "off") -}}true{{- end -}}
{{- end -}}

{{/* Whether a value is missing: empty, or a text that stands for one in guides. */}}
{{- define "axiom-runner.missing" -}}
{{- $text := include "axiom-runner.text" . | trim -}}
{{- if or (not $text) (has (lower $text) (tuple @PLACEHOLDERS@)) -}}true{{- end -}}
{{- end -}}

{{/* Stops with every fault at once, each with its mend. */}}
{{- define "axiom-runner.check" -}}
{{- $runner := .Values.runner -}}
{{- $faults := list -}}
{{- range $name, $what := dict "TENANT_ID" "the tenant id" "RUNNER_GROUP_ID" "the id of the runner group" -}}
{{- $value := index $runner $name -}}
{{- if include "axiom-runner.missing" $value -}}
{{- $faults = append $faults (printf "runner.%s is %q: missing. Pass %s as the platform shows it, with --set runner.%s=<id>." $name (include "axiom-runner.text" $value) $what $name) -}}
{{- else if not (regexMatch @PLATFORM_ID@ (include "axiom-runner.text" $value)) -}}
{{- $faults = append $faults (printf "runner.%s is %q. Allowed: @ID_ALLOWED@. Pass %s as the platform shows it." $name (include "axiom-runner.text" $value) $what) -}}
{{- end -}}
{{- end -}}
{{- $key := include "axiom-runner.text" $runner.@KEY@ -}}
{{- $ways := 0 -}}
{{- range list $key .Values.existingSecret.name $runner.@KEY@_SECRET_ID -}}
{{- if . -}}{{- $ways = add1 $ways -}}{{- end -}}
{{- end -}}
{{- if ne (int $ways) 1 -}}
{{- $faults = append $faults (printf "The API key is given in %d ways. Pass exactly one of runner.@KEY@, existingSecret.name and runner.@KEY@_SECRET_ID." (int $ways)) -}}
{{- else if and $key (include "axiom-runner.missing" $key) -}}
{{- $faults = append $faults "runner.@KEY@ holds a placeholder. Pass the API key of the runner group, or existingSecret.name." -}}
{{- end -}}
{{- with $runner.RUNNER_ROLE_ARN -}}
{{- if or (hasSuffix "/your-runner-role" .) (not (regexMatch @ROLE_ARN@ .)) -}}
{{- $faults = append $faults (printf "runner.RUNNER_ROLE_ARN is %q: not the ARN of one role. Copy the output AxiomRunnerIAMRole of the role's stack; leave it out with EKS Pod Identity." .) -}}
{{- end -}}
{{- end -}}
{{- if ne (empty $runner.AWS_SECRETS_MANAGER_ROLE_ARN) (empty $runner.AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID) -}}
{{- $faults = append $faults "runner.AWS_SECRETS_MANAGER_ROLE_ARN and runner.AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID need each other. Copy both from the outputs of the proxy role's stack." -}}
{{- end -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- $faults = append $faults (printf "autoscaling.minReplicas is %d, more than maxReplicas, %d. Raise maxReplicas." (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "\n\n%s\n" (join "\n" $faults)) -}}
{{- end -}}
{{- end -}}
