"""One authority and what it signs, by openssl: a cluster's certificates."""

import subprocess
from pathlib import Path

_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """A certificate authority in a folder; `certificate` and `key` are its own files."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.certificate, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        _openssl("req", "-x509", *_EC, "-subj", f"/CN={name}", "-days", "3650", "-keyout", self.key, "-out", self.certificate)

    def sign(self, name: str, subject: str, names: tuple[str, ...] = (), days: int = 365) -> tuple[Path, Path]:
        """Certificate and key of a client, or of a server that answers to these names and addresses."""
        request, certificate, key = (self.folder / f"{name}.{end}" for end in ("csr", "crt", "key"))
        extensions = self.folder / f"{name}.ext"
        alternative = f"subjectAltName={','.join(names)}\n" if names else ""
        extensions.write_text(f"{alternative}extendedKeyUsage=serverAuth,clientAuth\n")
        _openssl("req", *_EC, "-subj", subject, "-keyout", key, "-out", request)
        signing = ("-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", str(days), "-extfile", extensions)
        _openssl("x509", "-req", "-in", request, *signing, "-out", certificate)
        return certificate, key


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A private key and its public one."""
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private)
    _openssl("ec", "-in", private, "-pubout", "-out", public)
    return private, public


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
