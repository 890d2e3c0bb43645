{{- define "diagnose.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* At most 40 characters: a CronJob's name may have 52, and runs are named after it. */}}
{{- define "diagnose.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "diagnose.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "diagnose.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "diagnose.selector" -}}
app.kubernetes.io/name: {{ include "diagnose.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "diagnose.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "diagnose.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "diagnose.account" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "diagnose.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "diagnose.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "diagnose.rulesFrom" -}}
{{- if .Values.rules }}{{ include "diagnose.fullname" . }}-rules{{ else }}{{ .Values.rulesConfigMap }}{{ end }}
{{- end }}

{{- /* The places to look at, as a list under `all`: the empty name is the whole cluster. */}}
{{- define "diagnose.places" -}}
{{- dict "all" (default (list "") .Values.namespaces) | toJson }}
{{- end }}

{{- /* A name for what belongs to one place: root, place, and the least that must be kept free behind it. */}}
{{- define "diagnose.nameOf" -}}
{{- $name := include "diagnose.fullname" .root }}
{{- if .place }}
{{- $whole := printf "%s-%s" $name .place }}
{{- if gt (len $whole) 48 }}{{ printf "%s-%s" (trunc 39 $whole | trimSuffix "-") (sha256sum $whole | trunc 8) }}{{ else }}{{ $whole }}{{ end }}
{{- else }}
{{- $name }}
{{- end }}
{{- end }}
