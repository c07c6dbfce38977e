"""Knowledge: nobody says, knows or acts on something before they learn it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import Token, low_at, lows, noun
from watchbill.gates.lore.english.paraphrases import AGENTS, said_in, sense
from watchbill.gates.lore.known.family import called_by_name
from watchbill.gates.lore.known.roles import roles_of
from watchbill.gates.lore.telling.kin_secrets import is_kin_told
from watchbill.gates.lore.telling.secrecy import NEGATIVE, UNSURE, Secret, mentioned, secret_of, was_named
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.reading import Reading

_KNOWS = bag(
    "knowing knew know knows known knowing told tell tells said say says realised realized realises understood understands explained explains announced announces revealed reveals "
    "confessed sure convinced admitted admits remembered remembers because certain aware thought thinks wrote reported reports warned warns repeated insisted recognised recognized believed "
    "learned learnt discovered found saw seen watched accused blamed thanked confronted shouted whispered declared remarked mentioned confided since proof proved already admitted recalled recounted"
)
_CLEFT = re.compile(
    r"(?<=\bit )(?:was|is) (?!not\b)[^,.;?]{2,40}? who\b|(?<=\bIt )(?:was|is) (?!not\b)[^,.;?]{2,40}? who\b|(?<=, )who(?= (?:had|has)\b)"
)
_OWNERS = bag("your her his 's their my")


class Secrets:
    def __init__(self, canon: Canon) -> None:
        roles = roles_of(canon)
        self._secrets = [
            one for knowledge in canon.knowledge if (one := secret_of(canon, knowledge, roles)) is not None
        ]

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
                        if _is_told(reading, place, secret) or is_kin_told(reading, place, secret)
                        else None
                    )
                )
                if span is not None and _is_theirs(reading, place, sentence, secret):
                    yield Mark.at(span[0], span[1], "knowledge", secret.knowledge.id, secret.knowledge.words, 0.8)


def _presupposed(reading: Reading, place: int, secret: Secret) -> tuple[int, int] | None:
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
        if _owner_is(reading, place, owner, secret) and not UNSURE.search(
            reading.passage.prose, sentence.start, words[owner].start
        ):
            return words[owner].start, word.end
    return None


_IS = re.compile(r"\b(?:is|was|are|were) (?:really |secretly |actually |truly |in truth |not )*(?:an?|the|his|her|[A-ZÀ-Þ]\w+|alive|dead)\b|\b(?:real|true) (?:name|identity)\b")  # fmt: skip


def _knows_who(reading: Reading, place: int, secret: Secret) -> tuple[int, int] | None:
    """ "She had long known who he was": who somebody is, known before it is learnt."""
    sentence = reading.sentences[place]
    words = sentence.tokens
    if not secret.about or not _IS.search(secret.knowledge.what) or reading.frames.is_framed(sentence):
        return None
    for at, word in enumerate(words[:-2]):
        if word.lower not in ("what", "who") or words[at + 2].lower not in ("was", "is", "really", "truly", "were"):
            continue
        verb = next((to for to in range(at - 1, max(-1, at - 6), -1) if words[to].lower in _KNOWING), None)
        if verb is not None and word.lower == "who" and words[verb].lower != "known" and not _REALLY & set(lows(words)):
            continue  # "he knew who she was": he recognized her
        clause = max((to + 1 for to in range(verb or 0) if words[to].text in ",;:"), default=0)
        if verb is None or UNSURE.search(reading.passage.prose, words[clause].start, words[verb].end):
            continue
        is_named = any(one.first == at + 1 and one.entry.id in secret.about for one in reading.mentions[place])
        meant = reading.meant(place, at + 1) if words[at + 1].lower in ("he", "she") else None
        is_meant = meant is not None and meant.id in secret.about
        is_near = words[at + 1].lower in ("he", "she") and meant is None and was_named(reading, sentence, secret.about)
        is_doing = at + 3 < len(words) and words[at + 3].lower.endswith("ing")  # "what she was doing"
        if (is_named or is_meant or is_near) and not is_doing:
            return words[verb].start, words[at + 2].end
    return None


def _names_the_doer(words: Sequence[Token], secret: Secret) -> bool:
    """ "Marek was the thief": what he stole is the secret's."""
    return any(
        one.lower in ("the", "our") and after.lower in AGENTS and sense(after.text) in secret.acts
        for one, after in pairwise(words)
    )


