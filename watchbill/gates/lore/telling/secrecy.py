"""Secrecy: what a canon keeps from whom until when, in the senses of its words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.gates.lore.canon import Canon, Entry, Knowledge
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import Token, is_past, noun, tokens
from watchbill.gates.lore.english.paraphrases import is_act, sense
from watchbill.gates.lore.known.family import group_of
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.reading import Reading

_EMPTY = bag(
    "that the a an is was were are be been being of to in on at by for with from had has have did do does his her its their he it she they him them who what which "
    "whom whose how where when why about and or as can set sets not really actually secretly own this these those really been truth fact there true identity about secret whether into only holds hold keeps keep possesses possess cannot never already still means meant intends plans going"
)
UNSURE = either(
    r"not (?:yet )?(?:know|known|realise|realize|understand|guess|see|learn|tell|aware|believe|suspect)|never (?:knew|guessed|suspected|learned|realised|realized|told|dreamed)|unaware|no idea|had yet to|not know|"
    r"didn't know|doesn't know|did not|does not|didn't|doesn't|nobody (?:knew|had told)|no one (?:knew|had told)|without knowing|ignorant|wonder\w*|suspect\w*|suspicion|guess\w*|fear(?:ed|s)?|feared|hop(?:ed|es)|ask(?:ed|s) "
    r"(?:if|whether|who|what|how)|whether|if|might|may|perhaps|maybe|would|could|should|dreamed|imagined|joked|rumou?rs?|half-guessed|doubt\w*|later|one day|soon|would learn|had not|hadn't|has not|hasn't|"
    r"until|somebody|someone|whoever|anybody|anyone|accus\w+ falsely|lied|lie|who"
)
_ANYBODY = bag("anyone anybody everyone everybody nobody all")
_READER = bag("player reader readers you protagonist hero")  # to whom a game or a book itself tells
_SET_APART = re.compile(r"\b(?:and )?(?:not|rather than|instead of) (?P<names>[A-ZÀ-Þ][\w'-]*(?: [A-ZÀ-Þ][\w'-]*)*)")
_HAS = re.compile(
    r"^(?:that )?(?P<who>.+?) (?:has|have|keeps?|is hiding|hides?) (?:an? |the |some |\w+ )?(?P<what>[a-z]+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    knowledge: Knowledge
    who: frozenset[str]  # ids of those who must not know; empty is anybody
    is_readers: bool
    senses: frozenset[str]  # of what is known; names as they are
    acts: frozenset[str]  # of these what was done, which nobody leaves out
    about: frozenset[str]  # ids of the entries that it names
    strangers: tuple[frozenset[str], ...] = ()  # the names of those of whom the canon has no entry
    kin: frozenset[str] = frozenset()  # who is whose kin, where that is the secret: the ids of both
    line: str = ""  # of which group of kin
    is_told_of: str = ""  # the kin that a secret names beside the name: "her son Pip"
    is_negative: bool = False  # it tells what is not so
    is_planned: bool = False  # it tells what somebody will do
    is_passive: bool = False  # nobody is told to have done it
    owned: str = ""  # what somebody has, where that alone is the secret: "cub"


# What several words of a canon say in one.
_PLAINER = ((r"\b(?:came|comes) from\b", "was written by"), (r"\bset (?:the |a )?fire(?: to)?\b", "burned"))


def secret_of(canon: Canon, knowledge: Knowledge, roles: Mapping[str, Entry]) -> Secret | None:
    said = knowledge.who.lower().removeprefix("the ").strip()
    who = _knowers(canon, knowledge.who)
    if knowledge.who and not who and said not in _ANYBODY | _READER and said != "no one":
        return None
    apart = _SET_APART.search(knowledge.what)
    what = knowledge.what.replace(apart[0], " ") if apart else knowledge.what
    for pattern, plain in _PLAINER:
        what = re.sub(pattern, plain, what)
    kept: list[Token] = tokens(what)
    about = {entry.id for entry in canon.entries if _is_named(entry, what, kept)}
    names = {
        part.lower()
        for entry in canon.entries
        if entry.id in about
        for name in entry.spoken_of
        for part in name.split()
    } | {role for role in roles if re.search(rf"\bthe {role}\b", what, re.IGNORECASE)}
    strangers = _strangers(kept, names)
    names |= {part.lower() for one in strangers for part in one}
    told_of = next((found[1].lower() for found in [_BESIDE.search(what)] if found is not None), "")
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
    about |= {entry.id for role, entry in roles.items() if re.search(rf"\bthe {role}\b", what, re.IGNORECASE)} - who
    has = _HAS.match(what.strip(" ."))
    secret = Secret(
        knowledge=knowledge,
        who=who,
        is_readers=said in _READER
        or any(alias.text.lower() == "you" for one in who for alias in canon.entry_by_id[one].aliases),
        senses=senses,
        acts=frozenset(sense(word.text) for word in kept if is_act(sense(word.text)) or is_past(word.lower)) & senses,
        kin=_kin(what, about, who),
        line=_line(what),
        is_told_of=told_of,
        is_negative=NEGATIVE.search(what) is not None,
        is_planned=_PLANNED.search(what) is not None,
        is_passive=_PASSIVE.search(what) is not None,
        about=frozenset(about),
        strangers=strangers,
        owned=noun(has["what"]) if has is not None and len(about) == 1 else "",
    )
    return secret if senses or len(about) + len(strangers) > 1 else None


def _strangers(words: Sequence[Token], names: set[str]) -> tuple[frozenset[str], ...]:
    """The parts of each name that is nobody's of the canon: "Dora Finch", where she has no entry."""
    found: list[set[str]] = []
    last = -2
    for at, word in enumerate(words):
        if not at or not word.is_capital or not word.is_word or word.lower in names or word.lower in _EMPTY:
            continue
        if last == at - 1 and found:
            found[-1].add(word.text)
        else:
            found.append({word.text})
        last = at
    return tuple(frozenset(one) for one in found)


