"""Lorekeeping: canon files on disk, texts held against them, drafts and waivers. The judging is the gate's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from watchbill.config import repo_values
from watchbill.config.load import Loaded
from watchbill.domain.errors import ConfigError
from watchbill.domain.lore import CANON
from watchbill.gates.lore import waivers
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.library import (
    MARKDOWN,
    NO_STORY,
    PROSE,
    STARTUP,
    YAML,
    Library,
    declared_in,
    is_canon,
    open_library,
)
from watchbill.gates.lore.sources import markdown_form, yaml_files
from watchbill.gates.lore.waivers import Waiver
from watchbill.operator.faults import BadQuestion

_LISTED = (
    "entities",
    "places",
    "facts",
    "deaths",
    "knowledge",
    "travel_days",
    "timeline",
    "banned_words",
    "voice_rules",
    "units",
    "spelling",
    "variables",
    "scenes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    checked: int
    findings: tuple[Contradiction, ...]
    waived: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    path: str
    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    text: str
    counts: Mapping[str, int]
    doubts: tuple[Unsure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A canon as it lies on disk."""

    files: tuple[Path, ...]
    library: Library
    waiver_file: Path

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(str(path) for path in self.files)

    def check(self, texts: Sequence[Path]) -> Checked:
        judge = self.library.judge
        found = [one for path in texts for one in judge.check(path.as_posix(), _read(path), declared=_declared(path))]
        kept, waived = waivers.split(found, self.library.waivers)
        return Checked(checked=len(texts), findings=tuple(kept), waived=tuple(waived))

    def texts_in(self, folder: Path) -> Iterator[Path]:
        """The texts below a folder: prose that is none of the canon, and nothing hidden."""
        own = {path.resolve() for path in self.files}
        for path in sorted(folder.rglob("*")):
            below = path.relative_to(folder)
            is_hidden = any(part.startswith(".") for part in below.parts)
            if (
                path.is_file()
                and path.suffix.lower() in PROSE
                and path.stem.lower() not in NO_STORY
                and not is_hidden
                and path.resolve() not in own
            ):
                yield path

    def waive(self, path: Path, line: int, *, reason: str, rule: str | None) -> list[Waiver]:
        """Save waivers of what is found at a line; what was saved. Raises BadQuestion where their file cannot be read."""
        found = [one for one in self.check([path]).findings if one.line == line and rule in (None, one.rule)]
        return self._save(
            [Waiver(rule=one.rule, canon_id=one.canon_id, quote=one.quote, reason=reason) for one in found]
        )

    def waive_named(self, path: Path, line: int, quote: str, *, reason: str) -> list[Waiver]:
        """Save a waiver of words that begin at a line and that a model named; [] where they do not stand there."""
        words = waivers.normal(quote)
        lines = _read(path).split("\n")  # as they are counted where a model's words are looked up
        at = waivers.normal("\n".join(lines[line - 1 :])).find(words)
        is_there = words != "" and 0 <= at < len(waivers.normal("".join(lines[line - 1 : line])))
        return self._save([Waiver(rule=waivers.JUDGED, canon_id="", quote=quote, reason=reason)] if is_there else [])

    def _save(self, new: list[Waiver]) -> list[Waiver]:
        if new:
            there = _read(self.waiver_file) if self.waiver_file.is_file() else ""
            try:
                text = waivers.added(there, str(self.waiver_file), new) if there else waivers.write(new)
            except ConfigError as error:
                raise BadQuestion(f"{error}; it stays as it is until that is mended") from error
            staged = self.waiver_file.with_name(f".{self.waiver_file.name}.new")
            staged.write_text(text, "utf-8")
            staged.replace(self.waiver_file)
        return new


def shelf_at(place: Path) -> Shelf:
    """The canon of one file, or of a folder. Raises BadQuestion where there is none."""
    if place.is_file():
        return _shelf([place])
    found = [
        path
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.suffix.lower() in YAML | MARKDOWN and path.name != waivers.FILE
    ]
    if not found:
        raise BadQuestion(f"{place} has no canon: no .yaml or .md file")
    return _shelf(found)


def shelf_configured(loaded: Loaded, here: Path) -> Shelf:
    """The canon of the configured repository around a folder, else of the first one."""
    repos = repo_values.repos_of(loaded)
    around = [repo for repo in repos if here.is_relative_to(repo.path)] or list(repos)
    return _found(around[0].path, around[0].lore.canon)


def shelf_here(folder: Path) -> Shelf:
    """The canon at the usual places of a folder."""
    return _found(folder, CANON)


def draft(sources: Sequence[Path]) -> Drafted:
    """What Markdown documents state, in the YAML form."""
    drafts = [(path, markdown_form.draft(_read(path))) for path in sources]
    raw = yaml_files.merged(one.raw for _, one in drafts)
    doubts = tuple(
        Unsure(path=str(path), line=doubt.line, text=_short(doubt.text), why=doubt.why)
        for path, one in drafts
        for doubt in one.doubts
    )
    head = [f"# A draft from {', '.join(path.name for path in sources)}. Read it before you rely on it."]
    head += [f"# unsure: {one.path}:{one.line}: {one.why}: {one.text}" for one in doubts]
    body = yaml.safe_dump(raw, sort_keys=False, allow_unicode=True, width=120)
    counts = {key: len(raw[key]) for key in _LISTED if isinstance(raw.get(key), list)}
    return Drafted(text="\n".join([*head, "", body]), counts=counts, doubts=doubts)


def _found(root: Path, patterns: Sequence[str]) -> Shelf:
    files = [path for path in _candidates(root) if is_canon(path.relative_to(root).as_posix(), patterns)]
    if not files:
        raise BadQuestion(
            f"there is no canon in {root} ({', '.join(patterns)}); name one with --canon, or draft one with watchbill lore init"
        )
    return _shelf(files)


def _candidates(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if (
            path.suffix.lower() in YAML | MARKDOWN
            and path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(root).parts)
        ):
            yield path


def _shelf(files: Iterable[Path]) -> Shelf:
    files = tuple(files)
    waiver_file = min(files).parent / waivers.FILE
    text = _read(waiver_file) if waiver_file.is_file() else None
    return Shelf(
        files=files,
        library=open_library({str(path): _read(path) for path in files}, text, str(waiver_file)),
        waiver_file=waiver_file,
    )


def _read(path: Path) -> str:
    """A file as UTF-8; what is not is replaced, as the gate does."""
    try:
        return path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError as error:
        raise BadQuestion(f"{path} cannot be read: {error.strerror}") from error


def _declared(path: Path) -> frozenset[str]:
    """The variables of the game that a scene belongs to: of a startup.txt beside it, or above it."""
    starts = [start for folder in (path.parent, path.parent.parent) if (start := folder / STARTUP).is_file()]
    return declared_in(_read(starts[0])) if path.suffix == ".txt" and starts else frozenset()


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"  # noqa: PLR2004 - a line of a terminal
