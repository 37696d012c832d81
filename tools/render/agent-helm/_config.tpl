{{/* The configuration of the agent: what the values say, and where each application finds its token. */}}
{{- define "@CHART@.config" -}}
{{- $config := deepCopy (.config | default dict) -}}
{{- range tuple "listen" "state" "applications" -}}
{{- if hasKey $config . -}}
{{- fail (printf "secret agent: config.%s is given. Allowed: nothing, the chart sets it. Leave it out; applications stand beside config." .) -}}
{{- end -}}
{{- end -}}
{{- $applications := dict -}}
{{- range $name, $given := .applications -}}
{{- $application := $given | default dict -}}
{{- if or (gt (len $name) 50) (not (regexMatch @APPLICATION@ $name)) -}}
{{- fail (printf "secret agent: the application %q. Allowed: @APPLICATION_ALLOWED@. Change those characters." $name) -}}
{{- end -}}
{{- if not $application.allow -}}
{{- fail (printf "secret agent: applications.%s.allow is empty. Allowed: a list of secret ids. Say what %s may have." $name $name) -}}
{{- end -}}
{{- $token := dict "token_file" (printf "@SHARED@/%s/@TOKEN@" $name) "token_file_mode" "0440" -}}
{{- $_ := set $applications $name (merge $token (pick $application "allow")) -}}
{{- end -}}
{{- if not $applications -}}
{{- fail "secret agent: applications is empty. Allowed: names, each with what it may have. Write applications: {shop: {allow: [db-production]}}." -}}
{{- end -}}
{{- merge (dict "state" "@STATE@" "applications" $applications) $config | toJson -}}
{{- end -}}
