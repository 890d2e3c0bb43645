{{- /* What every container of ours may do: nothing. */}}
{{- define "diagnose.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "diagnose.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.runAsUser }}
runAsUser: {{ int64 . }}
runAsGroup: {{ int64 . }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "diagnose.environment" -}}
{{- with .Values.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or .Values.envFromSecrets .Values.envFromConfigMaps }}
envFrom:
  {{- range .Values.envFromSecrets }}
  - secretRef:
      name: {{ . }}
  {{- end }}
  {{- range .Values.envFromConfigMaps }}
  - configMapRef:
      name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "diagnose.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- /* The template of a run: of root, at one place. */}}
{{- define "diagnose.run" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "diagnose.labels" $root | nindent 4 }}
    app.kubernetes.io/component: run
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A run answers once: do not let a sidecar of a mesh keep it from ending.
    sidecar.istio.io/inject: "false"
    linkerd.io/inject: disabled
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ include "diagnose.account" $root }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  securityContext:
    {{- include "diagnose.podSecurity" $root | nindent 4 }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with include "diagnose.placement" $root | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  containers:
    - name: diagnose
      image: {{ include "diagnose.image" $root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args:
        {{- include "diagnose.arguments" . | nindent 8 }}
      {{- with include "diagnose.environment" $root | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      securityContext:
        {{- include "diagnose.containerSecurity" $root | nindent 8 }}
      terminationMessagePath: /dev/termination-log
      terminationMessagePolicy: File
      {{- if or $values.settings $values.knownIssues (include "diagnose.rulesFrom" $root) }}
      volumeMounts:
        {{- if or $values.settings $values.knownIssues }}
        - name: settings
          mountPath: /etc/diagnose/settings
          readOnly: true
        {{- end }}
        {{- if include "diagnose.rulesFrom" $root }}
        - name: rules
          mountPath: /etc/diagnose/rules
          readOnly: true
        {{- end }}
      {{- end }}
  {{- if or $values.settings $values.knownIssues (include "diagnose.rulesFrom" $root) }}
  volumes:
    {{- if or $values.settings $values.knownIssues }}
    - name: settings
      configMap:
        name: {{ include "diagnose.fullname" $root }}-settings
    {{- end }}
    {{- with include "diagnose.rulesFrom" $root }}
    - name: rules
      configMap:
        name: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}

{{- define "diagnose.arguments" -}}
{{- $report := .root.Values.report -}}
- --output={{ $report.format }}
{{- if $report.terminationMessage }}
- --output=brief=/dev/termination-log
{{- end }}
{{- with $report.s3.url }}
- --output={{ $report.s3.format }}={{ . }}{{ with $.place }}{{ . }}/{{ end }}
{{- end }}
{{- if $report.configMap.enabled }}
- --output={{ $report.configMap.format }}=configmap:{{ include "diagnose.fullname" .root }}-report{{ with .place }}/{{ . }}.{{ include "diagnose.ending" $report.configMap.format }}{{ end }}
{{- end }}
{{- if $report.explain }}
- --explain
{{- end }}
{{- if .root.Values.settings }}
- --config=/etc/diagnose/settings/diagnose.toml
{{- end }}
{{- if .root.Values.knownIssues }}
- --baseline=/etc/diagnose/settings/known.yaml
{{- end }}
{{- if include "diagnose.rulesFrom" .root }}
- --rules=/etc/diagnose/rules
{{- end }}
{{- with .place }}
- --namespace={{ . }}
{{- end }}
{{- if and .root.Values.nodeView.enabled (not .clock) }}
- --merge=job:{{ .root.Release.Namespace }}/{{ include "diagnose.nodesJob" .root }}
{{- end }}
{{- end }}

{{- define "diagnose.ending" -}}
{{- get (dict "markdown" "md" "text" "txt" "json" "json") . }}
{{- end }}
