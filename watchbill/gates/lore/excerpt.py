"""The excerpt: what of a canon concerns some texts, for whoever is to write in that world."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from watchbill.gates.lore.canon import Canon, Entry

if TYPE_CHECKING:
    from watchbill.gates.lore.checking import Judge

MOST_TEXT = 200_000  # characters that are looked through for names


def excerpt(judge: "Judge", texts: Iterable[str]) -> str:
    """The entries that the texts name, with what the canon says of them, and the rules of wording; "" when there are none."""
    canon = judge.canon
    named = judge.named_in("\n".join(texts)[:MOST_TEXT])
    lines = [line for entry in canon.entries if entry.id in named for line in _entry(canon, entry)]
    return "\n".join((*lines, *(f"- {rule.words} [{rule.id}]" for rule in canon.wording)))


def _entry(canon: Canon, entry: Entry) -> Iterator[str]:
    others = ", ".join(alias.text for alias in entry.aliases)
    yield f"## {entry.name}{f' ({others})' if others else ''} [{entry.id}]"
    yield from (f"- {one.words}" for one in entry.attributes)
    yield from (f"- {one.words}" for one in entry.relations)
    yield from (f"- {note}" for note in entry.notes if note not in {one.words for one in entry.attributes})
    about = [(one.about, f"{one.text} [{one.id}]") for one in canon.facts]
    about += [(one.who, f"dies: {one.words} [{one.id}]") for one in canon.deaths]
    about += [(one.who, f"learns only then: {one.words} [{one.id}]") for one in canon.knowledge]
    about += [(one.who, f"speaks so: {one.words} [{one.id}]") for one in canon.voices]
    about += [(end, f"way: {one.words} [{one.id}]") for one in canon.ways for end in one.ends]
    yield from (f"- {words}" for whose, words in about if canon.find(whose) is entry)
