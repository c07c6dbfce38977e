"""Signs of life: the words of a sentence by which somebody in it acts, is about something, or is dealt with as one who lives."""

from collections.abc import Callable, Iterator, Sequence

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.cast import Mention
from watchbill.gates.lore.language import Token
from watchbill.gates.lore.people import SPEAKING
from watchbill.gates.lore.phrases import acts

Span = tuple[int, int]  # tokens

_SUBORDINATE = bag(
    "how that when what where which who whom whose because since before after while whenever why if although though until as way than whether"
)
# What the dead do too, or did before: "the hat belonged to Tomas", "Tomas built this".
_STILL = bag(
    "was were had lay lies is are has died dies hung remained remains rested rests belonged belongs meant means seemed would could might must may "
    "should used loomed mattered haunted haunts became did does lived loved owed owned deserved floated drifted decayed rotted slumped"
)
_LEGACY = bag("gave left taught made built bought wrote promised told sent named carved lent")
_PERSONAL = bag("her him me us them you it")
_NOT_DOING = bag(
    "lying hanging rotting floating drifting missing being dying fading waiting looming sleeping resting haunting going coming becoming getting having"
)
_AWAKE = bag("asleep awake snoring busy hungry cross furious tired cheerful delighted drunk restless")
_DENIED = bag("take look turn stop wait let put sit bother trouble pause hurry knock lift raise smile nod shrug flinch")
_MEETS = bag("found finds met meets passed passes joined joins helped helps saw sees caught catches watched watches")
_TOGETHER = bag(
    "danced dined walked talked spoke supped played rode waltzed lunched breakfasted chatted drank argued quarrelled"
)
_GIVES = bag("handed hands passed passes tossed tosses threw throws offered offers served serves")
_LIMBS = bag("laugh voice smile hand hands finger fingers shoulder shoulders elbow footsteps thumb fist palm")
_THERE = bag("was is stood stands sat sits came comes")
_PLACED = bag("on at in by with beside under over behind near")
_TIMES = bag("morning day evening night afternoon week moment year month time hour")
_OPENING = bag(
    "then and but so now at by in on from after before with behind beside outside inside later across under old for that this slowly suddenly "
    "finally poor dr captain even only upstairs downstairs below above once to down up over out back away there here near next along past through all every"
)


def signs(words: Sequence[Token], mention: Mention) -> Iterator[Span]:
    """Where a sentence of narration shows the one mentioned alive."""
    for sign in _SIGNS:
        found = sign(words, mention)
        if found is not None:
            yield found


