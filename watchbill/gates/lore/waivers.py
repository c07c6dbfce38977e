"""Waivers: contradictions that somebody decided to keep, in a file beside the canon, by rule, canon id and quote."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import yaml

from watchbill.domain.errors import ConfigError
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.sources.yaml_files import load

FILE = "lore-waivers.yaml"
JUDGED = "judged"  # the rule of what a model named: by its quote alone, since no model names the same twice in just the same way
_HEAD = (
    "# What contradicts the canon and may. Written by `watchbill lore waive`; a line that is taken out counts again.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    rule: str
    canon_id: str
    quote: str
    reason: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.rule, self.canon_id, normal(self.quote))


def normal(quote: str) -> str:
    """A quote as it is compared: white space, case, kinds of quotation marks and punctuation at its ends do not count.

    >>> normal("Her  green eyes,"), normal("her green eyes")
    ('her green eyes', 'her green eyes')
    """
    return " ".join(quote.translate(_MARKS).casefold().split()).strip(" .,;:!?\"'")


_MARKS = str.maketrans("“”‘’", "\"\"''")


def read(text: str, path: str) -> list[Waiver]:
    """The waivers of a file. Raises ConfigError where it cannot be read, or one does not say what it keeps."""
    stated = load(text, path).get("waivers")
    if stated is None:
        return []
    if not isinstance(stated, list):
        raise ConfigError(f"{path}: waivers is a list; begin each with `- rule:`")
    return [_waiver(item, f"{path}: waiver {number}") for number, item in enumerate(stated, 1)]


def _waiver(item: object, place: str) -> Waiver:
    words = item if isinstance(item, Mapping) else {}
    one = Waiver(**{key: str(words.get(key) or "") for key in ("rule", "canon_id", "quote", "reason")})
    wanted = ("rule", "quote") if one.rule == JUDGED else ("rule", "canon_id", "quote")
    if missing := [key for key in wanted if not normal(getattr(one, key))]:
        raise ConfigError(f"{place} has no {' and no '.join(missing)}, so that it is not clear what it keeps")
    return one


def write(waivers: Sequence[Waiver]) -> str:
    return _HEAD + _dumped({"waivers": [asdict(one) for one in waivers]})


def added(text: str, path: str, new: Sequence[Waiver]) -> str:
    """A file's text with more waivers, below what stands there: comments stay. Raises ConfigError where it cannot be read."""
    whole = [*read(text, path), *new]
    more = _dumped([asdict(one) for one in new])
    ways = (more, textwrap.indent(more, "  ")) if "waivers" in load(text, path) else (f"waivers:\n{more}",)
    for way in ways:
        longer = f"{text.rstrip()}\n{way}"
        try:
            if read(longer, path) == whole:
                return longer
        except ConfigError:  # their list is written in another way
            continue
    return _comments(text) + write(whole).removeprefix(_HEAD)


def _comments(text: str) -> str:
    """Those that have a line of their own."""
    return "".join(line for line in text.splitlines(keepends=True) if line.lstrip().startswith("#"))


def _dumped(plain: object) -> str:
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


def split(found: Sequence[Contradiction], waivers: Sequence[Waiver]) -> tuple[list[Contradiction], list[Contradiction]]:
    """What counts, and what is waived."""
    keys = {one.key for one in waivers}
    kept = [one for one in found if (one.rule, one.canon_id, normal(one.quote)) not in keys]
    return kept, [one for one in found if one not in kept]
