"""Addresses of servers, written in one way, so that the same one is the same subject wherever it is named.

>>> base_url("HTTP://ml:pw@MLflow:5000/prefix/")
'http://mlflow:5000/prefix'
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

PORTS = {"http": 80, "https": 443}


def base_url(text: str) -> str | None:
    """scheme://host:port[/prefix] in lower case but for the prefix, without user, query and trailing slash; None for what is no HTTP address."""
    parts = _split(text)
    if parts is None or parts.scheme not in PORTS or not parts.hostname:
        return None
    name = parts.hostname.rstrip(".")
    name = name.removesuffix(".cluster.local") if name.endswith(".svc.cluster.local") else name  # one Service has one name
    host = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{host}:{_port(parts)}{parts.path.rstrip('/')}"


def shown_address(text: str) -> str:
    """An address of any scheme as it may be shown: HTTP ones as base_url writes them, others without user, password and query."""
    parts = _split(text)
    if parts is None or not parts.netloc:
        return "" if "@" in text else text
    return base_url(text) or parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def userinfo(text: str) -> tuple[str, str] | None:
    """The user and password that stand in an address; None where there is no user."""
    parts = _split(text)
    return (unquote(parts.username), unquote(parts.password or "")) if parts is not None and parts.username else None


def is_link_local(address: str) -> bool:
    """Where clouds answer with credentials; no workload's word leads there. Of an address with or without a scheme (//HOST:PORT)."""
    try:
        return ip_address(urlsplit(address).hostname or "").is_link_local
    except ValueError:  # a name
        return False


def _split(text: str) -> SplitResult | None:
    """None for what no address can be: brackets that do not close, a port that is no number."""
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else PORTS[parts.scheme]
