"""The survey: what a repository and the environment show of themselves, and the watchbill.toml that follows from it."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchbill.config import reference
from watchbill.domain.ids import RepoName
from watchbill.intake import grammar
from watchbill.intake.entries import Mark

_QUEUES = (
    "docs/AI_TASK_QUEUE.md",
    "AI_TASK_QUEUE.md",
    "docs/TASK_QUEUE.md",
    "docs/TASKS.md",
    "TASKS.md",
    "docs/TODO.md",
    "TODO.md",
)
_RULES = ("AI_WORKER_RULES.md", "docs/AI_WORKER_RULES.md", "AGENTS.md", "CLAUDE.md")
_CANON = ("lore", "canon")
_LANGUAGES = {
    ".py": "Python", ".js": "JavaScript", ".ts": "TypeScript", ".rs": "Rust", ".go": "Go", ".java": "Java",
    ".c": "C", ".cpp": "C++", ".rb": "Ruby", ".md": "Markdown", ".markdown": "Markdown",
}  # fmt: skip
_CHOICESCRIPT = "ChoiceScript"
_SKIPPED = frozenset({"node_modules", "venv", "target", "build", "dist", "__pycache__"})
_MOST_FILES = 20_000  # enough to know a repository's languages; a home folder given by mistake ends here


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    name: str
    variable: str  # the usual name of its key in the environment
    lines: tuple[tuple[str, object], ...]


VENDORS = (
    Vendor(
        name="claude",
        variable="ANTHROPIC_API_KEY",
        lines=(
            ("kind", "anthropic"),
            ("api_key", "env:ANTHROPIC_API_KEY"),
            ("models", [{"id": "claude-sonnet-5-5"}]),
            ("strengths", {"write": 0.95, "polish": 0.9, "lore": 0.9, "code": 0.85}),
        ),
    ),
    Vendor(
        name="gpt",
        variable="OPENAI_API_KEY",
        lines=(
            ("kind", "openai"),
            ("api_key", "env:OPENAI_API_KEY"),
            ("models", [{"id": "gpt-6.1-sol"}]),
            ("strengths", {"code": 0.9, "fix": 0.9, "docs": 0.9, "analysis": 0.9, "polish": 0.8}),
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    root: Path
    name: str
    target: str
    queues: tuple[str, ...]
    open_tasks: int
    languages: tuple[str, ...]  # the most frequent first
    tests: tuple[tuple[str, tuple[str, ...]], ...]  # name and argv of what looks like its test commands
    rules: tuple[str, ...]
    canon: tuple[str, ...]
    vendors: tuple[Vendor, ...]  # whose keys are in the environment, by name


def survey(root: Path, environ: Mapping[str, str]) -> Survey:
    """Look at the repository's files; nothing of it is run, no key is read."""
    queues = tuple(path for path in _QUEUES if (root / path).is_file())
    return Survey(
        root=root,
        name=_name(root),
        target=head_branch(root) or "main",
        queues=queues,
        open_tasks=sum(_open_tasks(root / path) for path in queues),
        languages=_languages(root),
        tests=tuple(_tests(root)),
        rules=tuple(path for path in _RULES if (root / path).is_file()),
        canon=tuple(f"{folder}/**" for folder in _CANON if (root / folder).is_dir()),
        vendors=tuple(vendor for vendor in VENDORS if environ.get(vendor.variable)),
    )


def repository_root(start: Path) -> Path | None:
    """The repository around a folder, None when there is none."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def head_branch(root: Path) -> str | None:
    """The branch that is checked out, read from git's own files; None when HEAD is detached."""
    git = root / ".git"
    if git.is_file():  # a worktree: the file names the folder
        git = root / git.read_text("utf-8").removeprefix("gitdir:").strip()
    head = (git / "HEAD").read_text("utf-8").strip()
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else None


def _name(root: Path) -> str:
    kept = "".join(mark if mark.isascii() and (mark.isalnum() or mark in "._-") else "-" for mark in root.name)
    return kept.strip("._-")[:64] or "repository"