_TAKING_FOR_GRANTED = bag("when how where why")
_POINTING = bag("it they this that them there these those")
_WOULD = either(r"would|could|should|will|soon")
_SOMEBODY = either(r"somebody|someone|who")
_KNOWING = bag("knew known knows")
_REALLY = bag("really truly")


def _owner_is(reading: Reading, place: int, owner: int, secret: Secret) -> bool:
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


def _is_told(reading: Reading, place: int, secret: Secret) -> bool:
    """Whether a sentence says the secret itself, as a certain thing."""
    sentence = reading.sentences[place]
    if reading.frames.is_framed(sentence) or reading.frames.is_lie(sentence):
        return False
    in_words = said_in(reading.passage.prose[sentence.start : sentence.end], secret.senses)
    said = [word for at, word in enumerate(sentence.tokens) if _says(sentence.tokens, at, secret)]
    if (secret.senses and not (said or in_words)) or not _is_certain(reading, place, secret, said, in_words):
        return False
    if not in_words and not _is_of_them(reading, place, secret, said):
        return False
    found = {sense(word.text) for word in sentence.tokens} | {*in_words}
    if found & secret.senses and any(word.lower.partition("'")[0] in _POINTING for word in sentence.tokens):
        found |= _said_before(reading, place)
    missing = frozenset() if _names_the_doer(sentence.tokens, secret) else secret.senses - found
    if len(missing) > (1 if len(secret.senses) > 2 else 0) or missing & secret.acts:
        return False
    return _is_about_them(reading, place, secret, is_whole=not missing)


def _is_certain(
    reading: Reading, place: int, secret: Secret, said: Sequence[Token], in_words: Mapping[str, str]
) -> bool:
    """Whether a sentence neither asks nor doubts nor denies what it says; "when did he …?" takes it for granted."""
    sentence, frames, prose = reading.sentences[place], reading.frames, reading.passage.prose
    last = max((word.end for word in said), default=sentence.end)
    so = _CLEFT.sub("", prose[sentence.start : last])
    for saying in in_words.values():
        so = so.replace(saying, " ")
    so = _SOMEBODY.sub("", so) if secret.is_passive else so
    so = NEGATIVE.sub("", so) if secret.is_negative else so
    so = _WOULD.sub("", so) if secret.is_planned else so
    is_asked = prose[sentence.start : sentence.end].rstrip("\"')").endswith("?")
    if (is_asked and sentence.tokens[0].lower not in _TAKING_FOR_GRANTED) or UNSURE.search(so):
        return False
    if not said or in_words or secret.is_negative:
        return not secret.is_negative or NEGATIVE.search(prose, sentence.start, sentence.end) is not None
    return not (frames.is_negated(sentence, said[0].start, said[0].end) or frames.is_compared(sentence, said[0].start))


def _is_about_them(reading: Reading, place: int, secret: Secret, *, is_whole: bool) -> bool:
    """Whether those of a secret are named, or called kin, or by a pronoun after their name; a place may be left out."""
    sentence = reading.sentences[place]
    low = set(lows(sentence.tokens))
    unnamed = secret.about - mentioned(reading, place) - _called_kin(reading, place, secret)
    unnamed = frozenset(one for one in unnamed if not _is_placed(reading, sentence, one))
    said, called = {word.text for word in sentence.tokens}, _called(reading, place)
    strangers = [
        one for one in secret.strangers if not one & said and not called & called_by_name(reading.cast.called_kin, one)
    ]
    kin = {secret.is_told_of, *_YOUNG.get(secret.is_told_of, ())}
    is_told_of = bool(secret.is_told_of) and bool(low & kin) and bool(low & {"my", "her", "his"})
    if strangers and not (is_told_of and len(strangers) == 1):
        return False
    if len(unnamed) == 1 and is_told_of:
        return True  # "my boy" of "her son Pip"
    is_clear = len(secret.senses) > 1 or (bool(secret.acts) and is_whole)
    if is_clear and low & {"he", "she", "his", "her", "him", "it", "you", "your"}:
        near = {one for one in unnamed if was_named(reading, sentence, frozenset((one,)))}
        unnamed -= near if len(near) == 1 else frozenset()
    if unnamed < secret.about and is_whole and secret.acts:
        unnamed = frozenset(one for one in unnamed if not reading.canon.entry_by_id[one].is_place)
    return not unnamed


