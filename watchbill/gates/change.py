"""Change gates: what a change may touch at all, whatever its files contain. Their findings are always new."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from watchbill.domain import claims
from watchbill.domain.filenames import folded, is_git
from watchbill.domain.findings import Finding
from watchbill.gates import secrets

GATE = "change"
REGULAR = frozenset({"100644", "100755"})
SPECIAL: Mapping[str, str] = {"120000": "a symbolic link", "160000": "a submodule"}
SMALL = 2_000  # characters; of less any share may go without a word,
SHORT = 200  # but only of so few may nothing be left
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
TURNS = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # of Unicode: what is read is not what stands there
WHITE = b" \t\n\r\x0b\x0c"
BINARY_PROBE = 8000  # bytes in which a NUL makes a file binary, as git sees it


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One path of a change. `old` or `new` is None where the file did not or does not exist; modes are git's, in octal."""

    path: str
    old: bytes | None
    new: bytes | None
    old_mode: str | None = "100644"
    new_mode: str | None = "100644"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    files: tuple[FileChange, ...]
    beside: Collection[str] = ()  # every path that is there after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one task may deliver. Generous: they stop a runaway, not a big chapter."""

    bytes_per_file: int = 1_000_000
    files: int = 200
    lines: int = 20_000  # added and removed, all files together
    deleted: float = 0.5  # of a file that stays, 0 to 1: how much shorter it may become
    deleted_together: float = 0.5  # the same of all files of the change, removed ones too


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRules:
    claims: tuple[str, ...] = (claims.EVERYTHING,)  # the run's own
    protected: tuple[str, ...] = ()  # paths or globs that need a human; anything under .git always does
    limits: Limits = field(default_factory=Limits)
    secrets: tuple[str, ...] = ()  # exact values that may never be delivered
    binary: tuple[str, ...] = ()  # paths or globs where binary files may be written


def check_change(change: Change, rules: ChangeRules) -> tuple[Finding, ...]:
    """Everything that forbids this change, file by file in the order given, then what concerns the whole."""
    found = [finding for file in change.files for finding in _file(file, rules)]
    names = (*_names(change), *_told_by_names(change, rules))
    return (*found, *names, *_whole(change, rules.limits), *_deleted(change, rules.limits))


def _file(file: FileChange, rules: ChangeRules) -> Iterator[Finding]:
    if not claims.covers(rules.claims, file.path):
        yield _finding("claims", file.path, f"outside the task's files ({', '.join(rules.claims)}); leave it as it was")
    if _inside_git(file.path) or claims.covers(rules.protected, file.path):
        yield _finding("protected-path", file.path, "is protected: only a human may change it")
    yield from _modes(file)
    if file.new is not None:
        yield from _content(file, file.new, rules)


def _inside_git(path: str) -> bool:
    return any(is_git(part) for part in PurePosixPath(path).parts)


def _names(change: Change) -> Iterator[Finding]:
    """New names that are no names everywhere: on many disks two that differ in case, or in how é is written, are one file."""
    new = [file.path for file in change.files if file.old is None and file.new is not None]
    if not new:
        return
    twins: dict[str, set[str]] = {}
    for path in (*change.beside, *new):
        twins.setdefault(folded(path), set()).add(path)
    for path in new:
        if any(unicodedata.category(mark) in ("Cc", "Cs") or mark in TURNS or mark == "\\" for mark in path):
            told = "has a control character, a mark that turns the writing, a backslash or no UTF-8 in its name; choose another"
            yield _finding("name", path, told)
        for other in sorted(twins[folded(path)] - {path}):
            yield _finding(
                "name", path, f"is the same name as {other} where case or accents do not count; choose another"
            )


def _told_by_names(change: Change, rules: ChangeRules) -> Iterator[Finding]:
    """Without the path, which is what nobody shall read."""
    for file in change.files:
        if file.old is None:
            for leak in secrets.leaks(b"", file.path.encode(errors="surrogateescape"), rules.secrets):
                yield _finding(
                    "secret", "", f"the name of a new file contains {leak.what}; choose another, and replace the key"
                )


