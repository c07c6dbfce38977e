"""Signs of life: the words of a sentence by which somebody in it acts, is about something, or is dealt with as one who lives."""

from collections.abc import Callable, Iterator, Sequence

from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, low_at, lows, noun
from watchbill.gates.lore.english.people import SPEAKING, TITLES
from watchbill.gates.lore.texts.cast import Mention
from watchbill.gates.lore.texts.phrases import acts, is_base, is_told

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
_WRITTEN = bag("down out something the his it on")
_LEFT_TO = bag("her him me us them you it that to from of in")
NOT_DOING = bag(
    "lying hanging rotting floating drifting missing being dying fading waiting looming sleeping resting haunting going coming becoming getting having living hiding"
)
_AWAKE = bag("asleep awake snoring busy hungry cross furious tired cheerful delighted drunk restless")
_DENIED = bag(
    "take look turn stop wait let put sit bother trouble pause hurry knock lift raise smile nod shrug flinch meet find budge move blink hesitate"
)
_MEETS = bag("found finds met meets passed passes joined joins helped helps saw sees caught catches watched watches")
_TOGETHER = bag(
    "danced dined walked talked spoke supped played rode waltzed lunched breakfasted chatted drank argued quarrelled hands glasses"
)
_GIVES = bag("handed hands passed passes tossed tosses threw throws offered offers served serves")
_BIDS = bag(
    "asked asks told tells sent sends begged begs ordered orders bade handed hands passed passes gave gives poured pours"
)
_BIDDEN = bag("for to a an the if whether another some")
_PERCEIVES = bag("heard hears saw sees watched watches felt feels let lets made makes had has")
_LIMBS = bag(
    "laugh voice smile hand hands finger fingers shoulder shoulders elbow footsteps thumb fist palm eyes eyebrows eyebrow brow jaw lips mouth head chin knee knees boots cheeks grip"
)
_THERE = bag("was is stood stands sat sits came comes")
_PLACED = bag("on at in by with beside under over behind near")
# Where somebody is who is up and about.
_ABOUT = bag(
    "kitchen cellar door doorway gate window stove desk wheel helm table counter bar garden yard stairs stair step stable barn shop office workshop hall "
    "corridor attic crawlway hatch saddle galley bench rail oars tiller reins queue crowd front lead"
)
_UP = bag("up back home early late ready busy first upstairs downstairs outside inside halfway nearby")
_TIMES = bag(
    "morning day evening night afternoon week moment year month time hour minute minutes hours days noon later dusk dawn"
)
_OPENING = bag(
    "then and but so now at by in on from after before with behind beside outside inside later across opposite without among under old for that this slowly suddenly "
    "finally upstairs downstairs below above once to down up over out back away there here near next along past through all every"
)
# Verbs that stand before who does it: "out of the fog came Tomas".
_COMING = bag(
    "came sat stood strode walked stepped ran hurried rode crept knelt leaned limped climbed emerged comes sits stands"
)
_IN_SCENE = bag(
    "opened answered spoke broke stepped came looked turned laughed nodded noticed led drove held moved reached went"
)
_SAYING = bag("said says put always once liked used wrote told had")


def signs(words: Sequence[Token], mention: Mention) -> Iterator[Span]:
    """Where a sentence of narration shows the one mentioned alive."""
    for sign in _SIGNS:
        found = sign(words, mention)
        if found is not None:
            yield found


