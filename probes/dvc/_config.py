"""DVC's settings: four files of which a later one wins, and the remotes in them.

['remote "shared"']                  Remote(name="shared", options={"url": Option("s3://models/dvc", "/repo/.dvc/config")})
    url = s3://models/dvc
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from probes._access import Access

TRACKED, LOCAL = ".dvc/config", ".dvc/config.local"
SECRETS = frozenset(
    {
        *("secret_access_key", "session_token", "password", "sse_customer_key", "connection_string", "account_key", "sas_token"),
        *("client_secret", "gdrive_client_secret", "token", "oauth_token", "studio_token"),
    }
)
"""Options whose value is a secret, of any kind of remote (dvc/config_schema.py)."""
_PATHS = frozenset(("url", "credentialpath", "configpath", "keyfile", "cert_path", "key_path"))
_SECTION = re.compile(r"""^\s*\[\s*(?P<quote>['"]?)(?P<name>.*?)(?P=quote)\s*\]\s*(?:#.*)?$""")
_REMOTE = re.compile(r'^remote\s*"(.*)"$')
_OPTION = re.compile(r"""^\s*(?P<quote>['"]?)(?P<key>[^'"=#\[\s][^'"=]*?)(?P=quote)\s*=\s*(?P<value>.*?)\s*$""")


class Option(msgspec.Struct, frozen=True):
    """A value and the file that gave it."""

    value: str
    file: str


class Remote(msgspec.Struct, frozen=True):
    """One remote as all layers together make it."""

    name: str
    options: Mapping[str, Option]

    def get(self, option: str) -> str:
        found = self.options.get(option)
        return found.value if found is not None else ""

    @property
    def url(self) -> str:
        return self.get("url")

    @property
    def scheme(self) -> str:
        """`local` for a folder, else the URL's scheme."""
        return urlsplit(self.url).scheme or "local"


class Config(msgspec.Struct, frozen=True):
    """What the layers say together, and which of them could not be read."""

    core: Mapping[str, Option]
    cache: Mapping[str, Option]
    remotes: Mapping[str, Remote]
    layers: Mapping[str, Mapping[str, Mapping[str, str]]]
    """By file: its sections."""
    unreadable: tuple[str, ...]

    @property
    def default(self) -> str:
        return self.core["remote"].value if "remote" in self.core else ""


def read(access: Access, repo: str) -> Config:
    """The settings in force for a repository. A layer that cannot be read is named, and the others count."""
    layers: dict[str, dict[str, dict[str, str]]] = {}
    unreadable = []
    for file in files(repo):
        try:
            layers[file] = sections(access.text(file))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            unreadable.append(f"{file}: {error.strerror or error if isinstance(error, OSError) else error}")
    return Config(core=_merged(layers, "core"), cache=_merged(layers, "cache"), remotes=_remotes(layers), layers=layers, unreadable=tuple(unreadable))


def files(repo: str) -> tuple[str, ...]:
    """The layers, the one that wins last (dvc/config.py, dvc/dirs.py)."""
    system = os.environ.get("DVC_SYSTEM_CONFIG_DIR") or f"{_system_folder()}/dvc"
    own = os.environ.get("DVC_GLOBAL_CONFIG_DIR") or f"{os.environ.get('XDG_CONFIG_HOME') or Path('~/.config').expanduser()}/dvc"
    return (f"{system}/config", f"{own}/config", f"{repo}/{TRACKED}", f"{repo}/{LOCAL}")


def _system_folder() -> str:
    return (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")[0]


def sections(text: str) -> dict[str, dict[str, str]]:
    """The sections of one file, as ConfigObj reads it; names and keys in lower case. Raises ValueError with the line."""
    found: dict[str, dict[str, str]] = {}
    here: dict[str, str] = found.setdefault("", {})
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        section = _SECTION.match(line)
        option = _OPTION.match(line)
        if section:
            here = found.setdefault(_lower(section["name"].strip()), {})
        elif option and not option["value"].startswith(("'''", '"""')):
            here[option["key"].strip().lower()] = _unquoted(option["value"])
        else:
            raise ValueError(f"line {number} is neither a section nor a setting")
    return found


def _lower(name: str) -> str:
    """A section's name in lower case, but the name of a remote in it as it is written."""
    word, quote, rest = name.partition('"')
    return f"{word.lower()}{quote}{rest}"


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and value.rfind(value[0]) > 0:
        return value[1 : value.rfind(value[0])]
    return value.partition(" #")[0].strip()


def _merged(layers: Mapping[str, Mapping[str, Mapping[str, str]]], section: str) -> dict[str, Option]:
    return {key: Option(value, file) for file, named in layers.items() for key, value in named.get(section, {}).items()}


def _remotes(layers: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, Remote]:
    options: dict[str, dict[str, Option]] = {}
    for file, named in layers.items():
        for section, values in named.items():
            match = _REMOTE.match(section.strip())
            if match:
                own = options.setdefault(match[1], {})
                own |= {key: Option(_absolute(key, value, file), file) for key, value in values.items()}
    return {name: Remote(name, _based(found, options)) for name, found in options.items()}


def _based(own: Mapping[str, Option], options: Mapping[str, Mapping[str, Option]], depth: int = 5) -> Mapping[str, Option]:
    """A remote at `remote://OTHER/path` is a path below another one, with the other's options unless it has its own."""
    url = own.get("url")
    if url is None or not url.value.startswith("remote://") or not depth:
        return own
    name, _, path = url.value.removeprefix("remote://").partition("/")
    base = _based(options.get(name, {}), options, depth - 1)
    if "url" not in base:
        return own
    return {**base, **own, "url": Option(f"{base['url'].value.rstrip('/')}/{path}".rstrip("/"), url.file)}


def _absolute(key: str, value: str, file: str) -> str:
    """A path as DVC resolves it: from the folder of the file that names it."""
    if key not in _PATHS or re.match(r"^\w+://", value):
        return value
    return os.path.normpath(Path(file).parent / Path(value).expanduser())


def secrets(config: Config, file: str) -> Iterator[str]:
    """Which settings of one file hold a secret, by name; never a value."""
    for section, values in config.layers.get(file, {}).items():
        for key, value in values.items():
            if (key in SECRETS and value) or (key == "url" and urlsplit(value).password):
                yield f"{section}: {key}".replace('"', "")


def without_userinfo(url: str) -> str:
    """A URL without name and password."""
    parts = urlsplit(url)
    return url.replace(f"{parts.netloc.rpartition('@')[0]}@", "", 1) if "@" in parts.netloc else url
