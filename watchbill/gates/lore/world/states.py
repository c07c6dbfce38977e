"""States: what nobody can do with a thing as it is: cross a bridge that is down, row a boat that is holed, hear a frozen brook."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import Token, low_at, lows, noun, stem, stems
from watchbill.gates.lore.english.lexicon import kinds_of
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.phrases import acts
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.world.things import State, is_somebody, named, state_of

_TELLING = bag("frozen unseaworthy")  # states that show by themselves what has them: "the Cord is frozen over"


# What a canon says of a thing, by the state it tells of.
_SAID = {
    "impassable": r"\b(?:down|washed (?:away|out)|caved in|choked|swept away|carried away|collapsed|destroyed|ruined|fallen|burnt|burned|shut|closed|barred|blocked|locked|bricked up|walled up|impassable|under ?water|flooded|snowed (?:in|up)|buried|mined|"
    r"(?:nobody|no one|no \w+) (?:can |may )?(?:cross\w*|pass\w*|gets?|goes|go) ?(?:it|through|over|across|by)?|cannot be (?:crossed|passed|used))\b",
    "frozen": r"\b(?:frozen|iced over|solid ice|freezes)\b",
    "unseaworthy": r"\b(?:holed|sunk|sank|aground|beached|stove in|dismasted|laid up|careened|not seaworthy|cannot be (?:rowed|sailed|launched|used)|in dry dock)\b",
    "still": r"\b(?:stopped|shut down|stopt|broken|silent|cracked|dumb|locked|jammed|seized|stuck|stands still|does not (?:turn|go|run|work|ring|strike)|cannot (?:turn|ring|spin|be rung)|out of (?:service|order|action|use)|do(?:es)? not work)\b",
    "dry": r"\b(?:dry|dried up|run dry|drained)\b",
}  # fmt: skip
_SAID_OF = {kind: loose(words) for kind, words in _SAID.items()}
# To which things a state may belong; none: to any.
_THINGS = {
    "impassable": bag("portal wormhole jumpgate frontier crossroads pontoon bridge ford stone causeway pass road tunnel gate door lock ferry crossing path lane street border stair staircase passage footbridge track line port canal mountain weir wall trestle viaduct aqueduct drawbridge culvert underpass towpath boardwalk pier jetty stile"),
    "frozen": bag("brook river lake pond stream canal water sea harbour bay mere moat burn beck fjord waterfall ford tarn lagoon"),
    "unseaworthy": bag("boat ship vessel yacht barge punt skiff ferry launch schooner brig eight four pair canoe tug trawler starship"),
    "still": bag("clock bell mill wheel ring engine carousel lift fountain press loom organ fan elevator windmill waterwheel turbine station carillon watch pump roundabout reactor generator dynamo boiler"),
    "dry": bag("brook river well fountain stream spring pond canal lake bath pool moat reservoir"),
}  # fmt: skip
_OPENED = re.compile(
    r"\b(?:jammed|stuck|fixed|locked|left|swung|stands|wedged) open\b|\b(?:raised|drawn up)\b"
)  # for ships
_CROSSING = stems("cross ford")
_MOVING = stems(
    "walk rode ride drive run march stroll go went hurry roll trot come pass gallop pour stream rattle clatter hop skip jump step stride wander limp tramp trudge creep crept slip slid sped cycle pedal lead carry bring lift row dash race "
    "tiptoe file shuffle climb scramble wade crawl rumble jolt steer haul drag push skate canter amble saunter march return follow hasten scurry drift sail"
)
_ROADS = bag("road lane street path track highway towpath way")
_ALONG = bag("along up down on by")
_THROUGH = bag("over across through by via")
_AFLOAT = stems("swim dive wade row sail paddle splash bathe float drift bob duck dunk plunge")
_FLOWING = stems(
    "chatter run ripple lap flow murmur babble gurgle rush splash chuckle race pour tumble slide swirl sing glide"
)
_UNDER_WAY = stems("slide glide float race surge skim sail row cut push run pull put lift launch")
_AWAY = bag("out away off down past through along across under forward from ahead upstream downstream towards toward")
_LAUNCHING = stems("row launch sail paddle race")
_GOING = stems(
    "tick strike chime toll turn spin spun revolve rotate ring peal grind whirr creak clank clang boom hum work go run sound play roll speak call knell clash thunder beat swing announce summon clack thump throb roar sing rise rose climb descend tell count clamour"
)
_ANY_VERB = _FLOWING | _UNDER_WAY | _GOING
CHANGED = either(
    r"rebuilt|repaired|mended|reopen\w*|new planks|thaw\w*|melt\w*|refloat\w*|patched|in (?:his|her|their|my) (?:head|mind)|used to|toy|model|"
    r"ruins?|remains of|what was left|where it (?:had|was|stood)|in (?:spring|summer|autumn)|and now (?:it|the \w+|they) (?:was|were|is|are|stood|ran|rang|carried)|smuggl\w*|bribe\w*"
)
_OTHER_WAYS = {
    "impassable": either(r"ropes?|raft|temporary|makeshift|pontoon|bypass\w*"),
    "still": either(r"hand-?bell|clapper|another (?:bell|clock)|pocket watch|in (?:spring|summer)"),
}
_OTHER_WATER = either(
    r"kettle|tap|bath|jug|barrel|pump|gutter|pan|under the ice|beneath the ice|sledge|pour\w*|spill\w*|bucket|rain\w*|leak\w*"
)
_WATERSIDE = bag("bank bridge reed shell ford shore weir ripple current stream raft")
_FOLLOWING = bag(
    "and but or in on at by with of to from for over under into onto through across behind before after between near as than like that which who when where while if because so then he she it they we you i "
    "again twice once home alone together now there here back first last night every each late early barefoot the a his her their out off down up away still just only never always until till without hand"
)


def is_where_it_was(text: str, state: State) -> bool:
    """ "Where the bridge had been"."""
    return (
        re.search(
            rf"\bwhere (?:the|its) (?:\w+ )?{re.escape(state.head)} (?:had|was|stood|used)\b", text, re.IGNORECASE
        )
        is not None
    )


class States:
    def __init__(self, canon: Canon) -> None:
        heads = Counter(noun(entry.name.split()[-1]) for entry in canon.entries if entry.name)
        self._states = [state for one in statements(canon) for state in _states(canon, one, heads)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        held = [one for one in self._states if one.stated.span.holds(reading.standing.position)]
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not held or not frames.is_narrated(sentence) or frames.goes_back(sentence):
                continue
            around = reading.passage.in_paragraph(sentence.paragraph)
            if CHANGED.search(around):
                continue
            for state in held:
                if is_where_it_was(around, state):
                    continue
                told = around.replace(state.head.capitalize(), "") if state.is_name else around  # the Bath is no bath
                if state.names:
                    told = re.sub(rf"\b(?:{'|'.join(state.names)}) {state.head}\b", "", told, flags=re.IGNORECASE)
                if _OTHER_WAYS.get(state.kind, _OTHER_WATER).search(told):
                    continue
                found = next(_undone(reading, place, state), None)
                if found is None or frames.is_hedged(sentence, sentence.tokens[found[0]].end):
                    continue
                first, last = found
                if _NONE.search(reading.passage.prose, _clause_start(sentence, first), sentence.tokens[first].start):
                    continue
                yield Mark.over(sentence.tokens, first, last, "fact", state.stated.id, state.stated.words, 0.8)


_NONE = either(r"no|none|neither|nor|hardly|scarcely")


def _clause_start(sentence: Sentence, at: int) -> int:
    """Where the clause of a token begins."""
    return max(
        (word.end for word in sentence.tokens[:at] if word.text in ",;:—" or word.lower == "so"), default=sentence.start
    )


def _states(canon: Canon, stated: Statement, heads: Counter[str]) -> Iterator[State]:
    if stated.entry is not None and is_somebody(stated.entry):
        return
    said = stated.text.split(";")[0]
    for kind, pattern in _SAID_OF.items():
        if not pattern.search(said) and not (kind == "impassable" and _OPENED.search(said)):
            continue
        state = state_of(canon, stated, kind, heads)
        if state is None or re.search(r"\b(?:not|never|no longer) (?:down|shut|closed|locked|frozen|broken)", said):
            continue
        kinds = set(state.entry.kind.split()) if state.entry is not None else set()
        is_of_it = (kind in _TELLING and state.is_name) or state.head in _THINGS[kind] or bool(kinds & _THINGS[kind])
        if is_of_it and (pattern.search(said) or state.head.endswith("bridge")):
            yield state


def _undone(reading: Reading, place: int, state: State) -> Iterator[tuple[int, int]]:
    """The tokens between which the text does what the state forbids."""
    words = reading.sentences[place].tokens
    if state.kind == "frozen":
        yield from _flowing(reading, place)
    for first, last in named(reading, place, state):
        is_part = last + 1 < len(words) and noun(words[last + 1].text) in _PARTS  # "the mill wheel" of the mill
        if is_part or not _is_compound(words, last):
            yield from _DOINGS[state.kind](words, first, last + is_part)


_PARTS = bag("wheel door sail hand clapper works stone light")


def _is_compound(words: Sequence[Token], last: int) -> bool:
    """Whether a noun follows: "the bridge plans" are no bridge."""
    if last + 1 >= len(words) or not words[last + 1].is_word:
        return False
    low = words[last + 1].lower
    is_verb = acts(low) or low.endswith(("ly", "ing")) or stem(low) in _ANY_VERB
    return not (is_verb or low in _FOLLOWING or words[last + 1].is_capital)


def _crossed(words: Sequence[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    """ "crossed the bridge", "rode over the ford", "came across by the old planks"."""
    for at in range(max(0, first - 6), first):
        between = lows(words[at + 1 : first])
        if words[at].lower in ("was", "were") and between in (["through"], ["across"], ["over"]):
            yield at, last  # "by noon they were across the ford"
        if not is_verb(words, at) or any(not word[0].isalnum() for word in between):
            continue
        if stem(words[at].text) in _CROSSING and len(between) <= 4:
            yield at, last
        is_along = noun(words[last].text) in _ROADS and bool(set(between[-3:]) & _ALONG)
        is_through = is_along or bool(set(between[-3:]) & _THROUGH) or between[-3:-1] == ["out", "of"]
        if stem(words[at].text) in _MOVING and is_through and "under" not in between:
            yield at, last


def _stood_on(words: Sequence[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    """ "Stood on the footbridge", "halfway across the footbridge", "took the footbridge"."""
    before = lows(words[max(0, first - 5) : first])
    before = before[:-1] if before[-1:] == ["the"] else before
    start = first - 1 if first and words[first - 1].lower == "the" else first
    after = [at for at in range(last + 1, min(len(words), last + 4)) if words[at].lower not in (",", "which", "that")][
        :1
    ]
    if after and words[after[0]].lower in _SWAYING:
        yield start, after[0]
    elif len(before) > 1 and before[-1] in ("on", "upon") and before[-2] in _RESTING:
        yield start - 2, last


def _on_it(words: Sequence[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    yield from _crossed(words, first, last)
    if noun(words[last].text).endswith("bridge") or "bridge" in set(lows(words[first:last])):
        yield from _stood_on(words, first, last)
    elif noun(words[last].text) in _ENTRANCES:
        yield from _passed_in(words, first, last)


def _passed_in(words: Sequence[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    """ "Rode in by the north gate", "the north gate stood open", "opened the north gate"."""
    after = lows(words[last + 1 : last + 3])
    if after[:1] and (
        after[0] in _OPENS
        or (after[0] in ("stood", "stands", "was", "swung") and after[-1] in ("open", "wide", "ajar", "up"))
    ):
        yield first, last + len(after)
    if first > 1 and stem(words[first - 1 - (words[first - 1].lower == "the")].text) in _OPENING:
        yield first - 1 - (words[first - 1].lower == "the"), last


_ENTRANCES = bag("gate door wicket postern portcullis hatch arch")
_OPENS = bag("opened creaked groaned swung banged opens")
_OPENING = stems("open unlock unbar unbolt raise")
_SWAYING = bag(
    "swayed sways shook shakes creaked creaks groaned groans trembled bounced rang rattled bore held carried"
)
_RESTING = bag(
    "stood stopped paused waited lingered sat leaned met halted fished stands waits loitered standing waiting"
)


def _afloat(words: Sequence[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    """ "swam in the carp pond", "rowed on the Brook", "there were girls in the pool, splashing"."""
    if "ice" in set(lows(words)):
        return
    for at in range(max(0, first - 5), first):
        between = set(lows(words[at + 1 : first]))
        if (
            stem(words[at].text) in _AFLOAT
            and is_verb(words, at)
            and between & {"in", "on", "across", "down", "through", "over", "into"}
        ):
            yield at, last
    if last + 1 < len(words) and stem(words[last + 1].text) in _FLOWING and is_verb(words, last + 1):
        yield first, last + 1
    after = [word for word in words[last + 1 : last + 4] if word.is_word][:1]
    if any(one.lower.endswith("ing") and stem(one.text) in _AFLOAT for one in after) and {"in", "into"} & set(
        lows(words[max(0, first - 2) : first])
    ):
        yield first, last + 2


def _flowing(reading: Reading, place: int) -> Iterator[tuple[int, int]]:
    """ "The water ran past the landing": beside a brook that is frozen."""
    words = reading.sentences[place].tokens
    around = {
        noun(word.text)
        for near in reading.in_paragraph(reading.sentences[place].paragraph)
        for word in reading.sentences[near].tokens
    }
    for at in range(1, len(words) - 1):
        is_water = words[at].lower in ("water", "stream", "current") and words[at - 1].lower == "the"
        if (
            is_water
            and is_verb(words, at + 1)
            and stem(words[at + 1].text) in _FLOWING
            and around & _WATERSIDE
            and "ice" not in around
        ):
            yield at - 1, at + 1


def _rowed(words: Sequence[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    """ "the Marigold slides out", "they rowed the Marigold home"."""
    for at in range(last + 1, min(len(words) - 1, last + 3)):
        if stem(words[at].text) in _UNDER_WAY and is_verb(words, at) and words[at + 1].lower in _AWAY:
            yield first, at + 1
    for at in range(max(0, first - 3), first):
        if stem(words[at].text) in _LAUNCHING and is_verb(words, at):
            yield at, last


def _going(words: Sequence[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    """ "The bell rolled out the hour", "they rang the bell", "she heard the bell", "at the stroke of the bell"."""
    yield from _does(words, first, last, _GOING)
    start = first - 1 if first and words[first - 1].lower in ("the", "its", "their") else first
    worked = _RIDDEN if noun(words[last].text) in ("lift", "elevator") else _WORKED
    if start and stem(words[start - 1].text) in worked and is_verb(words, start - 1):
        yield start - 1, last


_WORKED = stems("ring rang rung toll toiled strike peal sound hear heard play wind wound")
_RIDDEN = stems("take took ride rode call called board catch caught")


def _does(words: Sequence[Token], first: int, last: int, verbs: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The thing as the subject of such a verb."""
    at = last + 1
    while at < len(words) and (words[at].lower.endswith("ly") or words[at].lower in ("still", "just", "only")):
        at += 1
    if at + 1 < len(words) and words[at].lower in ("was", "were", "is", "are") and words[at + 1].lower.endswith("ing"):
        if stem(words[at + 1].text) in verbs:
            yield first, at + 1
        return
    if lows(words[at : at + 2]) in (["began", "to"], ["begins", "to"], ["started", "to"]):
        if at + 2 < len(words) and stem(words[at + 2].text) in verbs:
            yield first, at + 2
        return
    if at < len(words) and stem(words[at].text) in verbs and is_verb(words, at):
        yield first, at


_DOINGS = {
    "impassable": _on_it,
    "frozen": _afloat,
    "unseaworthy": _rowed,
    "still": _going,
    "dry": _afloat,
}


def is_verb(words: Sequence[Token], at: int) -> bool:
    low = words[at].lower
    before = low_at(words, at - 1)
    if before in ("to", "the", "a", "an", "his", "her", "their", "of", "not", "had", "been", "was", "were") or kinds_of(
        low
    ) == ["people"]:
        return False
    return acts(low) or low.endswith(("s", "ing")) or before in ("they", "we", "you", "i")
