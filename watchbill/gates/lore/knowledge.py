"""Knowledge: nobody says, knows or acts on something before they learn it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.canon import Canon, Entry, Knowledge
from watchbill.gates.lore.family import group_of
from watchbill.gates.lore.language import Token, is_past, noun, tokens
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.paraphrases import AGENTS, is_act, said_in, sense
from watchbill.gates.lore.passages import Sentence
from watchbill.gates.lore.reading import Reading
from watchbill.gates.lore.roles import roles_of

_EMPTY = bag(
    "that the a an is was were are be been being of to in on at by for with from had has have did do does his her its their he it she they him them who what which "
    "whom whose how where when why about and or as can set sets not really actually secretly own this these those really been truth fact there true identity about secret whether into only holds hold keeps keep possesses possess"
)
_KNOWS = bag(
    "knew know knows known knowing told tell tells said say says realised realized realises understood understands explained explains announced announces revealed reveals "
    "confessed sure convinced admitted admits remembered remembers because certain aware thought thinks wrote reported reports warned warns repeated insisted recognised recognized believed "
    "learned learnt discovered found saw seen watched accused blamed thanked confronted shouted whispered declared remarked mentioned confided since proof proved already admitted recalled recounted"
)
_UNSURE = re.compile(
    r"\b(?:not (?:yet )?(?:know|known|realise|realize|understand|guess|see|learn|tell|aware|believe|suspect)|never (?:knew|guessed|suspected|learned|realised|realized|told|dreamed)|unaware|no idea|had yet to|not know|"
    r"didn't know|doesn't know|did not|does not|didn't|doesn't|nobody (?:knew|had told)|no one (?:knew|had told)|without knowing|ignorant|wonder\w*|suspect\w*|suspicion|guess\w*|fear(?:ed|s)?|feared|hop(?:ed|es)|ask(?:ed|s) "
    r"(?:if|whether|who|what|how)|whether|if|might|may|perhaps|maybe|would|could|should|dreamed|imagined|joked|rumou?rs?|half-guessed|doubt\w*|later|one day|soon|would learn|had not|hadn't|has not|hasn't|"
    r"until|somebody|someone|whoever|anybody|anyone|accus\w+ falsely|lied|lie|who)\b",
    re.IGNORECASE,
)
_CLEFT = re.compile(
    r"(?<=\bit )(?:was|is) (?!not\b)[^,.;?]{2,40}? who\b|(?<=\bIt )(?:was|is) (?!not\b)[^,.;?]{2,40}? who\b|(?<=, )who(?= (?:had|has)\b)"
)
_ANYBODY = bag("anyone anybody everyone everybody nobody all")
_READER = bag("player reader readers you protagonist hero")  # to whom a game or a book itself tells
_SET_APART = re.compile(r"\b(?:and )?(?:not|rather than|instead of) (?P<names>[A-Z][\w'-]*(?: [A-Z][\w'-]*)*)")
_HAS = re.compile(
    r"^(?:that )?(?P<who>.+?) (?:has|have|keeps?|is hiding|hides?) (?:an? |the |some |\w+ )?(?P<what>[a-z]+)$"
)
_OWNERS = bag("your her his 's their")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secret:
    knowledge: Knowledge
    who: frozenset[str]  # ids of those who must not know; empty is anybody
    is_readers: bool
    senses: frozenset[str]  # of what is known; names as they are
    acts: frozenset[str]  # of these what was done, which nobody leaves out
    about: frozenset[str]  # ids of the entries that it names
    kin: frozenset[str] = frozenset()  # who is whose kin, where that is the secret: the ids of both
    line: str = ""  # of which group of kin
    is_told_of: str = ""  # the kin that a secret names beside the name: "her son Pip"
    is_passive: bool = False  # nobody is told to have done it
    owned: str = ""  # what somebody has, where that alone is the secret: "cub"


class Secrets:
    def __init__(self, canon: Canon) -> None:
        roles = roles_of(canon)
        self._secrets = [one for knowledge in canon.knowledge if (one := _secret(canon, knowledge, roles)) is not None]

    def check(self, reading: Reading) -> Iterator[Mark]:
        position = reading.standing.position
        if position is None:
            return
        kept = [one for one in self._secrets if position < one.knowledge.position]
        for place, sentence in enumerate(reading.sentences):
            for secret in kept:
                span = (
                    _presupposed(reading, place, secret)
                    or _knows_who(reading, place, secret)
                    or (
                        (sentence.start, sentence.end)
                        if _is_told(reading, place, secret) or _is_kin_told(reading, place, secret)
                        else None
                    )
                )
                if span is not None and _is_theirs(reading, place, sentence, secret):
                    yield Mark(
                        rule="knowledge",
                        canon_id=secret.knowledge.id,
                        start=span[0],
                        end=span[1],
                        canon=secret.knowledge.words,
                        confidence=0.8,
                    )


def _secret(canon: Canon, knowledge: Knowledge, roles: Mapping[str, Entry]) -> _Secret | None:
    said = knowledge.who.lower().removeprefix("the ").strip()
    who = _knowers(canon, knowledge.who)
    if knowledge.who and not who and said not in _ANYBODY | _READER and said != "no one":
        return None
    apart = _SET_APART.search(knowledge.what)
    what = knowledge.what.replace(apart[0], " ") if apart else knowledge.what
    kept: list[Token] = tokens(what)
    about = {entry.id for entry in canon.entries if _is_named(entry, what, kept)}
    names = {
        part.lower()
        for entry in canon.entries
        if entry.id in about
        for name in entry.spoken_of
        for part in name.split()
    } | {role for role in roles if re.search(rf"\bthe {role}\b", what)}
    told_of = next((found[1].lower() for found in [_BESIDE.search(what)] if found is not None and about), "")
    senses = frozenset(
        sense(word.text)
        for at, word in enumerate(kept)
        if word.is_word
        and not (
            word.lower == "will" and at and kept[at - 1].lower not in _BEFORE_QUALITIES and kept[at - 1].lower != "'s"
        )
        and not _is_quality(kept, at, names)
        and word.lower not in _EMPTY | names | {"'s", told_of}
        and len(word.text) > 2
    )
    about -= {one for word in kept for one in _of_the_name(canon, about, word.text, what)} | who
    about |= {entry.id for role, entry in roles.items() if re.search(rf"\bthe {role}\b", what)} - who
    has = _HAS.match(what.strip(" ."))
    secret = _Secret(
        knowledge=knowledge,
        who=who,
        is_readers=said in _READER,
        senses=senses,
        acts=frozenset(sense(word.text) for word in kept if is_act(sense(word.text)) or is_past(word.lower)) & senses,
        kin=_kin(canon, what, about, who),
        line=_line(what),
        is_told_of=told_of,
        is_passive=_PASSIVE.search(what) is not None,
        about=frozenset(about),
        owned=noun(has["what"]) if has is not None and len(about) == 1 else "",
    )
    return secret if senses or len(about) > 1 else None


def _is_quality(words: Sequence[Token], at: int, names: set[str]) -> bool:
    """Whether a word only says which: the sealed crates, the lost princess. Who tells the secret may leave it out."""
    if not 0 < at < len(words) - 1 or not words[at + 1].is_word or words[at + 1].lower in _EMPTY | names:
        return False
    return words[at - 1].lower in _BEFORE_QUALITIES and not words[at].is_capital


_BEFORE_QUALITIES = bag("the a an his her its their hold holds contain contains carry carries")
_BESIDE = re.compile(
    r"\b(?:his|her|their|'s) (?:\w+ )?(son|daughter|brother|sister|father|mother|husband|wife|child|boy|girl) [A-Z]"
)
_PASSIVE = re.compile(r"\b(?:was|were|is|are|been) (?:\w+ly )?\w+(?:ed|en)\b")
_IS_KIN = re.compile(
    r"\b(?:is|was|are|were) (?:really |secretly |actually |truly )?(?:an? )?(?:[A-Z]\w+(?: [A-Z]\w+)*'s|his|her|their|the)? ?(?:real |true |own |lost |secret |natural |bastard |half-)?(?P<kin>[a-z]+)\b"
)


def _line(what: str) -> str:
    """The group of kin that a secret is about: "parent" of "that Gideon was his father"."""
    if re.search(r"\b(?:is|are|was|were) married\b", what):
        return "spouse"
    found = _IS_KIN.search(what)
    return group_of(found["kin"]) or "" if found is not None else ""


def _kin(canon: Canon, what: str, about: set[str], who: frozenset[str]) -> frozenset[str]:
    """The two of a secret on who is whose kin; who must learn it may be one of them."""
    if not _line(what):
        return frozenset()
    return frozenset(about) | (who if len(about) == 1 and len(who) == 1 else frozenset())


def _is_kin_told(reading: Reading, place: int, secret: _Secret) -> bool:
    """Whether a sentence calls one of the two the other's kin: "his son", "my father Gideon"."""
    if len(secret.kin) != 2:
        return False
    sentence = reading.sentences[place]
    frames = reading.frames
    text = reading.passage.prose[sentence.start : sentence.end]
    if frames.is_framed(sentence) or frames.is_lie(sentence) or text.rstrip("\"')").endswith("?"):
        return False
    words = sentence.tokens
    at = next(
        (
            at
            for at, word in enumerate(words)
            if group_of(word.lower) in (secret.line, _TURNED.get(secret.line, "")) and at
        ),
        None,
    )
    if (
        at is None
        or not _is_possessed(words, at)
        or _UNSURE.search(reading.passage.prose, sentence.start, words[at].end)
    ):
        return False
    if frames.is_negated(sentence, words[at].start, words[at].end) or frames.is_compared(sentence, words[at].start):
        return False
    mentioned = _mentioned(reading, place)
    for to, word in enumerate(words):
        if (
            word.lower in ("your", "you", "my", "i", "his", "her", "him")
            and (meant := reading.meant(place, to)) is not None
        ):
            mentioned.add(meant.id)
    narrator = reading.narrator
    if (
        narrator is not None
        and narrator.id in secret.kin
        and not sentence.is_speech
        and {word.lower for word in words} & {"his", "her", "my"}
    ):
        mentioned.add(narrator.id)
    people = {one for one in mentioned if not reading.canon.entry_by_id[one].is_place}
    speaker = reading.speaker(sentence) if sentence.is_speech else None
    left = secret.kin - mentioned
    if len(left) == 1 and {word.lower for word in words} & {"his", "her"} and _was_named(reading, sentence, left):
        mentioned |= left
    return secret.kin <= mentioned and not people - secret.kin - ({speaker.id} if speaker is not None else set())


