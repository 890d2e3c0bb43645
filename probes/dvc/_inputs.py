"""Which files a stage's command reads, by reading its programs and running nothing.

    python prepare.py     prepare.py, and of it: `from helper import FACTOR` helper.py, `open("config.yaml")` config.yaml

Files of the work tree only; what a name in the program is, is followed as far as it is written out.
"""

from __future__ import annotations

import ast
import os
import shlex
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from probes._access import Access
from probes.dvc._pipeline import Stage

MOST_FILES = 200
MOST_BYTES = 400_000
_SHELL = (".sh", ".bash")
_OTHER_PROGRAMS = (*_SHELL, ".r", ".R", ".jl", ".ipynb", ".pl", ".scala", ".sql", ".Rmd", ".qmd")
_READING = ("open", "load", "loads", "glob", "iterdir", "listdir", "scandir", "walk", "parse", "from_file", "imread", "loadtxt", "genfromtxt")
_WRITING = ("write_", "to_", "save", "dump", "mkdir", "unlink")
_NAMED = ("path", "file", "filename", "filepath_or_buffer", "fname")
_ENDS = (";", "&&", "||", "|", "&")


class Inputs(msgspec.Struct, frozen=True):
    """What a command reads: its programs and their modules, files and folders; `complete` if every program of it was read."""

    programs: tuple[str, ...]
    files: tuple[str, ...]
    complete: bool
    words: frozenset[str]
    """Every text and attribute in its programs."""


def of(access: Access, repo: str, stage: Stage) -> Inputs:
    """The inputs of one stage, as paths below the repository."""
    scan = _Scan(access, repo, stage.folder)
    for line in (stage.command,) if isinstance(stage.command, str) else stage.command:
        for words in _commands(line):
            scan.command(words)
    outs = {out.path for out in stage.outs}
    files = tuple(sorted(path for path in scan.files if not any(within(path, out) for out in outs)))
    return Inputs(tuple(sorted(scan.programs)), files, scan.complete, frozenset(scan.words))


def within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _commands(line: str) -> Iterator[list[str]]:
    """The simple commands of a shell line, without what they write to."""
    for one in line.splitlines():
        lexer = shlex.shlex(one, posix=True, punctuation_chars=";&|<>")
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            for word in lexer:
                if word in _ENDS:
                    yield _without_targets(words)
                    words = []
                else:
                    words.append(word)
        except ValueError:  # an open quote
            words = one.split()
        yield _without_targets(words)


def _without_targets(words: list[str]) -> list[str]:
    kept = [word for before, word in zip(["", *words], words, strict=False) if ">" not in before and ">" not in word]
    return [word for word in kept if word != "<"]


