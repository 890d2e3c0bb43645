"""What a store or botocore said when it refused, in one word of ours and in its own.

    refusal(ClientError(…AccessDenied…))   Refusal(says="denied", code="AccessDenied", words="AccessDenied: Access Denied", by_store=True)

A store's error may carry what was signed (StringToSign, CanonicalRequest): Code and Message are all that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Step = Literal["", "setting", "name", "port", "tls", "unsigned", "signed"]
"""The rung on which it ended; empty where all went well."""

Says = Literal[
    "",
    "no-credentials",
    "half-credentials",
    "no-profile",
    "role-refused",
    "expired",
    "unknown-key",
    "wrong-secret",
    "denied",
    "denied-by-policy",
    "denied-by-key-service",
    "no-bucket",
    "other-region",
    "clock",
    "unknown-host",
    "refused",
    "timed-out",
    "tls",
    "not-tls",
    "proxy",
    "not-a-store",
    "overloaded",
    "malformed",
    "else",
]
"""What came of it, in one word; empty where the list was given."""

_CODES: Mapping[str, Says] = {
    "AccessDenied": "denied",
    "AllAccessDisabled": "denied",
    "AccountProblem": "denied",
    "403": "denied",
    "Forbidden": "denied",
    "InvalidAccessKeyId": "unknown-key",
    "SignatureDoesNotMatch": "wrong-secret",
    "ExpiredToken": "expired",
    "ExpiredTokenException": "expired",
    "InvalidToken": "expired",
    "InvalidTokenId": "expired",
    "TokenRefreshRequired": "expired",
    "RequestTimeTooSkewed": "clock",
    "NoSuchBucket": "no-bucket",
    "404": "no-bucket",
    "PermanentRedirect": "other-region",
    "AuthorizationHeaderMalformed": "other-region",
    "IllegalLocationConstraintException": "other-region",
    "301": "other-region",
    "SlowDown": "overloaded",
    "ServiceUnavailable": "overloaded",
    "InternalError": "overloaded",
    "503": "overloaded",
    "InvalidBucketName": "malformed",
}
_EXCEPTIONS: Mapping[str, Says] = {
    "NoCredentialsError": "no-credentials",
    "PartialCredentialsError": "half-credentials",
    "ProfileNotFound": "no-profile",
    "CredentialRetrievalError": "role-refused",
    "MetadataRetrievalError": "role-refused",
    "SSOTokenLoadError": "expired",
    "UnauthorizedSSOTokenError": "expired",
    "TokenRetrievalError": "expired",
    "EndpointConnectionError": "refused",
    "ConnectTimeoutError": "timed-out",
    "ReadTimeoutError": "timed-out",
    "ConnectionClosedError": "refused",
    "ProxyConnectionError": "proxy",
    "SSLError": "tls",
    "ParamValidationError": "malformed",
    "InvalidRegionError": "malformed",
    "ResponseParserError": "not-a-store",
}
"""By botocore's exceptions, which are none of them answers of a store."""


_SIGNED = re.compile(r"(?:StringToSign|CanonicalRequest|AWS4-HMAC-SHA256|X-Amz-).*", re.IGNORECASE | re.DOTALL)
"""What was signed, or a signed address: some stores say it in the message too."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was not answered as wished."""

    says: Says
    code: str
    words: str
    by_store: bool
    """The store itself answered, as its request id shows; else somebody between, or nobody."""


def transport(says: Says, words: str) -> Refusal:
    return Refusal(says=says, code="", words=words, by_store=False)


def refusal(error: Exception) -> Refusal:
    """An error of botocore in our words."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping) and "Error" in response:
        return _answered(response)
    name = type(error).__name__
    says: Says = next((_EXCEPTIONS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _EXCEPTIONS), "else")
    if says == "tls" and "WRONG_VERSION_NUMBER" in str(error):
        says = "not-tls"
    if isinstance(error, ValueError) and says == "else":
        says = "malformed"
    return Refusal(says=says, code=name, words=f"{name}: {str(error).splitlines()[0][:200] if str(error) else ''}", by_store=False)


def page(answer: Mapping[str, Any]) -> Refusal | None:
    """A web page in place of what was asked for, as a gateway gives it with 200 to whoever asks: botocore takes it for an empty list, and an upload to it for done."""
    headers = answer["ResponseMetadata"].get("HTTPHeaders", {})
    if is_store(headers) or not headers.get("content-type", "").startswith("text/html"):
        return None
    return transport("not-a-store", "A web page came with status 200 in place of a list.")


def _answered(response: Mapping[str, Any]) -> Refusal:
    told = response["Error"]
    answer = response.get("ResponseMetadata", {})
    code, message = str(told.get("Code") or answer.get("HTTPStatusCode", "")), _SIGNED.sub("…", str(told.get("Message") or ""))
    by_store = is_store(answer.get("HTTPHeaders", {})) or (code in _CODES and not code.isdigit())
    says = _says(code, message) if by_store else "not-a-store"
    return Refusal(says=says, code=code, words=f"{code}: {message[:200]}" if message else code, by_store=by_store)


def _says(code: str, message: str) -> Says:
    says = _CODES.get(code, "else")
    if says == "denied" and "kms:" in message:
        return "denied-by-key-service"
    if says == "denied" and ("explicit deny" in message or "resource-based policy" in message or "control policy" in message):
        return "denied-by-policy"
    if says == "denied" and "AssumeRole" in message:
        return "role-refused"
    return says


def is_store(headers: Mapping[str, str]) -> bool:
    """A store gives each answer an id; a proxy or a web server does not."""
    return "x-amz-request-id" in headers or "x-amz-id-2" in headers or "minio" in headers.get("server", "").lower()