def _is_quality(words: Sequence[Token], at: int, names: set[str]) -> bool:
    """Whether a word only says which: the sealed crates, the lost princess. Who tells the secret may leave it out."""
    if not 0 < at < len(words) - 1 or not words[at + 1].is_word or words[at + 1].lower in _EMPTY | names:
        return False
    return words[at - 1].lower in _BEFORE_QUALITIES and not words[at].is_capital


_BEFORE_QUALITIES = bag("the a an his her its their hold holds contain contains carry carries")
_BESIDE = re.compile(
    r"\b(?:his|her|their|'s) (?:\w+ )?(son|daughter|brother|sister|father|mother|husband|wife|child|boy|girl) [A-ZÀ-Þ]"
)
NEGATIVE = either(r"cannot|can not|could not|\w+n't|did not|does not|has not|never|not")
_PLANNED = re.compile(r"\b(?:means?|intends?|plans?|going|will|is) to\b|\bwill (?:be|not)\b")
_PASSIVE = re.compile(r"\b(?:was|were|is|are|been) (?:\w+ly )?\w+(?:ed|en)\b")
_IS_KIN = re.compile(
    r"\b(?:is|was|are|were) (?:really |secretly |actually |truly )?(?:an? )?(?:[A-ZÀ-Þ]\w+(?: [A-ZÀ-Þ]\w+)*'s|his|her|their|the)? ?(?:real |true |own |lost |secret |natural |bastard |half-)?(?P<kin>[a-z]+)\b"
)


_MARRIED = re.compile(r"\b(?:is|are|was|were) (?:\w+ )?married\b")


def _line(what: str) -> str:
    """The group of kin that a secret is about: "parent" of "that Gideon was his father"."""
    if _MARRIED.search(what):
        return "spouse"
    found = _IS_KIN.search(what)
    return group_of(found["kin"]) or "" if found is not None else ""


def _kin(what: str, about: set[str], who: frozenset[str]) -> frozenset[str]:
    """The two of a secret on who is whose kin; who must learn it may be one of them."""
    if not _line(what):
        return frozenset()
    return frozenset(about) | (who if len(about) == 1 and len(who) == 1 and not _MARRIED.search(what) else frozenset())


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


def mentioned(reading: Reading, place: int) -> set[str]:
    """Whom a sentence names, speaks as, or means by a pronoun."""
    sentence = reading.sentences[place]
    found = {one.entry.id for one in reading.mentions[place]}
    found |= {one.entry.id for one in reading.people_in(place) if one.entry is not None}
    if sentence.is_speech and (speaker := reading.speaker(sentence)) is not None:
        found.add(speaker.id)
    roles, words = reading.cast.roles, sentence.tokens
    found |= {roles[after.lower].id for word, after in pairwise(words) if word.lower == "the" and after.lower in roles}
    for at, word in enumerate(words):
        if word.lower in ("he", "she", "you", "your") and (meant := reading.meant(place, at)) is not None:
            found.add(meant.id)
    return found


def was_named(reading: Reading, sentence: Sentence, unnamed: frozenset[str]) -> bool:
    """Whether who is only a pronoun here was named in the paragraph, or called what they are: "the admiral"."""
    places, roles = reading.in_paragraph(sentence.paragraph), reading.cast.roles
    return unnamed <= {one.entry.id for place in places for one in reading.mentions[place]} | {
        roles[after.lower].id
        for place in places
        for word, after in pairwise(reading.sentences[place].tokens)
        if word.lower == "the" and after.lower in roles
    }
