"""Whereabouts: what the words of a sentence show of somebody and a place: there, on the way, or gone from it."""

import re
from collections.abc import Sequence

from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, is_past, is_present, low_at, lows, noun
from watchbill.gates.lore.texts.candidates import acts_at, is_possessive
from watchbill.gates.lore.texts.cast import Mention

_LEAVING = bag(
    "left leaves leaving leave quit quits quitted cleared clears departed departs fled flees abandoned evacuated"
)
_REACHING = bag(
    "reached reaches reaching reach entered enters entering made raised raises sighted sights saw gained gains approached found crossed"
)
_MOVED = bag(
    "rode rides riding come came comes coming went goes going walked walks walking sailed sails sailing drove drives driving flew flies flying ran runs running marched marches marching crossed crosses poled rowed "
    "travelled traveled got gets stepped stepping steps stumbled trotted galloped strode limped hurried hiked trudged climbed climbing rolled rolling pulled put docked landed moored anchored tied arrived arrives arriving "
    "ridden driven flown gone run swum sped raced stood brought taken took carried back home slipped swept swung drew filed streamed poured tramped trekked cantered burned burst broke cut pushed set cast steamed journeyed returned flung dropped entered setting let"
)
_WITHIN = bag(
    "in at into to on onto beneath under inside within through among before outside below upon aboard off near by"
)
_ON_THE_WAY = bag(
    "road way bound route letter miles leagues news word halfway path track towards toward for start started message turning back-to signpost map"
)
_ELSEWHERE = bag(  # who says or thinks of a place is not there
    "said says told tells tell spoke speaks thought thinks think wrote writes remembered remembers dreamed dreamt knew knows heard hears read wondered missed wanted wants asked sent sends named described mentioned considered "
    "planned spoken talked talking talk thinking dreaming writing wished longed hoped imagined pointed promised swore owned inherited loved hated born posted"
)
_PARTS = bag(
    "quay harbour port gate wall light bell street outskirt market square station edge mole arch roof tower spire ice dock pier wharf shore foot head top yard door step church inn bridge lock landing field "
    "mayor court hall chimney smoke ship shadow mouth middle heart centre ruin house lane road water bay beach sand crust pad hangar ring bank slope ground soil mud dust garden table kitchen tavern hospital jail bar saloon "
    "hotel platform cathedral customs"
)
_RISES = bag(
    "stuck rose rises lay lies were coming stood stands opened came appeared loomed spread was fell dropped sank"
)
_SHOWN = re.compile(r"\b(?:before|ahead|in front|below|beneath|above|around|under|about|behind) (?:of )?(?:them|him|her|us|me|it|the \w+)\b|\b(?:in|into) (?:sight|view)\b|\b(?:rode|came|walked|went|sailed|drove|marched|ran) (?:down |up |out |right |straight )?(?:into|to|up to|through) it\b")  # fmt: skip
_NO_TRAVELLER = bag(
    "finger fingers eye eyes gaze mind thought thoughts news rumour rumours fame smoke glance map chart line memory voice story tale word words wire telegram pigeon message call letter letters packet parcel"
)
PERSONAL = {"he": "m", "him": "m", "his": "m", "she": "f", "her": "f", "they": "p", "them": "p", "their": "p", "we": "w", "us": "w", "our": "w", "i": "w", "me": "w", "my": "w", "you": "y"}  # fmt: skip
_ASIDE = re.compile(  # "they rode, he said, to Rye", "she said goodbye to him in Rye"
    r", \w+ (?:said|says) ,|\b(?:said|says)(?= (?:\w+ ){0,2}(?:goodbye|farewell)\b)"
)
_NOT_ONES_WAY = bag("halfway road way letter coach path train track map line cart carrier post mail parcel midway")
_TRIPS = bag("ride walk sail drive march journey voyage crossing trip run climb hop flight")
FINDING = bag("reached found caught overtook met woke")
SUBJECTS = frozenset(("he", "she", "they", "we", "i"))
_ARTICLES = bag(
    "the a an old great little her his their its distant grey gray white black far this that new our my frozen very same"
)


UNSAID = bag(
    "would could might should may must will shall if unless whether perhaps hoped meant wanted planned intended bound almost nearly"
)
_JOINTS = bag("when while until till because where if as")
_BEING = bag("was were is are be goodbye farewell")
_BEHIND = re.compile(
    r"(?:(?:was|were|lay|fell|dropped|sank) (?:\w+ )?(?:well |far |long )?(?:away )?behind\b|behind (?:them|him|her|us|me)\b)"
)