def _acts(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas laughed", and "Tomas and Ines laughed"."""
    verb = _verb_after(words, mention.last)
    if verb is None or not _is_main(words, mention.first) or words[verb].lower in _STILL:
        return None
    closed = max((at for at in range(mention.last + 1, verb) if words[at].text == ","), default=mention.last)
    if any(word.lower in ("had", "'d", "would", "could", "used", "might", "must") for word in words[closed + 1 : verb]):
        return None
    after = words[verb + 1].lower if verb + 1 < len(words) else ""
    if words[verb].lower in _LEGACY and (after in _PERSONAL or after == "that"):
        return None
    return mention.first, verb


def _is_doing(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas was shelling peas", "Tomas is asleep"."""
    be = mention.last + 1
    if be >= len(words) or words[be].lower not in ("was", "is", "were", "are", "'s"):
        return None
    at = be + 1
    while (
        at < len(words)
        and at < be + 3
        and (words[at].lower.endswith("ly") or words[at].lower in ("still", "already", "now"))
    ):
        at += 1
    if at >= len(words) or not _is_main(words, mention.first):
        return None
    low = words[at].lower
    is_doing = low.endswith("ing") and len(low) > 5 and low not in _NOT_DOING
    return (mention.first, at) if is_doing or low in _AWAKE else None


def _refrains(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas doesn't look up": who does not do it now could."""
    at = mention.last + 1
    after = [word.lower for word in words[at : at + 3]]
    verb = (
        at + 1
        if after[:1] in (["doesn't"], ["didn't"])
        else at + 2
        if after[:2] in (["did", "not"], ["does", "not"])
        else None
    )
    if verb is None or verb >= len(words) or words[verb].lower not in _DENIED or not _is_main(words, mention.first):
        return None
    is_ended = any(word.lower in ("more", "again", "anymore", "ever", "any", "now") for word in words[verb + 1 :])
    return None if is_ended else (mention.first, verb)


def _is_there(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "There was Tomas on the step"."""
    before = [word.lower for word in words[max(0, mention.first - 2) : mention.first]]
    after = words[mention.last + 1].lower if mention.last + 1 < len(words) else ""
    is_here = before[:1] == ["there"] and before[-1] in _THERE and len(before) == 2
    return (mention.first - 2, mention.last) if is_here and (after in _PLACED or after.endswith("ing")) else None


def _is_met(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "She found Tomas on the step, whittling", "she handed the rope to Tomas"."""
    at = mention.first
    after = words[mention.last + 1].lower if mention.last + 1 < len(words) else ""
    if at > 1 and words[at - 1].lower == "with" and words[at - 2].lower in _TOGETHER and after != "'s":
        is_now = not (at > 2 and words[at - 3].lower in ("had", "to", "never", "not", "last", "once"))
        return (at - 2, mention.last) if is_now else None
    if at and words[at - 1].lower == "met" and after in ("on", "in", "at", "by", "outside", "coming", "near"):
        return (
            (at - 1, mention.last)
            if not (at > 1 and words[at - 2].lower in ("had", "never", "first", "he'd", "who"))
            else None
        )
    if at and words[at - 1].lower in _MEETS and not (at > 1 and words[at - 2].lower in ("still", "had", "never")):
        rest = words[mention.last + 1 : mention.last + 9]
        doing = next(
            (
                word
                for place, word in enumerate(rest)
                if word.lower.endswith("ing")
                and len(word.lower) > 5
                and word.lower not in _NOT_DOING
                and (place == 0 or rest[place - 1].text == ",")
            ),
            rest[0] if rest and rest[0].lower in _AWAKE else None,
        )
        return (at - 1, mention.last) if doing is not None else None
    if (
        at > 1
        and words[at - 1].lower == "to"
        and mention.last + 1 < len(words)
        and words[mention.last + 1].lower != "'s"
    ):
        gave = next((place for place in range(at - 2, max(-1, at - 8), -1) if words[place].lower in _GIVES), None)
        is_past = gave is not None and gave > 0 and words[gave - 1].lower not in ("had", "to", "'d", "would", "never")
        return (gave, mention.last) if gave is not None and is_past else None
    return None


def _moves(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas's hand closed on hers"."""
    at = mention.last + 1
    if at + 2 >= len(words) or words[at].lower != "'s" or words[at + 1].lower not in _LIMBS:
        return None
    verb = words[at + 2].lower
    is_act = acts(verb) and verb not in _STILL and verb not in ("felt", "looked")
    return (mention.first, at + 2) if is_act and _is_main(words, mention.first) else None


_SIGNS: tuple[Callable[[Sequence[Token], Mention], Span | None], ...] = (
    _acts, _is_doing, _refrains, _is_there, _is_met, _moves,
)  # fmt: skip


def _verb_after(words: Sequence[Token], last: int) -> int | None:
    """The verb of a name that is a subject: right behind it, or behind an apposition, an adverb or another's name."""
    at = last + 1
    if at + 1 < len(words) and words[at].lower == "and" and words[at + 1].is_capital:
        at += 2
        while at < len(words) and words[at].is_capital:
            at += 1
    if at < len(words) and words[at].text == ",":
        close = next((to for to in range(at + 1, min(len(words), at + 9)) if words[to].text == ","), None)
        if close is None or any(word.lower in ("and", "or") or word.is_capital for word in words[at + 1 : close]):
            return None
        at = close + 1
    start = at
    while (
        at < len(words)
        and at < start + 3
        and (
            words[at].lower.endswith("ly")
            or words[at].lower in ("only", "just", "then", "still", "now", "himself", "herself")
        )
    ):
        at += 1
    return at if at < len(words) and acts(words[at].text) else None


def _is_main(words: Sequence[Token], first: int) -> bool:
    """Whether a name is the subject of a main clause, not of "how Tomas laughed" or "the boat Tomas built"."""
    first -= first > 0 and words[first - 1].lower == "the"
    start = 0
    for at in range(first - 1, -1, -1):
        if words[at].text in ",;:—–" or (words[at].lower in ("and", "but", "then") and at):
            start = at + 1
            break
    clause = [word.lower for word in words[start:first]]
    if any(word in _SUBORDINATE for word in clause):
        return False
    whole = [word.lower for word in words[:first]]
    if any(word in ("how", "that", "when", "whenever", "if", "because", "as") for word in whole):
        return False
    if clause and clause[0] == "the":
        return clause[-1] in _TIMES  # "the next morning Hugh came down", not "the boat Hugh built"
    return not clause or clause[0] in _OPENING


def speaks(words: Sequence[Token], mention: Mention) -> Span | None:
    """The verb of saying beside a name: "said Tomas", "Tomas replied"."""
    for at in (mention.first - 1, mention.last + 1, mention.first - 2):
        is_article = at == mention.first - 2
        if not 0 <= at < len(words) or words[at].lower not in SPEAKING:
            continue
        if is_article and words[mention.first - 1].lower != "the":
            continue
        if at < mention.first and words[at].lower in ("told", "asked", "called", "answered", "warned") and at > 0:
            continue
        return min(mention.first, at), max(mention.last, at)
    return None
