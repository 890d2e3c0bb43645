{{- /* Made by `python -m tests.helm.roles` from what the probes declare: do not edit. */}}
{{- define "diagnose.rules.namespaced" -}}
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
- apiGroups: ["apps"]
  resources: [daemonsets, deployments, replicasets, statefulsets]
  verbs: [list]
- apiGroups: ["batch"]
  resources: [jobs]
  verbs: [list]
{{- if .Values.grants.logs }}
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
{{- end }}
{{- if .Values.grants.events }}
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- end }}
{{- if .Values.grants.configMaps }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
{{- end }}
{{- if .Values.grants.services }}
- apiGroups: [""]
  resources: [services]
  verbs: [list]
- apiGroups: ["discovery.k8s.io"]
  resources: [endpointslices]
  verbs: [list]
{{- end }}
{{- if .Values.grants.quotas }}
- apiGroups: [""]
  resources: [resourcequotas]
  verbs: [list]
{{- end }}
{{- if .Values.grants.volumes }}
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [list]
{{- end }}
{{- if .Values.grants.metrics }}
- apiGroups: ["metrics.k8s.io"]
  resources: [pods]
  verbs: [get]
{{- end }}
{{- end }}

{{- define "diagnose.rules.cluster" -}}
- nonResourceURLs: [/version]
  verbs: [get]
{{- if .Values.grants.volumes }}
- apiGroups: ["storage.k8s.io"]
  resources: [storageclasses]
  verbs: [list]
{{- end }}
{{- if .Values.grants.nodes }}
- apiGroups: [""]
  resources: [nodes]
  verbs: [list]
{{- end }}
{{- if .Values.grants.webhooks }}
- apiGroups: ["admissionregistration.k8s.io"]
  resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
  verbs: [list]
{{- end }}
{{- end }}

{{- define "diagnose.withheld" -}}
{{- if not .Values.grants.logs }}
logs: The last lines of at most 20 suspects: why a program ends. Without it a crash loop is seen, and its cause seldom. Secrets in them are blotted out before anything is kept.
{{- end }}
{{- if not .Values.grants.events }}
events: What the cluster itself says of a pod that is not placed, pulled, mounted or kept.
{{- end }}
{{- if not .Values.grants.configMaps }}
configMaps: Whether a ConfigMap that a suspect names is there, and the addresses (MLflow, S3) that it gives it. Of others nothing is asked.
{{- end }}
{{- if not .Values.grants.services }}
services: Whether anybody answers behind a Service that others wait for.
{{- end }}
{{- if not .Values.grants.quotas }}
quotas: Which quota keeps pods from being made.
{{- end }}
{{- if not .Values.grants.volumes }}
volumes: Which claim is not bound, and why.
{{- end }}
{{- if not .Values.grants.metrics }}
metrics: The memory that suspects use now, where the cluster has a metrics API.
{{- end }}
{{- if or .Values.namespaces (not .Values.grants.nodes) }}
nodes: Whether a node is unfit, full, cordoned or of another architecture.
{{- end }}
{{- if or .Values.namespaces (not .Values.grants.webhooks) }}
webhooks: Which admission webhook keeps pods from being made.
{{- end }}
{{- end }}
