"""Detection: which targets a recurring entry finds in a tree. No finding, no task."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from watchbill.domain import claims
from watchbill.domain.ports import Tree
from watchbill.scheduling import tally

MOST_BYTES = 1 << 20  # of a file whose text is looked at; a bigger one is no target
MOST_CHARACTERS = 300  # of a target


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Where work is found: in files, in their absence, or by a command. None of it: once an occurrence, without a target."""

    globs: tuple[str, ...] = ()  # files that are looked at; each that fits what follows is a target
    exclude: tuple[str, ...] = ()  # files that are not
    pattern: str = ""  # a regular expression, counted line by line
    at_least: int | None = None  # matches
    at_most: int | None = None
    smaller_bytes: int | None = None
    smaller_words: int | None = None
    changed: bool = False  # only files that changed since the last look
    missing: tuple[str, ...] = ()  # paths; each that is not there is a target
    command: tuple[str, ...] = ()  # each line that it prints is a target
    timeout: timedelta = timedelta(minutes=5)  # of the command

    @property
    def is_always(self) -> bool:
        return not (self.globs or self.missing or self.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The files that come into question, with what has to be known of each."""

    paths: tuple[str, ...]
    texts: tuple[str, ...]  # of each path; empty where the entry asks for names only
    sizes: tuple[int, ...]  # bytes of each path; the same


def targets(find: Find, tree: Tree, changed: Collection[str] | None = None) -> tuple[str, ...]:
    """What is found in the tree, sorted; `changed` are the paths that differ from the last look, None: all may.

    Raises re.error for what is no pattern. Commands are not run here: their lines come through lines_of().
    """
    if find.is_always:
        return ("",)
    if find.missing:
        return missing(find, tree)
    looked = look(find, tree, changed)
    return judge(find, looked, tally.count(find.pattern, looked.texts) if find.pattern else ())


def missing(find: Find, tree: Tree) -> tuple[str, ...]:
    there = {claims.normal(path) for path in tree.paths()}
    return tuple(path for path in find.missing if claims.normal(path) not in there)


def look(find: Find, tree: Tree, changed: Collection[str] | None) -> Looked:
    """Read what has to be read."""
    paths = [path for path in tree.paths() if _is_asked_for(find, path, changed)]
    if not find.pattern and find.smaller_words is None and find.smaller_bytes is None:
        return Looked(paths=tuple(paths), texts=(), sizes=())
    data = [tree.read(path) for path in paths]
    read = [(path, body) for path, body in zip(paths, data, strict=True) if len(body) <= MOST_BYTES]
    return Looked(
        paths=tuple(path for path, _ in read),
        texts=tuple(body.decode(errors="replace") for _, body in read),
        sizes=tuple(len(body) for _, body in read),
    )


def _is_asked_for(find: Find, path: str, changed: Collection[str] | None) -> bool:
    if find.changed and changed is not None and path not in changed:
        return False
    return claims.covers(find.globs, path) and not claims.covers(find.exclude, path) and is_path(path)


def judge(find: Find, looked: Looked, counts: Sequence[int]) -> tuple[str, ...]:
    """Those that fit; `counts` are the pattern's matches in each text."""
    if find.pattern:
        low, high = find.at_least or 0, find.at_most
        fits = [low <= count and (high is None or count <= high) for count in counts]
    elif find.smaller_words is not None:
        fits = [len(text.split()) < find.smaller_words for text in looked.texts]
    elif find.smaller_bytes is not None:
        fits = [size < find.smaller_bytes for size in looked.sizes]
    else:
        fits = [True] * len(looked.paths)
    return tuple(path for path, fit in zip(looked.paths, fits, strict=True) if fit)


def lines_of(output: str) -> tuple[str, ...]:
    """The targets that a command printed: one a line, each once, in its order; what nobody could read is left out."""
    lines = (line.strip() for line in output.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and len(line) <= MOST_CHARACTERS and line.isprintable()))


def is_path(target: str) -> bool:
    """Whether a target can stand among a task's files: a plain relative path, which claims no more than itself."""
    parts = target.split("/")
    usable = target.isprintable() and len(target) <= MOST_CHARACTERS and not any(mark in target for mark in "*?\\`")
    return usable and all(part not in ("", ".", "..") for part in parts)