def _is_possessed(words: Sequence[Token], at: int) -> bool:
    before = {word.lower for word in words[max(0, at - 3) : at]}
    after = [word.lower for word in words[at + 1 : at + 2]]
    return bool(before & {"his", "her", "my", "your", "'s", "their"}) or after == ["of"]


_TURNED = {
    "parent": "child",
    "child": "parent",
    "uncle": "niece",
    "niece": "uncle",
    "grandparent": "grandchild",
    "grandchild": "grandparent",
}


def _of_the_name(canon: Canon, about: set[str], word: str, text: str) -> set[str]:
    """Who only shares the name of the one whose id it is: of "that Brand is his father" not Sunniva Brand."""
    sharing = {one for one in about if word in canon.entry_by_id[one].name.split()}
    if word.lower() not in sharing:
        return set()
    return {
        one for one in sharing - {word.lower()} if not any(name in text for name in canon.entry_by_id[one].spoken_of)
    }


def _knowers(canon: Canon, who: str) -> frozenset[str]:
    """The ids of those whom the canon means: one entry, or all of a kind, "the hoglets"."""
    entry = canon.find(who) if who else None
    if entry is not None:
        return frozenset((entry.id,))
    kind = noun(who.rsplit(maxsplit=1)[-1]) if who else ""
    return frozenset(
        entry.id
        for entry in canon.entries
        if kind and kind in (noun(word) for word in (*entry.kind.split(), *_kinds_of(entry))) and not entry.is_place
    )


