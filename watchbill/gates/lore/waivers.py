"""Waivers: contradictions that somebody decided to keep, in a file beside the canon, by rule, canon id and quote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.sources.yaml_files import load

FILE = "lore-waivers.yaml"
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
    """The waivers of a file. Raises ConfigError where it cannot be read."""
    stated = load(text, path).get("waivers")
    items = stated if isinstance(stated, list) else []
    return [
        Waiver(
            rule=str(item.get("rule", "")),
            canon_id=str(item.get("canon_id", "")),
            quote=str(item.get("quote", "")),
            reason=str(item.get("reason", "")),
        )
        for item in items
        if isinstance(item, Mapping)
    ]


def write(waivers: Sequence[Waiver]) -> str:
    items = [{"rule": one.rule, "canon_id": one.canon_id, "quote": one.quote, "reason": one.reason} for one in waivers]
    return _HEAD + yaml.safe_dump({"waivers": items}, sort_keys=False, allow_unicode=True, width=120)


def split(found: Sequence[Contradiction], waivers: Sequence[Waiver]) -> tuple[list[Contradiction], list[Contradiction]]:
    """What counts, and what is waived."""
    keys = {one.key for one in waivers}
    kept = [one for one in found if (one.rule, one.canon_id, normal(one.quote)) not in keys]
    return kept, [one for one in found if one not in kept]