class _Scan:
    def __init__(self, access: Access, repo: str, folder: str) -> None:
        self.programs: set[str] = set()
        self.files: set[str] = set()
        self.words: set[str] = set()
        self.complete = True
        self._root = access.path(repo)
        self._folder = folder
        installed = any((self._root / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg"))
        self._path = ["src", ""] if installed else []
        """Where Python looks besides the program's own folder: a project that is installed in place lies in src or at the top."""

    def command(self, words: list[str], *, data: bool = True) -> None:
        """Each word that is a file, or without `data` a program; `-m MODULE` as Python finds it from the folder that the command runs in."""
        if "-m" in words[:-1] and any("python" in word for word in words):
            name = words[words.index("-m") + 1]
            for path in self._modules(name, self._folder) or self._modules(f"{name}.__main__", self._folder):
                self._program(path, self._folder)
            for path in self._modules(f"{name}.__main__", self._folder):
                self._program(path, self._folder)
        for name, _, value in (word.partition("=") for word in words):
            if name == "PYTHONPATH":
                self._path += [os.path.normpath(os.path.join(self._folder, part)) for part in value.split(":") if part and part[0] not in "/$~"]  # noqa: PTH118
        for word in words:
            for candidate in (word, word.rpartition("=")[2]):
                named = self._file(candidate, self._folder)
                if named is not None and (data or named.endswith((".py", *_OTHER_PROGRAMS))):
                    self._named(named)

    def _named(self, path: str) -> None:
        if path.endswith(".py"):
            self._program(path, os.path.dirname(path))  # noqa: PTH120  # inside the repository
        elif path not in self.files:
            self.files.add(path)
            self.complete &= not path.endswith(_OTHER_PROGRAMS)
            if path.endswith(_SHELL):
                self._shell(path)

    def _shell(self, path: str) -> None:
        """The programs that a shell script names, up to where it changes its folder. Other files that it names it may as well write."""
        try:
            place = self._root / path
            lines = place.read_text("utf-8", "replace").splitlines() if place.is_file() and place.stat().st_size <= MOST_BYTES else []
        except OSError:
            return
        for line in lines:
            for words in () if line.lstrip().startswith("#") else _commands(line):
                if words[:1] in (["cd"], ["pushd"]):
                    return
                self.command(words, data=False)

    def _file(self, name: str, folder: str) -> str | None:
        """A file or folder of the repository by the name that a command or program gives it."""
        if not name or len(name) > 400 or name.startswith(("-", "/", "~")) or "\0" in name or "://" in name:
            return None
        path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118
        if path == "." or path.startswith("../") or within(path, ".git") or within(path, ".dvc"):
            return None
        return path if (self._root / path).exists() else None

    def _program(self, path: str, start: str) -> None:
        """A Python file, and all that it imports from the repository; `start` is where Python looks for modules first."""
        if path in self.programs:
            return
        if len(self.programs) >= MOST_FILES:
            self.complete = False
            return
        self.programs.add(path)
        try:
            place = self._root / path
            if not place.is_file() or place.stat().st_size > MOST_BYTES:
                raise ValueError(path)  # noqa: TRY301  # as what cannot be parsed
            reader = _Reader()
            reader.visit(ast.parse(place.read_bytes()))
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
            self.complete = False
            return
        self.complete &= not reader.hidden
        for module in reader.modules:
            for found in self._imported(module, path, start):
                self._program(found, start)
        self.words |= reader.words
        for name in reader.opened - reader.written:
            found_file = self._file(name, self._folder)
            if found_file is not None:
                self.files.add(found_file)

    def _imported(self, module: str, path: str, start: str) -> tuple[str, ...]:
        dots = len(module) - len(module.lstrip("."))
        if not dots:
            return next((found for root in (start, *self._path) if (found := self._modules(module, root))), ())
        folder = os.path.dirname(path)  # noqa: PTH120
        for _ in range(dots - 1):
            folder = os.path.dirname(folder)  # noqa: PTH120
        return self._modules(module.lstrip("."), folder)

    def _modules(self, name: str, folder: str) -> tuple[str, ...]:
        """The files of a dotted name: each package's __init__.py on the way, and the module."""
        found = []
        parts = [part for part in name.split(".") if part]
        for end in range(1, len(parts) + 1):
            base = os.path.join(folder, *parts[:end])  # noqa: PTH118
            found += [path for path in (f"{base}.py", f"{base}/__init__.py") if (self._root / path).is_file()]
        return tuple(found)


class _Reader(ast.NodeVisitor):
    """The modules that a program imports and the names that it opens."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.opened: set[str] = set()
        self.written: set[str] = set()
        self.words: set[str] = set()
        """Every text and attribute in it: the names that it may ask parameters by."""
        self.hidden = False
        """It imports by a name that is made when it runs."""
        self._constants: dict[str, str] = {}

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.words |= {node.value, *node.value.split(".")}

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        self.words.add(node.attr)

    def visit_If(self, node: ast.If) -> None:  # ast's own way
        """What is imported for type checkers alone is not read."""
        if "TYPE_CHECKING" not in ast.dump(node.test):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.modules |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = "." * node.level + (node.module or "")
        joint = "" if base.endswith(".") or not base else "."
        self.modules |= {base, *(f"{base}{joint}{alias.name}" for alias in node.names)}

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        text = self._text(node.value)
        if text is not None and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._constants[node.targets[0].id] = text

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        name, owner = _called(node.func)
        if name in ("import_module", "__import__"):
            module = self._text(node.args[0]) if node.args else None
            self.hidden |= module is None
            self.modules |= {module} if module else set()
        of_path = owner is not None and self._is_path(owner)
        if name.startswith(_WRITING) or (name == "open" and _writes(node, 0 if of_path else 1)):
            self.written |= self._named(node, owner if of_path else None)
        elif _is_reading(name):
            self.opened |= self._named(node, owner if of_path else None)

    def _named(self, call: ast.Call, owner: ast.expr | None) -> set[str]:
        """The files that a call names: its first argument, one by name, or the path that it is a method of; of a pattern its folder."""
        values = [*call.args[:1], *(one.value for one in call.keywords if one.arg in _NAMED), *([owner] if owner is not None else [])]
        texts = [text for value in values if (text := self._text(value))]
        return {text.partition("*")[0].rpartition("/")[0] if "*" in text else text for text in texts}

    def _is_path(self, node: ast.expr) -> bool:
        return not isinstance(node, ast.Name | ast.Attribute) or (isinstance(node, ast.Name) and node.id in self._constants)

    def _text(self, node: ast.expr) -> str | None:
        """A path as far as it is written out: a text, Path("a") / "b", os.path.join("a", "b"), a name given one of these."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return self._constants.get(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return _joined(self._text(part) for part in (node.left, node.right))
        if isinstance(node, ast.Call) and _called(node.func)[0] in ("Path", "PurePath", "join"):
            return _joined(self._text(part) for part in node.args)
        return None


def _joined(parts: Iterable[str | None]) -> str | None:
    known = list(parts)
    return os.path.join(*[part for part in known if part]) if known and None not in known else None  # noqa: PTH118


def _called(function: ast.expr) -> tuple[str, ast.expr | None]:
    """The last name of what is called, and what it is a method of."""
    if isinstance(function, ast.Attribute):
        return function.attr, function.value
    return (function.id, None) if isinstance(function, ast.Name) else ("", None)


def _is_reading(name: str) -> bool:
    return name in _READING or name.startswith(("read_", "load_", "from_", "scan_", "copy")) or name in ("read", "rglob")


def _writes(call: ast.Call, place: int) -> bool:
    modes = [call.args[place]] if len(call.args) > place else [one.value for one in call.keywords if one.arg == "mode"]
    return any(isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) & set("wax") for mode in modes)


def files_in(path: str, root: Path, most: int = MOST_FILES) -> tuple[str, ...]:
    """The file itself, or those below a folder."""
    place = root / path
    if not place.is_dir():
        return (path,)
    return tuple(sorted(str(one.relative_to(root)) for one in islice(place.rglob("*"), most) if one.is_file()))