def _kinds_of(entry: Entry) -> list[str]:
    keys = ("species", "role", "occupation", "trade", "rank", "kind")
    return [word for one in entry.attributes if one.key in keys for value in one.values for word in value.text.split()]


def _is_named(entry: Entry, text: str, words: list[Token]) -> bool:
    return any(
        re.search(rf"\b{re.escape(name)}\b", text)
        or any(
            word.is_capital
            and word.text == part
            and not (at > 1 and words[at - 1].is_capital and words[at - 1].text not in entry.name.split())
            for at, word in enumerate(words)
            for part in entry.name.split()
            if part[0].isupper() and len(part) > 2
        )
        for name in entry.spoken_of
    )


def _presupposed(reading: Reading, place: int, secret: _Secret) -> tuple[int, int] | None:
    """ "How are your three cubs?": who asks so knows that there are cubs, also in a question."""
    sentence = reading.sentences[place]
    if not secret.owned or reading.frames.is_framed(sentence):
        return None
    words = sentence.tokens
    for at, word in enumerate(words):
        if noun(word.text) != secret.owned:
            continue
        owner = next((to for to in range(at - 1, max(-1, at - 4), -1) if words[to].lower in _OWNERS), None)
        if owner is None or any(one.lower in ("no", "any", "if") for one in words[owner:at]):
            continue
        if _owner_is(reading, place, owner, secret) and not _UNSURE.search(
            reading.passage.prose, sentence.start, words[owner].start
        ):
            return words[owner].start, word.end
    return None


