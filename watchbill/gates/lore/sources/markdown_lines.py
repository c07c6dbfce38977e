"""Lines under a name in Markdown, in parts that stand alone: what "after that", "until then" and "learns this" mean is written out."""

import re

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.english.people import KIN
from watchbill.gates.lore.known.deeds import MUTE, nevers, statements
from watchbill.gates.lore.known.notes import noted
from watchbill.gates.lore.persons.hands import handed
from watchbill.gates.lore.persons.kinship import none_of
from watchbill.gates.lore.persons.manners import is_manner
from watchbill.gates.lore.persons.presence import is_away, is_by_night
from watchbill.gates.lore.positions import apart, counted, position_in, with_units

LISTS = re.compile(
    r"(?<!\bb)(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bch)(?<!\bCh)(?<!\bep)(?<!\bEp)(?<!\bsc)(?<!\bno)(?<=[A-Za-z0-9\")])[.;]\s+(?=\S)"
)
_COMMA = re.compile(r",\s*(?:then\s+|and\s+|but\s+)?(?![^()]*\))")
_AGAIN = re.compile(
    r"\bagain\b.*\b(?:from|in)\b|^(?:is |was )?(?:reforged|mended|repaired|rebuilt|reopened|restored|out|free|back)\b"
)
_AND = re.compile(r",? and (?=(?:nobody|no one)\b)")
# What holds whatever the position behind it is of: "grey eyes, a red cap until chapter 5".
_FIRST = loose(r"^((?:[a-z-]+ )?[a-z-]+ (?:eyes|hair|skin)|\d{1,3}),\s+")
_SINCE = either(r"after that|since then|from then on|ever after|ever since")
_TILL = either(r"until then|till then|before that|before then")
_BETWEEN = loose(r"^(?:in )?between,?\s+")
_LEARNS_THIS = re.compile(
    r"^(?P<who>[A-ZÀ-Þ][\w']*(?: [A-ZÀ-Þ][\w']*)*) (?:only )?(?P<verb>learns|finds out|discovers|knows)(?: about| of)? (?:this|it|that),? (?P<when>(?:only )?in .+?)(?:,? (?:and )?not before)?$"
)
_EXCEPT = re.compile(  # "The weir path links both, except that it is flooded from chapter 2 to chapter 3, and …"
    r"^(?P<what>(?:[Tt]he|[A-ZÀ-Þ]\w+)(?: [\w']+){0,3}?) (?:joins?|links?|connects?|crosses|spans|leads|runs|stands)\b[^,;]*[,;] (?:except that|only that|but) it is (?P<state>[^,;]+)(?:[,;].*)?$"
)
_GOES = re.compile(r"\b(?:leaves|left|goes (?:away|off)|departs|flies (?:away|off)|disappears|vanishes)\b")
_BACK = re.compile(
    r"\b(?:not|never) (?:come back|comes back|return|returns|seen again|heard of) (?P<how>before|until|till)\b"
)
_DOING = re.compile(r"^[a-z]+s\b(?! of\b)")
_THE_OTHER = re.compile(r"\(\s*(?P<who>[A-ZÀ-Þ]\w*|he|she) is the (?P<which>younger|elder|older)\s*\)")


def parts_of(text: str, name: str) -> list[str]:
    """What a line says, a part each; `name` is the entry's that it stands under.

    >>> parts_of("cracked in the second song; mended in the fifth. Between, Maud has only a drum", "The Horn")
    ['cracked in song 2 (until chapter 4)', 'mended in the fifth song', 'from chapter 2 to chapter 4 Maud has only a drum']
    """
    parts = [piece for one in LISTS.split(with_units(text)) for half in _AND.split(one) for piece in _by_span(half)]
    told: list[str] = []
    for part in parts:
        told.append(_told(part.strip(), told, name))
    return _closed(told)


def of_kin(key: str, value: str, own: str) -> str:
    """ "sister of: Edric (Maud is the younger)" as a sentence of Maud, "" when the key is nobody's relation.

    >>> of_kin("sister of", "Edric (Maud is the younger)", "Maud")
    'younger sister of Edric'
    """
    word = key.removesuffix(" of").removesuffix(" to")
    if word == key or word not in KIN:
        return ""
    rank = _THE_OTHER.search(value)
    if rank is None:
        return f"{word} of {value}"
    is_own = rank["who"] in ("he", "she") or rank["who"] in own.split()
    is_younger = (rank["which"] == "younger") is is_own
    return f"{'younger' if is_younger else 'elder'} {word} of {_THE_OTHER.sub('', value).strip()}"


def is_understood(note: str, name: str, kind: str) -> bool:
    """Whether anything that a note says is checked."""
    entry = Entry(id="one", name=name, kind=kind, notes=(note,))
    read, canon = noted(entry), Canon(entries=(entry,))
    return (
        bool(read.attributes or read.relations)
        or any(True for _ in nevers(canon))
        or any(True for _ in handed(canon))
        or any(True for _ in none_of(entry))
        or any(is_manner(one.text) or is_away(one) for one in statements(canon))
        or bool(MUTE.search(note))
        or is_by_night(note)
    )


def _told(part: str, before: list[str], name: str) -> str:
    last = before[-1] if before else ""
    positions = [one for one in (position_in(part) for part in before) if one is not None]
    if (learnt := _LEARNS_THIS.match(part)) is not None and last and position_in(last) is None:
        what = f"{name} {last}" if _DOING.match(last) else last
        return f"{learnt['who']} {learnt['verb']} {learnt['when']} that {what}"
    if (except_for := _EXCEPT.match(part)) is not None and position_in(except_for["state"]) is not None:
        return f"{except_for['what']} is {except_for['state']}"
    if positions and (gone := _BACK.search(part)) is not None and _GOES.search(f"{last} {part}"):
        back = position_in(part) or positions[-1]
        until = back - 1 if gone["how"] == "before" else back
        return f"away from chapter {positions[-1] + 1:g} to chapter {until:g}"
    if positions and _SINCE.search(part):
        return _SINCE.sub(f"from chapter {positions[-1]:g}", part)
    if positions and _TILL.search(part):
        return _TILL.sub(f"until chapter {positions[-1] - 1:g}", part)
    if len(positions) > 1 and _BETWEEN.match(part):
        first, second = positions[-2:]
        return _BETWEEN.sub(f"from chapter {first:g} to chapter {second - 1:g} ", part)
    return part


def _by_span(text: str) -> list[str]:
    """ "bearded until chapter 6, clean-shaven from chapter 7" as two; "one" in the second is the first one's noun."""
    if (first := _FIRST.match(text)) is not None and position_in(text) is not None:
        return [first[1], *_by_span(text[first.end() :])]
    parts = [part.strip() for part in _COMMA.split(text)]
    if len(parts) < 2 or any(apart(part)[1].is_open for part in parts):
        return [text]
    noun = (apart(parts[0])[0].split() or [""])[-1]
    return [re.sub(r"(?<=\w )one\b", noun, part) if place else part for place, part in enumerate(parts)]


def _closed(parts: list[str]) -> list[str]:
    """A part that the next one ends: "has not spoken for years; speaks again from chapter 9"."""
    closed = []
    for part, after in zip(parts, [*parts[1:], ""], strict=True):
        span, then = apart(part)[1], apart(after)[1].first if _AGAIN.search(after) else None
        is_ended = then is not None and (span.is_open or (span.last in (None, span.first) and (span.first or 0) < then))
        closed.append(f"{part} (until chapter {(then or 0) - 1:g})" if is_ended else part)
    return [counted(part) if position_in(part) is not None and part not in parts else part for part in closed]
