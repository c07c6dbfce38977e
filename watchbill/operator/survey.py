"""The survey: what a repository and the environment show of themselves. Nothing is run, and no key is read."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchbill.domain import regular
from watchbill.domain.findings import Finding
from watchbill.domain.ids import RepoName
from watchbill.gates import yaml
from watchbill.intake import grammar
from watchbill.intake.entries import Mark, QueueFile, Unreadable
from watchbill.workspace.trees import FolderTree

QUEUES = (
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
_WORKFLOWS = ".github/workflows"
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
    unreadable: tuple[Unreadable, ...]  # places of the queues that nobody can read
    workflows: int  # how many there are
    broken_workflows: tuple[Finding, ...]
    languages: tuple[str, ...]  # the most frequent first
    tests: tuple[tuple[str, tuple[str, ...]], ...]  # name and argv of what looks like its test commands
    rules: tuple[str, ...]
    canon: tuple[str, ...]
    vendors: tuple[Vendor, ...]  # whose keys are in the environment, by name


def survey(root: Path, environ: Mapping[str, str]) -> Survey:
    """Look at the repository's files."""
    queues = _queues(root)
    workflows = [path.relative_to(root).as_posix() for path in sorted((root / _WORKFLOWS).glob("*.y*ml"))]
    return Survey(
        root=root,
        name=_name(root),
        target=head_branch(root) or "main",
        queues=tuple(queues),
        open_tasks=sum(entry.mark is Mark.OPEN for file in queues.values() for entry in file.entries),
        unreadable=tuple(place for file in queues.values() for place in file.unreadable),
        workflows=len(workflows),
        broken_workflows=tuple(yaml.GATE.check(FolderTree(root), workflows)),
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
    """The branch that is checked out, read from git's own files; None when HEAD is detached, or not there."""
    git = root / ".git"
    try:
        if git.is_file():  # a worktree: the file names the folder
            git = root / git.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):  # a repository that is damaged: whoever opens it says so
        return None
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else None


def _name(root: Path) -> str:
    kept = "".join(mark if mark.isascii() and (mark.isalnum() or mark in "._-") else "-" for mark in root.name)
    return kept.strip("._-")[:64] or "repository"


def _queues(root: Path) -> Mapping[str, QueueFile]:
    """What stands at the usual places. A copy of one before it is left out: it would bring every task twice."""
    name = RepoName("survey")
    found: dict[str, QueueFile] = {}
    seen: set[bytes] = set()
    for path in QUEUES:
        if not (root / path).is_file():
            continue
        try:
            data = regular.read(root / path)
        except OSError as error:
            why = f"the file cannot be read: {error.strerror}"
            lost = (Unreadable(path=path, line=1, why=why),)
            found[path] = QueueFile(repo=name, path=path, unreadable=lost, usable=False)
            continue
        if not data or data not in seen:
            found[path] = grammar.parse(grammar.decode(data), path, name)
        seen.add(data)
    return found


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