_IS = re.compile(r"\b(?:is|was|are|were) (?:really |secretly |actually |truly |in truth |not )*(?:an?|the|his|her|[A-Z]\w+|alive|dead)\b|\b(?:real|true) (?:name|identity)\b")  # fmt: skip


def _knows_who(reading: Reading, place: int, secret: _Secret) -> tuple[int, int] | None:
    """ "She had long known who he was": who somebody is, known before it is learnt."""
    sentence = reading.sentences[place]
    words = sentence.tokens
    if not secret.about or not _IS.search(secret.knowledge.what) or reading.frames.is_framed(sentence):
        return None
    for at, word in enumerate(words[:-2]):
        if word.lower not in ("what", "who") or words[at + 2].lower not in ("was", "is", "really", "truly", "were"):
            continue
        verb = next((to for to in range(at - 1, max(-1, at - 6), -1) if words[to].lower in _KNOWING), None)
        if (
            verb is not None
            and word.lower == "who"
            and words[verb].lower != "known"
            and not _REALLY & {one.lower for one in words}
        ):
            continue  # "he knew who she was": he recognized her
        clause = max((to + 1 for to in range(verb or 0) if words[to].text in ",;:"), default=0)
        if verb is None or _UNSURE.search(reading.passage.prose, words[clause].start, words[verb].end):
            continue
        is_named = any(one.first == at + 1 and one.entry.id in secret.about for one in reading.mentions[place])
        meant = reading.meant(place, at + 1) if words[at + 1].lower in ("he", "she") else None
        is_meant = meant is not None and meant.id in secret.about
        is_near = words[at + 1].lower in ("he", "she") and meant is None and _was_named(reading, sentence, secret.about)
        is_doing = at + 3 < len(words) and words[at + 3].lower.endswith("ing")  # "what she was doing"
        if (is_named or is_meant or is_near) and not is_doing:
            return words[verb].start, words[at + 2].end
    return None


def _names_the_doer(words: Sequence[Token], secret: _Secret) -> bool:
    """ "Marek was the thief": what he stole is the secret's."""
    return any(
        one.lower in ("the", "our") and after.lower in AGENTS and sense(after.text) in secret.acts
        for one, after in pairwise(words)
    )


_TAKING_FOR_GRANTED = bag("when how where why")
_POINTING = bag("it they this that them there these those")
_SOMEBODY = re.compile(r"\b(?:somebody|someone|who)\b", re.IGNORECASE)
_KNOWING = bag("knew known knows")
_REALLY = bag("really truly")


def _owner_is(reading: Reading, place: int, owner: int, secret: _Secret) -> bool:
    """Whether a possessive means the one whom the secret is about; "your" is whoever else has just spoken."""
    sentence = reading.sentences[place]
    word = sentence.tokens[owner].lower
    if word == "'s":
        return any(one.last == owner - 1 and one.entry.id in secret.about for one in reading.mentions[place])
    if word == "your" and sentence.is_speech:
        addressed = reading.meant(place, owner)
        return (addressed.id if addressed is not None else _spoke_before(reading, place)) in secret.about
    meant = reading.meant(place, owner)
    return meant is not None and meant.id in secret.about


def _spoke_before(reading: Reading, place: int) -> str:
    """The id of the last one who spoke in a paragraph before."""
    paragraph = reading.sentences[place].paragraph
    for earlier in range(place - 1, -1, -1):
        sentence = reading.sentences[earlier]
        if sentence.paragraph < paragraph - 2:
            break
        if sentence.is_speech and sentence.paragraph < paragraph and (speaker := reading.speaker(sentence)) is not None:
            return speaker.id
    return ""