def _modes(file: FileChange) -> Iterator[Finding]:
    if file.new is None:
        if kind := SPECIAL.get(file.old_mode or ""):
            yield _finding("special-file", file.path, f"removes {kind}; leave it as it was")
        return
    if file.new_mode not in REGULAR:
        kind = SPECIAL.get(file.new_mode or "", f"a file of mode {file.new_mode}")
        yield _finding("special-file", file.path, f"is {kind}; only regular files may be delivered")
    elif file.old is not None and file.old_mode != file.new_mode:
        yield _finding("mode", file.path, f"changes its mode from {file.old_mode} to {file.new_mode}; restore it")


def _content(file: FileChange, new: bytes, rules: ChangeRules) -> Iterator[Finding]:
    limit = rules.limits.bytes_per_file
    if len(new) > max(limit, len(file.old or b"")):  # a file that is already too big may shrink
        yield _finding("size", file.path, f"has {len(new)} bytes, {limit} are allowed")
        return  # to look for secrets in what is refused costs minutes
    if is_binary(new) and not claims.covers(rules.binary, file.path):
        yield _finding("binary", file.path, "is a binary file; only text may be delivered here")
    if new.startswith(LFS_POINTER):
        yield _finding(
            "lfs-pointer", file.path, "is a Git LFS pointer to what nobody has uploaded; a person adds such files"
        )
    for leak in secrets.leaks(file.old or b"", new, rules.secrets):
        yield _finding("secret", file.path, f"contains {leak.what}; remove it, and replace the key", line=leak.line)


def is_binary(data: bytes) -> bool:
    return b"\0" in data[:BINARY_PROBE]


def _whole(change: Change, limits: Limits) -> Iterator[Finding]:
    if len(change.files) > limits.files:
        yield _finding("files", "", f"changes {len(change.files)} files, {limits.files} are allowed; split the task")
    lines = sum(changed_lines(file) for file in change.files if len(file.new or b"") <= limits.bytes_per_file)
    if lines > limits.lines:
        yield _finding("lines", "", f"changes {lines} lines, {limits.lines} are allowed; split the task")


def _deleted(change: Change, limits: Limits) -> Iterator[Finding]:
    """Content that is gone. What one file loses and another gains was moved, and what was written anew is not gone."""
    sizes = [(file, _content_size(file.old), _content_size(file.new)) for file in change.files]
    gone = sum(old - new for _, old, new in sizes)
    for file, old, new in sizes:
        lost = min(old - new, gone)
        counts = old >= (SMALL if new else SHORT)
        if file.new is not None and counts and lost > limits.deleted * old:
            told = f"loses {lost:,} of its {old:,} characters, {limits.deleted:.0%} may go; put back what the task does not ask to remove"
            yield _finding("deleted", file.path, told)
    before = sum(old for _, old, _ in sizes)
    if before >= SMALL and gone > limits.deleted_together * before:
        told = f"removes {gone:,} of {before:,} characters in all its files, {limits.deleted_together:.0%} may go"
        yield _finding("deleted-together", "", told)


def _content_size(data: bytes | None) -> int:
    """Bytes that are no white space: indenting anew deletes nothing."""
    return len((data or b"").translate(None, WHITE))


def changed_lines(file: FileChange) -> int:
    """Added and removed lines, counted without regard to their order: cheap, and never more than a diff would say."""
    counts: dict[bytes, int] = {}
    for data, step in ((file.old, -1), (file.new, 1)):
        for line in (data or b"").split(b"\n"):
            counts[line] = counts.get(line, 0) + step
    return sum(abs(count) for count in counts.values())


def _finding(rule: str, path: str, message: str, *, line: int = 0) -> Finding:
    """Quotes no text: the line may be the secret."""
    return Finding(gate=GATE, rule=rule, path=path, line=line, message=message)