def _open_tasks(path: Path) -> int:
    read = grammar.parse(grammar.decode(path.read_bytes()), path.name, RepoName("survey"))
    return sum(entry.mark is Mark.OPEN for entry in read.entries)


def _languages(root: Path) -> tuple[str, ...]:
    counted = Counter(filter(None, map(_language, _files(root))))
    return tuple(language for language, _ in counted.most_common(4))


def _language(path: Path) -> str | None:
    if path.suffix == ".txt" and path.parent.name == "scenes":
        return _CHOICESCRIPT
    return _LANGUAGES.get(path.suffix)


def _files(root: Path) -> Iterator[Path]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for name in names:
            yield Path(folder) / name
            count += 1
            if count >= _MOST_FILES:
                return


def _tests(root: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    makefile = root / "Makefile"
    if makefile.is_file() and any(
        line.startswith("test:") for line in makefile.read_text("utf-8", "replace").split("\n")
    ):
        yield "make-test", ("make", "test")
    if (root / "tests").is_dir() and any(
        (root / name).is_file() for name in ("pyproject.toml", "pytest.ini", "setup.py")
    ):
        yield "pytest", ("python3", "-m", "pytest", "-q")
    if _npm_test(root / "package.json"):
        yield "npm-test", ("npm", "test")
    if (root / "Cargo.toml").is_file():
        yield "cargo-test", ("cargo", "test", "--offline")
    if (root / "go.mod").is_file():
        yield "go-test", ("go", "test", "./...")


def _npm_test(package: Path) -> bool:
    try:
        said = json.loads(package.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and "test" in (said.get("scripts") or {})


def toml_of(found: Survey) -> str:
    """The configuration that follows: short, commented, and it loads."""
    return "\n\n".join([_HEAD, _repo(found), *_providers(found), _LOCAL]) + "\n"


_HEAD = """\
# watchbill: who works on this repository, when, and for how much. All keys: watchbill config example

[daemon]
# Hours below are read in this zone.
zone = "UTC"

[budget]
# US dollars over everything. A cap that is reached lets paid work wait; nothing is shrunk to fit.
daily_usd = 5.00
monthly_usd = 100.00"""
_LOCAL = """\
# Checks and formatting on this machine; costs nothing, stands by at every hour.
[provider.local]
kind = "local\""""


def _repo(found: Survey) -> str:
    lines = [
        "[[repo]]",
        f"name = {reference.toml(found.name)}",
        'path = "."',
        f"target = {reference.toml(found.target)}",
    ]
    lines.append("# Work lands on this branch; you merge it when you like, or: watchbill promote")
    lines.append('integration = "watchbill/main"')
    if not found.queues:
        lines.append("# Not there yet: write tasks into it as `- [ ] What is to be done`")
    lines.append(f"queue = {reference.toml(found.queues or _QUEUES[:1])}")
    if found.rules:
        lines.append(f"rules = {reference.toml(found.rules)}")
    if found.canon:
        lines.append("# Facts that work must not contradict.")
        lines.append(f"canon = {reference.toml(found.canon)}")
    return "\n".join([*lines, *_commands(found.tests)])


def _commands(tests: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Proposed, not switched on: only the owner knows whether they pass in a sandbox without network."""
    if not tests:
        return []
    lines = ["", "# Uncomment what has to pass before anything lands. It runs in a sandbox, without network."]
    for name, argv in tests:
        lines += ["# [[repo.commands]]", f"# name = {reference.toml(name)}", f"# argv = {reference.toml(argv)}"]
    return lines


def _providers(found: Survey) -> Iterator[str]:
    shown = found.vendors or VENDORS
    for place, vendor in enumerate(shown):
        lines = [f"[provider.{vendor.name}]", *(f"{key} = {reference.toml(value)}" for key, value in vendor.lines)]
        if len(shown) > 1:
            lines.append(f'hours = "{place}-23/{len(shown)}"')
        if vendor not in found.vendors:
            lines.insert(0, f"# Not in use until ${vendor.variable} is set; its hours go to the others.")
        yield "\n".join(lines)