def shown_at(words: Sequence[Token], clause: int, first: int, last: int) -> str:
    """Whether the words around the name of a place, at the tokens first … last, show somebody "there" or having "left" it; "" else."""
    start = _phrase_start(words, first)
    before = low_at(words, start - 1)
    said = lows(words[clause : max(clause, start - 1)])
    said = _ASIDE.sub(" ", " ".join(said)).split()
    after = " ".join(word.lower for word in words[last + 1 : last + 9])
    if set(said) & _NO_TRAVELLER and not set(said) & FINDING:
        return ""
    if _is_left(words, said, before, last, after):
        return "left"
    is_timed = words[clause].lower in ("on", "at", "by") and not any(is_past(one) for one in said)
    is_first = start == clause or before in ("the", ",", "and") or is_timed  # "At dawn Rye rose ahead of them"
    rises = any(word in _RISES for word in after.split()[:4])
    is_seen = rises and bool((is_first and _SHOWN.search(after)) or _SHOWN.match(" ".join(said)))
    is_second = (
        before == "to"
        and not _is_of_the_way(said)
        and start - 2 >= clause
        and start > 1
        and words[start - 2].is_capital
    )  # "from Hythe to Rye"
    is_in_sight = before in ("had", "have", "has") and after.startswith(("in sight", "in view"))
    if before in _REACHING or is_seen or is_second or is_in_sight:
        return "there"
    if before not in _WITHIN or set(said[-6:]) & _ON_THE_WAY or set(said) & _ELSEWHERE:
        return ""
    if before in ("to", "into", "onto"):
        is_at_part = start < first - 1 and noun(words[first - 2].text) in _PARTS  # "made fast to the rings at Rye"
        return "there" if set(said) & (_MOVED | _TRIPS) or is_at_part else ""
    is_done = any(is_past(one) or is_present(one) or one in _BEING or one.endswith("ing") for one in said)
    return "there" if is_done or _leads(words, clause, start, last) else ""


def _is_left(words: Sequence[Token], said: Sequence[str], before: str, last: int, after: str) -> bool:
    two = [word for word in words[last + 2 : last + 4] if word.lower != "the"][:1]
    is_first_of_two = after.startswith("to ") and bool(two) and two[0].is_capital  # "Hythe to Rye", "to the Rye Works"
    if _is_of_the_way(said):
        return False
    return (
        before in _LEAVING
        or is_first_of_two
        or (before == "from" and bool(set(said) & (_MOVED | _LEAVING | _TRIPS)))
        or (before == "of" and said[-1:] == ["out"])
        or bool(_BEHIND.match(after))
    )


def _is_of_the_way(said: Sequence[str]) -> bool:
    """ "The road from Hythe to Rye climbs", "halfway from Hythe": nobody has come there."""
    return bool(set(said[:3]) & _NOT_ONES_WAY or set(said) & {"halfway", "midway"})


def _leads(words: Sequence[Token], clause: int, start: int, last: int) -> bool:
    """ "In Rye that same evening she dined": the place stands first, and somebody does something behind it."""
    after = lows(words[last + 1 : last + 10])
    at = next((at for at, one in enumerate(after) if one in SUBJECTS), len(after))
    is_first = not {"a", "an", "who", "where"} & set(after[:at])  # not "In Rye a man he had never met sat"
    does = after[at + 1 : at + 2]
    return start - 1 == clause and is_first and any(is_past(one) or one in _BEING for one in does)


def is_subject(words: Sequence[Token], named: Mention) -> bool:
    """ "Ada rode", "Ada, tired, rode", and not "he kissed Ada"."""
    after = low_at(words, named.last + 1)
    return not is_possessive(words, named.last) and (
        named.first < 2 or after in (",", "and") or acts_at(words, named.last + 1)
    )


def is_of_a_name(words: Sequence[Token], at: int) -> bool:
    """Whether a capital stands beside another one: "Halden Morrow", "Captain Halden"."""
    beside = [words[at - 1], *words[at + 1 : at + 2]]
    return any(one.is_capital and one.is_word and one.lower not in ("i", "the") for one in beside)


def clause_of(words: Sequence[Token], first: int) -> int:
    """Where the clause of a token begins."""
    for at in range(first - 1, -1, -1):
        if words[at].text in ";:—" or words[at].lower in _JOINTS:
            return at + 1
        if words[at].lower in ("and", "but") and at + 1 < first and words[at + 1].lower in PERSONAL:
            return at + 1
    return 0


def _phrase_start(words: Sequence[Token], first: int) -> int:
    """Where the phrase of a place begins, with what of it is reached: "the outer gate of Rye", "the door of her house in Rye"."""
    at = _before_articles(words, first)
    while at > 1 and words[at - 1].lower in ("of", "at", "in") and noun(words[at - 2].text) in _PARTS:
        at = _before_articles(words, at - 2)
        is_qualified = at > 1 and words[at - 1].is_word and words[at - 2].lower in ("the", "a")
        if is_qualified and words[at - 1].lower not in _WITHIN:
            at = _before_articles(words, at - 1)
    return at


def _before_articles(words: Sequence[Token], at: int) -> int:
    while at and words[at - 1].lower in _ARTICLES:
        at -= 1
    return at
