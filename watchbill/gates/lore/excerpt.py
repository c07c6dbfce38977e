"""The excerpt: what of a canon concerns some texts, for whoever is to write in that world, or to read it."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from watchbill.gates.lore.canon import Alias, Canon, Entry
from watchbill.gates.lore.positions import Span

if TYPE_CHECKING:
    from watchbill.gates.lore.checking import Judge

MAX_TEXT = 200_000  # characters that are looked through for names


def excerpt(judge: "Judge", texts: Iterable[str]) -> str:
    """The entries that the texts name, with what the canon says of them; what it says of no entry, the course of the story
    and the rules of wording. "" where there is nothing of it."""
    canon = judge.canon
    named = judge.named_in("\n".join(texts)[:MAX_TEXT])
    lines = [line for entry in canon.entries if entry.id in named for line in _entry(canon, entry)]
    lines += [f"- {words}" for whose, words in _about(canon) if canon.find(whose) is None]
    lines += [f"- {one.words} [{one.id}]" for one in canon.timeline]
    lines += [f"- {one.words} [{one.id}]" for one in canon.wording]
    return "\n".join(lines)


def _entry(canon: Canon, entry: Entry) -> Iterator[str]:
    others = ", ".join(map(_alias, entry.aliases))
    yield f"## {entry.name}{f' ({others})' if others else ''} [{entry.id}]"
    traits, kin = (one.words for one in entry.attributes), (one.words for one in entry.relations)
    yield from (f"- {words}" for words in dict.fromkeys((*traits, *kin, *entry.notes)))
    yield from (f"- {words}" for whose, words in _about(canon) if canon.find(whose) is entry)


def _about(canon: Canon) -> Iterator[tuple[str, str]]:
    """Whom or what each entry with an id of its own is about, and its words."""
    yield from ((one.about, f"{one.text}{_while(one.span, canon.unit)} [{one.id}]") for one in canon.facts)
    yield from ((one.who, f"dies: {one.words} [{one.id}]") for one in canon.deaths)
    yield from (
        (one.who, f"learns only in {canon.unit} {one.position:g}: {one.what} [{one.id}]") for one in canon.knowledge
    )
    yield from ((one.who, f"speaks so: {one.words} [{one.id}]") for one in canon.voices)
    yield from ((end, f"way: {one.words} [{one.id}]") for one in canon.ways for end in one.ends)


def _alias(alias: Alias) -> str:
    return f"{alias.text}, used by {alias.only_by} only" if alias.only_by else alias.text


def _while(span: Span, unit: str) -> str:
    """Where in the story it is so; nothing of what always is.

    >>> _while(Span(4, 9), "chapter"), _while(Span(4), "chapter"), _while(Span(), "chapter")
    (' (from chapter 4, to chapter 9)', ' (from chapter 4)', '')
    """
    ends = [f"{word} {unit} {at:g}" for word, at in (("from", span.first), ("to", span.last)) if at is not None]
    return f" ({', '.join(ends)})" if ends else ""
