"""What do secrets look like, and where do they stand? Patterns for a linear-time engine; all of it is data.

A shape is a secret wherever it is found. A place holds one in its first group that matched. At a site a name ends and its value begins: what the
name is, and where the value ends, is for `_redact.py` to find out.
"""

from __future__ import annotations

_GAP = r"(?:[\s\"',]|\\+[nrt])*(?:[\w.-]{1,40}[ \t]*\|[ \t]*)?"
"""Between two lines of a key: a line end or an escaped one, and what `docker compose logs` puts before a line."""
_B64 = r"[A-Za-z0-9+/]"
_PEM_END = rf"(?:{_B64}{{1,15}}={{0,2}}{_GAP})?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
_PEM_HEAD = r"(?:Proc-Type|DEK-Info|Version|Comment)\b[^\n\\]*"

SHAPES: tuple[tuple[str, str], ...] = (
    ("private-key", rf"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:{_GAP}(?:{_PEM_HEAD}|{_B64}{{16,}}={{0,2}}))*(?:{_GAP}(?:{_PEM_END}|{_B64}{{1,15}}$))?"),
    ("private-key", rf"{_B64}{{16,}}={{0,2}}{_GAP}(?:{_B64}{{16,}}={{0,2}}{_GAP})*{_PEM_END}"),
    ("jwt", r"\bey[JI][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"),
    ("token", r"\bey[JI][A-Za-z0-9+/_-]{40,}={0,2}"),
    ("aws-key", r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"),
    ("token", (r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|dt|rt|ft|cbt|agent|soat)-[\w-]{16,}|xox[a-z]-[\w-]{10,}|xapp-[\w-]{16,}|hf_[A-Za-z0-9]{20,}"
              r"|sk-(?:[a-z]{2,8}-)*(?:[a-z]{2,4}\d\d-)?[A-Za-z0-9_]{20,}[\w-]*|AIza[\w-]{30,}|ya29\.[\w-]{20,}|[sr]k_(?:live|test)_\w{16,}|whsec_\w{16,}|npm_[A-Za-z0-9]{30,}"
              r"|pypi-[\w-]{40,}|dckr_pat_[\w-]{20,}|dapi[0-9a-f]{32}|glsa_\w{20,}|nvapi-[\w-]{20,}|gsk_\w{20,}|r8_\w{20,}|hvs\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"
              r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}|do[opr]_v1_[0-9a-f]{32,}|\d{8,10}:AA[\w-]{33})")),
)  # fmt: skip
PLACES: tuple[tuple[str, str], ...] = (
    ("key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}[\"']?[\s,:;|]{1,8}[\"']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|$)"),
    ("userinfo", r"\b[a-zA-Z][\w+.-]*://[^\s:/@\"'<>]*:([^\s\"'<>‹@:/](?:[^\s\"'<>‹:]|:[^\s\"'<>‹/:]|:/[^\s\"'<>‹/])*)@"),
    ("token", r"\bhttps?://([\w-]{20,})@"),
    ("token", r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/-]{10,})|\bdiscord(?:app)?\.com/api/webhooks/\d+/([\w-]{10,})"),
    ("authorization", r"(?i)\bauthorization\\*[\"']?\s*[:=,]\s*\\*[\"']?(?:(?:bearer|basic|token|digest|negotiate|apikey)\s+)?([^\s\"'‹,\\][^\"'\n\\‹]*)"),
    ("authorization", r"(?i)\bbearer[ \t]+([A-Za-z0-9._~+/-]{16,}=*)"),
    ("key", r"(?i)\bCredential=([^\s/%&\"'‹,]{3,})"),
    ("token", r"(?i)(?:[?&;]|\\u0026)(?:x-amz-(?:signature|security-token)|x-goog-signature|signature|sig|awsaccesskeyid|token|access_token|id_token|refresh_token|api_?key|password|secret)=([^&\s\"'‹<,\\]{3,})"),
    ("signature", r"(?i)\bSignature=([0-9a-f]{16,})"),
    ("signature", r"(?i)<(?:stringtosign|canonicalrequest|signatureprovided|awsaccesskeyid|stringtosignbytes|canonicalrequestbytes)>([^<‹]+)"),
    ("cookie", r"(?i)\bcookie\\*[\"']?\s*[:=]\s*\\*[\"']?([\w.-]+=[^\"'\n\\‹]+)"),
    ("password", r"(?i)\blogin\s+\S+\s+password\s+([^\s‹]+)|(?:identified (?:with \S+ )?by|\bpassword|\bsshpass -p|\brequirepass|\bmasterauth)[ \t]*[\"']([^\"'\n‹]{3,})[\"']"),
    ("password", r"(?:\bcurl\b[^\n|;]{0,200}?|\bwget\b[^\n|;]{0,200}?)[ \t](?:-u|--user|--proxy-user)[ =]?[\"']?[\w.@-]+:([^\s\"'‹]+)|\bsshpass -p ?([^\s\"'‹]+)|\bredis-cli\b[^\n|;]{0,100}? -a ([^\s\"'‹]+)|\bmysql\w*\b[^\n|;]{0,100}? -p([^\s\"'‹]{3,})|\bdocker login\b[^\n|;]{0,100}? -p ([^\s\"'‹]+)"),
    ("password", r"(?i)<(?:[\w.-]+:)?[\w.-]*(?:password|passwd|secret|token|apikey|secretkey)>([^<\s‹][^<‹\n]*)</"),
)  # fmt: skip
_STEM = r"passw|passphrase|passcode|[-_.]pass\b|pwd|secret|token|credential|(?:api|access|private|auth|account|signing|encryption|shared|master|license|storage)[-_.]?key|[-_.]keys?\b|auth|cookie|dsn|session[-_.]?id|\bjwt|salt|signature|\bsas\b|connection[-_.]?string"
_NAMED = rf"((?i:{_STEM})[\w.-]{{0,40}})"
SITES: tuple[tuple[str, str], ...] = (
    ("assigned", rf"{_NAMED}\\*[\"']?\]?[ \t]{{0,8}}(?:=>|:=|=|:)[ \t]{{0,8}}"),
    ("option", rf"(?:^|[\s\"'\[(,])--?[\w.-]*?{_NAMED}(?:[ \t]+|\\*[\"'],\s{{0,8}})"),
    ("tuple", rf"\([\"'][\w.-]*?{_NAMED}[\"'],[ \t]?"),
    ("setting", rf"\b(?i:env|setenv|export|arg)[ \t]+[\w.-]*?{_NAMED}[ \t]+"),
    ("pair", rf"(?i:\bname|\bkey)\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?[\w.-]*?{_NAMED}\\*[\"']?,?\s{{0,20}}\\*[\"']?(?i:value)\\*[\"']?[ \t]*[:=][ \t]*"),
)  # fmt: skip
"""Where a name ends and its value begins."""