def _is_told(reading: Reading, place: int, secret: _Secret) -> bool:
    """Whether a sentence says the secret itself, as a certain thing."""
    sentence = reading.sentences[place]
    frames = reading.frames
    if frames.is_framed(sentence) or frames.is_lie(sentence):
        return False
    text = reading.passage.prose[sentence.start : sentence.end]
    last = max((word.end for word in sentence.tokens if sense(word.text) in secret.senses), default=sentence.end)
    said_so = _CLEFT.sub("", reading.passage.prose[sentence.start : last])
    in_words = said_in(text, secret.senses)
    for saying in in_words.values():
        said_so = said_so.replace(saying, " ")
    if secret.is_passive:
        said_so = _SOMEBODY.sub("", said_so)
    is_asked = text.rstrip("\"')").endswith("?") and sentence.tokens[0].lower not in _TAKING_FOR_GRANTED
    if is_asked or _UNSURE.search(said_so):
        return False
    found = {sense(word.text) for word in sentence.tokens} | {*in_words}
    if found & secret.senses and any(word.lower in _POINTING for word in sentence.tokens):
        found |= _said_before(reading, place)
    said = [word for word in sentence.tokens if sense(word.text) in secret.senses]
    if secret.senses and not (said or in_words):
        return False
    if (
        said
        and not in_words
        and (frames.is_negated(sentence, said[0].start, said[0].end) or frames.is_compared(sentence, said[0].start))
    ):
        return False
    missing = frozenset() if _names_the_doer(sentence.tokens, secret) else secret.senses - found
    if len(missing) > (1 if len(secret.senses) > 2 else 0) or missing & secret.acts:
        return False
    unnamed = secret.about - _mentioned(reading, place)
    unnamed = frozenset(one for one in unnamed if not _is_placed(reading, sentence, one))
    if unnamed < secret.about and not missing and secret.acts:
        unnamed = frozenset(one for one in unnamed if not reading.canon.entry_by_id[one].is_place)
    if (
        len(unnamed) == 1
        and secret.is_told_of
        and sense(secret.is_told_of) in found
        and {one.lower for one in sentence.tokens} & {"my", "her", "his"}
    ):
        return True  # "my boy" of "her son Pip"
    return not unnamed or (
        len(unnamed) == 1
        and len(secret.senses) > 1
        and any(word.lower in ("he", "she", "his", "her", "him", "it") for word in sentence.tokens)
        and _was_named(reading, sentence, unnamed)
    )


def _is_placed(reading: Reading, sentence: Sentence, one: str) -> bool:
    """Whether it is a place, and the paragraph names it."""
    return reading.canon.entry_by_id[one].is_place and _was_named(reading, sentence, frozenset((one,)))


def _mentioned(reading: Reading, place: int) -> set[str]:
    """Whom a sentence names, speaks as, or means by a pronoun."""
    sentence = reading.sentences[place]
    mentioned = {one.entry.id for one in reading.mentions[place]}
    mentioned |= {one.entry.id for one in reading.people_in(place) if one.entry is not None}
    if sentence.is_speech and (speaker := reading.speaker(sentence)) is not None:
        mentioned.add(speaker.id)
    for at, word in enumerate(sentence.tokens):
        if word.lower in ("he", "she", "you", "your") and (meant := reading.meant(place, at)) is not None:
            mentioned.add(meant.id)
    return mentioned


def _said_before(reading: Reading, place: int) -> set[str]:
    """What an "it" may mean: the words of the two sentences before, in the same paragraph."""
    paragraph = reading.sentences[place].paragraph
    return {
        sense(word.text)
        for before in reading.sentences[max(0, place - 2) : place]
        if before.paragraph == paragraph
        for word in before.tokens
    }


def _was_named(reading: Reading, sentence: Sentence, unnamed: frozenset[str]) -> bool:
    """Whether who is only a pronoun here was named in the paragraph."""
    return unnamed <= {
        one.entry.id for place in reading.in_paragraph(sentence.paragraph) for one in reading.mentions[place]
    }


def _is_theirs(reading: Reading, place: int, sentence: Sentence, secret: _Secret) -> bool:
    """Whether the one who must not know is the one who says or knows it, or from whose view it is told."""
    if secret.is_readers:
        return not sentence.is_speech or reading.speaker(sentence) is not None
    if not secret.who:
        return True
    if sentence.is_speech:
        speaker, addressed = reading.speaker(sentence), reading.addressed(place)
        return any(one is not None and one.id in secret.who for one in (speaker, addressed))
    if reading.narrator is not None and reading.narrator.id in secret.who:
        return True
    if any(
        one.entry.id in secret.who and one.first and sentence.tokens[one.first - 1].lower in _INFORMS
        for one in reading.mentions[place]
    ):
        return True
    for at, word in enumerate(sentence.tokens):
        if word.lower in _KNOWS or _is_worked_out(sentence.tokens, at):
            subject = reading.subject(place, at)
            if subject is not None and subject.id in secret.who:
                return True
    return False


_INFORMS = bag("told tells informed informs assured reminded")


def _is_worked_out(words: Sequence[Token], at: int) -> bool:
    """ "Worked it out", "put two and two together", "figured out"."""
    after = {word.lower for word in words[at + 1 : at + 5]}
    low = words[at].lower
    return (low in ("worked", "figured", "found", "made", "puzzled") and "out" in after) or (
        low in ("put", "pieced") and "together" in after
    )