_YOUNG = {"son": ("boy", "lad"), "daughter": ("girl", "lass")}


def _says(words: Sequence[Token], at: int, secret: Secret) -> bool:
    """Whether a word has a sense of the secret; who lives somewhere is not said to be alive."""
    meant = sense(words[at].text)
    after = low_at(words, at + 1)
    return meant in secret.senses and not (
        meant == "alive" and words[at].lower.startswith("liv") and after in _DWELLING
    )


_DWELLING = bag("in at on with by there here alone near above over for next under up down")


def _is_of_them(reading: Reading, place: int, secret: Secret, said: Sequence[Token]) -> bool:
    """Whether what is said is said of those whom the secret is about, not of somebody who stands between."""
    sentence = reading.sentences[place]
    weighty = [word for word in said if len(secret.senses) == 1 or sense(word.text) in secret.acts]
    if (
        not secret.about
        or not weighty
        or secret.knowledge.what.startswith("who ")
        or all(reading.canon.entry_by_id[one].is_place for one in secret.about)
    ):
        return True
    return any(_is_near_them(reading, place, secret, sentence.tokens.index(word)) for word in weighty)


def _is_near_them(reading: Reading, place: int, secret: Secret, at: int) -> bool:
    """Whether the person last named before a word, or right behind it, is one of them."""
    sentence = reading.sentences[place]
    words = sentence.tokens
    people = {one.at: one.entry for one in reading.people_in(place)}
    persons = frozenset(one for one in secret.about if not reading.canon.entry_by_id[one].is_place)
    for to in range(at - 1, -1, -1):
        low = words[to].lower
        if to in people:
            entry = people[to]
            if entry is None and "the" in (words[to - 1].lower, words[to - 2].lower) and words[to].text.islower():
                continue  # "the blind man" may be anybody
            return entry is not None and (entry.id in secret.about or entry.id in secret.who)
        if low in ("he", "she", "you", "i", "him", "her", "his", "your"):
            meant = reading.meant(place, to)
            return meant.id in secret.about | secret.who if meant is not None else was_named(reading, sentence, persons)
        if low in ("they", "we"):
            return False
    return any(entry is not None and entry.id in secret.about and at < to <= at + 5 for to, entry in people.items())


def _called_kin(reading: Reading, place: int, secret: Secret) -> set[str]:
    """Whom a sentence calls somebody's kin, as the canon does: "your brother" of Ada's brother."""
    called = _called(reading, place)
    return {one for one in secret.about if called & reading.cast.called_kin.get(one, frozenset())}


def _called(reading: Reading, place: int) -> set[str]:
    """The nouns of a sentence that are said to be somebody's."""
    words = reading.sentences[place].tokens
    return {word.lower for at, word in enumerate(words) if at and words[at - 1].lower in _OWNERS}


def _is_placed(reading: Reading, sentence: Sentence, one: str) -> bool:
    """Whether it is a place, and the paragraph names it."""
    return reading.canon.entry_by_id[one].is_place and was_named(reading, sentence, frozenset((one,)))


def _said_before(reading: Reading, place: int) -> set[str]:
    """What an "it" may mean: the words of the sentences beside it, in the same paragraph."""
    paragraph = reading.sentences[place].paragraph
    return {
        sense(word.text)
        for before in reading.sentences[max(0, place - 4) : place + 2]
        if before.paragraph == paragraph
        for word in before.tokens
    }


def _is_theirs(reading: Reading, place: int, sentence: Sentence, secret: Secret) -> bool:
    """Whether the one who must not know is the one who says or knows it, or from whose view it is told."""
    if secret.is_readers:
        around = reading.passage.in_paragraph(sentence.paragraph)
        return not sentence.is_speech or reading.speaker(sentence) is not None or _YOU_SAY.search(around) is not None
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


_YOU_SAY = re.compile(r"\b[Yy]ou (?:say|tell|ask|whisper|answer|shout|reply|call)\b")
_INFORMS = bag("told tells informed informs assured reminded")


def _is_worked_out(words: Sequence[Token], at: int) -> bool:
    """ "Worked it out", "put two and two together", "figured out"."""
    after = set(lows(words[at + 1 : at + 5]))
    low = words[at].lower
    return low in ("worked", "figured", "found", "made", "puzzled") and "out" in after
