{{/* The configuration of the agent: what the values say, and where each application finds its token. */}}
{{- define "axiom-secret-agent.config" -}}
{{- $config := deepCopy (.config | default dict) -}}
{{- range tuple "listen" "state" "applications" -}}
{{- if hasKey $config . -}}
{{- fail (printf "secret agent: config.%s is given. Allowed: nothing, the chart sets it. Leave it out; applications stand beside config." .) -}}
{{- end -}}
{{- end -}}
{{- $applications := dict -}}
{{- range $name, $given := .applications -}}
{{- $application := $given | default dict -}}
{{- if or (gt (len $name) 50) (not (regexMatch `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$` $name)) -}}
{{- fail (printf "secret agent: the application %q. Allowed: 1 to 50 small letters, digits and hyphens, no hyphen at either end. Change those characters." $name) -}}
{{- end -}}
{{- if not $application.allow -}}
{{- fail (printf "secret agent: applications.%s.allow is empty. Allowed: a list of secret ids. Say what %s may have." $name $name) -}}
{{- end -}}
{{- $token := dict "token_file" (printf "/run/axiomrunner/%s/token" $name) "token_file_mode" "0440" -}}
{{- $_ := set $applications $name (merge $token (pick $application "allow")) -}}
{{- end -}}
{{- if not $applications -}}
{{- fail "secret agent: applications is empty. Allowed: names, each with what it may have. Write applications: {shop: {allow: [db-production]}}." -}}
{{- end -}}
{{- merge (dict "state" "/var/lib/axiomrunner/agent" "applications" $applications) $config | toJson -}}
{{- end -}}

{{/* The agent: an item of initContainers. Argument: the values of the agent. */}}
{{- define "axiom-secret-agent.container" -}}
- args:
    - agent
  env:
    - name: AXIOMRUNNER_AGENT_CONFIG_TEXT
      value: {{ include "axiom-secret-agent.config" . | replace "$" "$$" | toJson }}
  image: {{ required "secret agent: image is missing. Name the image of the agent, best by its digest." .image | toJson }}
  imagePullPolicy: {{ .imagePullPolicy | default "IfNotPresent" }}
  livenessProbe:
    exec:
      command:
        - axiomrunner
        - agent
        - health
    failureThreshold: 3
    periodSeconds: 30
    timeoutSeconds: 5
  name: secret-agent
  resources:
    {{- if .resources }}
    {{- toYaml .resources | nindent 4 }}
    {{- else }}
    limits:
      memory: 384Mi
    requests:
      cpu: 50m
      memory: 384Mi
    {{- end }}
  restartPolicy: Always
  securityContext:
    allowPrivilegeEscalation: false
    capabilities:
      drop:
        - ALL
    privileged: false
    readOnlyRootFilesystem: true
    runAsGroup: 65532
    runAsNonRoot: true
    runAsUser: 65532
    seccompProfile:
      type: RuntimeDefault
  startupProbe:
    exec:
      command:
        - axiomrunner
        - agent
        - health
    failureThreshold: 30
    periodSeconds: 2
    timeoutSeconds: 5
  volumeMounts:
    - mountPath: /var/lib/axiomrunner
      name: secret-agent-state
    - mountPath: /tmp
      name: secret-agent-scratch
    {{- range $name, $_ := .applications }}
    - mountPath: /run/axiomrunner/{{ $name }}
      name: secret-agent-of-{{ $name }}
    {{- end }}
{{- end -}}

{{/* What it writes into: items of volumes. Argument: the values of the agent. */}}
{{- define "axiom-secret-agent.volumes" -}}
- emptyDir:
    sizeLimit: 1024Mi
  name: secret-agent-state
- emptyDir:
    sizeLimit: 64Mi
  name: secret-agent-scratch
{{- range $name, $_ := .applications }}
- emptyDir:
    medium: Memory
    sizeLimit: 1Mi
  name: secret-agent-of-{{ $name }}
{{- end }}
{{- end -}}

{{/* Where an application finds it: items of its env. */}}
{{- define "axiom-secret-agent.env" -}}
- name: SEGURA_AGENT_ADDRESS
  value: http://localhost:8787
- name: SEGURA_AGENT_TOKEN_FILE
  value: /run/axiomrunner/token
{{- end -}}

{{/* The folder with an application's token: items of its volumeMounts. Argument: the application's name. */}}
{{- define "axiom-secret-agent.volumeMounts" -}}
- mountPath: /run/axiomrunner
  name: secret-agent-of-{{ . }}
  readOnly: true
{{- end -}}