def _acts(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas laughed", and "Tomas and Ines laughed"."""
    verb = _verb_after(words, mention.last)
    if verb is None or not is_main(words, mention.first):
        return None
    is_hanging = (
        words[verb].lower == "hung" and verb + 1 < len(words) and words[verb + 1].lower in ("his", "her", "the")
    )
    if words[verb].lower in _STILL and not is_hanging:
        return None
    closed = max((at for at in range(mention.last + 1, verb) if words[at].text == ","), default=mention.last)
    if (
        closed == mention.last
        and words[mention.first - 1].lower == "as"
        and mention.first
        and words[verb].lower in _SAYING
    ):
        return None  # "as Tomas said, a boat is a promise"
    after = low_at(words, verb + 1)
    if words[verb].lower in _LEGACY and (after in _LEFT_TO or (words[verb].lower == "wrote" and after not in _WRITTEN)):
        return None
    return mention.first, verb


def _is_doing(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas was shelling peas", "Tomas, his hat over his eyes, is asleep", "Tomas was already in the cellar"."""
    be = _after_apposition(words, mention.last)
    if be is None or be >= len(words) or words[be].lower not in ("was", "is", "were", "are", "'s"):
        return None
    at = be + 1
    while (
        at < len(words)
        and at < be + 3
        and (words[at].lower.endswith("ly") or words[at].lower in ("still", "already", "now"))
    ):
        at += 1
    if at >= len(words) or not is_main(words, mention.first):
        return None
    low = words[at].lower
    is_doing = low.endswith("ing") and len(low) > 5 and low not in NOT_DOING
    if is_doing or low in _AWAKE:
        return mention.first, at
    comma = next((to for to in range(at, len(words)) if words[to].text == ","), len(words))
    rest = lows(words[at:comma]) or [words[at].lower]
    is_already = words[at - 1].lower == "already" and rest[0] not in _NOT_ANY_MORE and words[at].is_word
    if is_already and not _BACK_THEN & {*rest[:6]}:
        return mention.first, at
    if rest[:1] and rest[0] in _UP | _PLACED and not _BACK_THEN & {*rest}:
        is_about = any(noun(one) in _ABOUT for one in rest[1:6]) or "already" in (words[at - 1].lower, words[at].lower)
        return (mention.first, at) if is_about or (rest[0] in _UP and rest[1:2] != ["of"]) else None
    return None


_NOT_ANY_MORE = bag("dead dying gone buried cold ill missing lost past a an the known")
_BACK_THEN = bag("when had day night morning that until")


def _refrains(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas doesn't look up", "Tomas would not sit down": who does not do it now could."""
    at = mention.last + 1
    after = lows(words[at : at + 3])
    verb = (
        at + 1
        if after[:1] and after[0] in ("doesn't", "didn't", "wouldn't", "couldn't")
        else at + 2
        if after[1:2] == ["not"] and after[0] in ("did", "does", "would", "could")
        else None
    )
    if verb is None or verb >= len(words) or words[verb].lower not in _DENIED or not is_main(words, mention.first):
        return None
    is_ended = any(word.lower in ("more", "again", "anymore", "ever", "any", "now") for word in words[verb + 1 :])
    return None if is_ended else (mention.first, verb)


def _is_there(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "There was Tomas on the step"."""
    before = lows(words[max(0, mention.first - 2) : mention.first])
    after = low_at(words, mention.last + 1)
    is_here = before[:1] == ["there"] and before[-1] in _THERE and len(before) == 2
    is_placed = after in _PLACED or after.endswith("ing")
    return (mention.first - 2, mention.last) if is_here and is_placed else None


def _comes(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Out of the fog came Tomas", "It was Tomas who opened the door"."""
    before = lows(words[: mention.first])
    after = lows(words[mention.last + 1 : mention.last + 3])
    if before[-2:] == ["it", "was"] and len(before) < 4 and after[:1] == ["who"] and after[-1] in _IN_SCENE:
        return mention.first, mention.last + 2
    is_turned = (
        len(before) > 2 and before[-1] in _COMING and before[0] in _OPENING and not {*before} & _SUBORDINATE - {"after"}
    )
    return (mention.first - 1, mention.last) if is_turned and after[:1] != ["'s"] else None


def _is_perceived(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "She heard Tomas laugh", "Ines had Tomas carry it up", "Ines asked Tomas for the key"."""
    at, after = mention.first - 1, lows(words[mention.last + 1 : mention.last + 3])
    if at < 1 or not after or words[at - 1].lower in ("had", "never", "to", "not", "ever", "still", "'d", "could"):
        return None
    verb = words[at].lower
    is_seen = verb in _PERCEIVES and is_base(after[0])
    is_bid = verb in _BIDS and after[0] in _BIDDEN and not (after[0] == "to" and after[-1] == "the")
    return (at, mention.last + 1) if is_seen or is_bid else None


def _is_met(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "She found Tomas on the step, whittling", "she handed the rope to Tomas"."""
    at = mention.first
    after = low_at(words, mention.last + 1)
    if at and _is_asked_today(words, mention):
        return at - 1, mention.last
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
        rest = lows(words[mention.last + 1 : mention.last + 2])
        is_doing = rest[:1] and rest[0].endswith("ing") and len(rest[0]) > 5 and rest[0] not in NOT_DOING - {"waiting"}
        if is_doing or {*rest} & _AWAKE:
            return at - 1, mention.last
        return None
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


def _is_asked_today(words: Sequence[Token], mention: Mention) -> bool:
    """ "Ines had met the sexton, Tomas, this very morning"."""
    before = set(lows(words[max(0, mention.first - 4) : mention.first]))
    after = " ".join(word.lower for word in words[mention.last + 1 : mention.last + 6])
    return bool(before & _DEALT) and any(
        one in after for one in ("this morning", "this very morning", "this evening", "this afternoon", "an hour ago")
    )


_DEALT = bag("asked told seen met saw passed")


def _moves(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "Tomas's hand closed on hers", "she took Tomas's arm"."""
    at = mention.last + 1
    if at + 2 >= len(words) or words[at].lower != "'s" or words[at + 1].lower not in _LIMBS | _HELD_BY:
        return None
    before = lows(words[max(0, mention.first - 2) : mention.first])
    if before and before[-1] in _TOUCHES and not {*before[:-1]} & {"had", "to", "never"}:
        return mention.first - 1, at + 1
    verb = words[at + 2].lower
    is_act = (
        acts(verb)
        and verb not in _STILL
        and verb not in ("felt", "looked")
        and not (verb == "came" and words[at + 3 : at + 4] and words[at + 3].lower in ("back", "to"))
    )
    return (mention.first, at + 2) if is_act and is_main(words, mention.first) else None


_HELD_BY = bag("arm arms sleeve wrist ear")
_TOUCHES = bag("took caught squeezed seized grabbed gripped tugged nudged shook takes catches squeezes grabs")


def _is_ridden(words: Sequence[Token], mention: Mention) -> Span | None:
    """ "She turned Thistle across the track", "he saddled Thistle"."""
    at = mention.first - 1
    verb, before = words[at].lower if at > 0 else "", low_at(words, at - 1)
    after = low_at(words, mention.last + 1)
    is_turned = verb in ("turned", "turn", "led", "lead", "drove") and after in _WHITHER
    if not is_turned or before in ("had", "to", "never", "not", "once", "'d") or after == "'s":
        return None
    return at, mention.last


_WHITHER = bag("across about round up down into out off towards toward away")


_SIGNS: tuple[Callable[[Sequence[Token], Mention], Span | None], ...] = (
    _acts, _is_doing, _refrains, _is_there, _comes, _is_perceived, _is_met, _moves, _is_ridden,
)  # fmt: skip


def _after_apposition(words: Sequence[Token], last: int) -> int | None:
    """What follows a name, behind "her oldest friend" or "who had been asleep" between commas; None where that may be a list."""
    at = last + 1
    if at < len(words) and words[at].text == ",":
        close = next((to for to in range(at + 1, min(len(words), at + 10)) if words[to].text == ","), None)
        if close is None or any(word.lower in ("and", "or") or word.is_capital for word in words[at + 1 : close]):
            return None
        at = close + 1
    return at


def _verb_after(words: Sequence[Token], last: int) -> int | None:
    """The verb of a name that is a subject: right behind it, or behind an apposition, an adverb or another's name."""
    at = last + 1
    if at + 1 < len(words) and words[at].lower == "and" and words[at + 1].is_capital:
        at += 2
        while at < len(words) and words[at].is_capital:
            at += 1
    after = _after_apposition(words, at - 1)
    if after is None:
        return None
    at = start = after
    while (
        at < len(words)
        and at < start + 3
        and (
            words[at].lower.endswith("ly")
            or words[at].lower in ("only", "just", "then", "still", "now", "himself", "herself")
        )
    ):
        at += 1
    return at if at < len(words) and (acts(words[at].text) or is_told(words, at)) else None


def is_main(words: Sequence[Token], first: int) -> bool:
    """Whether a name is the subject of what happens, not of "how Tomas laughed" or "the boat Tomas built"."""
    while first and words[first - 1].lower in TITLES | _BEFORE_NAMES:
        first -= 1
    start = 0
    for at in range(first - 1, -1, -1):
        if words[at].text in ",;:—–" or (words[at].lower in ("and", "but", "then") and at):
            start = at + 1
            break
    clause = lows(words[start:first])
    if clause and clause[0] in _OPENING and not any(acts(word) for word in clause):  # "at a quarter after two"
        clause = [word for word in clause if word not in _SINCE]
    whole = lows(words[:first])
    if clause and clause[-1] in _MEANWHILE:
        clause = clause[:-1]
        if whole[-1] == "when" and not _UNDER_WAY & {*whole}:
            return False
        return not {*clause} & _SUBORDINATE and not {*whole} & _RELATING
    is_then = (
        whole[:1] == ["when"] and not clause and bool({*whole} & _SCENE)
    )  # "When she came down, Tomas was at the stove"
    if {*clause} & _SUBORDINATE or ({*whole} & (_RELATING | _SUBORDINATE & {*whole[:1]}) and not is_then):
        return False
    if clause and clause[0] in ("the", "a", "an"):
        return clause[-1] in _TIMES  # "the next morning Hugh came down", not "the boat Hugh built"
    return not clause or clause[0] in _OPENING


_BEFORE_NAMES = bag("the poor even only")
_SINCE = bag("after before until since")
_MEANWHILE = bag("as while when")
_UNDER_WAY = bag("scarcely hardly barely still just already reading sitting standing waiting going getting leaving")
_SCENE = bag("came opened turned looked woke reached got returned entered arrived")
_RELATING = bag("how that whenever if because")


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
