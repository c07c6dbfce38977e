"""What somebody cannot or never does, done: swims, reads, drinks rum, touches iron. And who cannot speak, speaking."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import Token, is_past, low_at, lows, noun, stem, stems
from watchbill.gates.lore.english.people import SPEAKING
from watchbill.gates.lore.known.deeds import MUTE, Never, Statement, nevers, statements, voices
from watchbill.gates.lore.positions import Span
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import acts
from watchbill.gates.lore.texts.reading import Reading

_NEAR = 9  # tokens between a verb and what it is done to
_SOON = 5  # of "has a sausage"
_AFTER_PARTICLE = bag("of up from into over across again after toward towards and like at with for off down up")
_NO_DOING = bag("to not a an the had has have been was were no his her their its")
_ANOTHER_CLAUSE = bag("as while when with who whose because")
_ABOARD = bag("in into on onto aboard by")
_GOING = bag("go step climb get")
_TABLE = bag("bread butter carving table palette fish kitchen paper fruit cheese")
_ALONG = bag("across through along over")
_AGAIN = either(r"speaks|talks|voice")
_SILENT = either(
    r"sign(?:s|ed|ing|alled)?|wr(?:ote|itten|iting)|slate|chalk|mouth(?:s|ed|ing)|gestur\w+|thought|(?:with|of|from|by|on) (?:his|her|both|quick|their|two) (?:\w+ )?(?:hands?|fingers?|eyes|look)|(?:hands?|fingers?|eyes|look) (?:said|says|moved|shaped|spoke|spelt|spelled|flew|were|made|answered)|said nothing"
)


_TO_SOMEBODY = bag("told tells asked asks warned warns answered")
_WITHOUT_VOICE = bag("nothing hands fingers eyes look gestures no not")


class Abilities:
    def __init__(self, canon: Canon) -> None:
        self._nevers = list(nevers(canon))
        self._mute = list(_mute(canon))

    def check(self, reading: Reading) -> Iterator[Mark]:
        yield from self._speaking(reading)
        position = reading.standing.position
        held = [one for one in self._nevers if one.span.surely(position) and _is_at(reading, one)]
        for place, sentence in reading.narrated:
            for never in held:
                if never.where and _OUTSIDE.search(reading.passage.prose, sentence.start, sentence.end):
                    continue
                at = _done(reading, place, never)
                if at is not None and not reading.frames.is_hedged(sentence, sentence.tokens[at[1]].start):
                    yield mark(reading, place, never.id, never.words, *at, 0.8)

    def _speaking(self, reading: Reading) -> Iterator[Mark]:
        for stated in self._mute:
            if not stated.span.surely(reading.standing.position):
                continue
            for place, sentence in enumerate(reading.sentences):
                if sentence.is_speech:
                    yield from _speaks(reading, place, stated)
                elif not reading.frames.is_framed(sentence):
                    yield from _says(reading, place, stated)


def _mute(canon: Canon) -> Iterator[Statement]:
    """Who does not speak; until "speaks again from chapter 9" where the canon says so in another place."""
    every = [one for one in (*statements(canon), *voices(canon)) if one.entry is not None]
    again = {
        one.entry.id: one.span.first
        for one in every
        if one.entry is not None
        and one.span.first is not None
        and _AGAIN.search(one.text)
        and not MUTE.search(one.text)
    }
    for one in every:
        if one.entry is not None and MUTE.search(one.text):
            first = again.get(one.entry.id)
            is_open = one.span.last is None and first is not None and (one.span.first or 0) < first
            yield replace(one, span=Span(one.span.first, first - 1)) if is_open and first is not None else one


def _speaks(reading: Reading, place: int, stated: Statement) -> Iterator[Mark]:
    """The first words of a speech by somebody who has none, told of by "he said"."""
    sentence = reading.sentences[place]
    is_first = place == 0 or reading.sentences[place - 1].speech != sentence.speech
    speaker = reading.speaker(sentence) if is_first else None
    if speaker is None or stated.entry is None or speaker.id != stated.entry.id or reading.frames.is_framed(sentence):
        return
    around = reading.passage.in_paragraph(sentence.paragraph)
    is_said = any(
        not reading.sentences[near].is_speech and set(lows(reading.sentences[near].tokens)) & _ALOUD
        for near in reading.in_paragraph(sentence.paragraph)
    )
    if is_said and not _SILENT.search(around) and sentence.tokens:
        yield mark(reading, place, stated.id, stated.words, 0, len(sentence.tokens) - 1, 0.8)


_ALOUD = SPEAKING - {"called", "went", "began", "continued", "thought", "noted", "mused"}


def _says(reading: Reading, place: int, stated: Statement) -> Iterator[Mark]:
    sentence = reading.sentences[place]
    words = sentence.tokens
    if _SILENT.search(reading.passage.prose, sentence.start, sentence.end):
        return
    if (told := _tells(reading, place, stated)) is not None:
        yield mark(reading, place, stated.id, stated.words, *told, 0.85)
        return
    if not reading.speeches_in(sentence.paragraph):
        return
    verbs = SPEAKING - {"called", "went", "began", "continued", "signed", "thought"}
    for one in reading.people_in(place):
        if one.entry is None or stated.entry is None or one.entry.id != stated.entry.id:
            continue
        mention = next((known for known in reading.mentions[place] if known.first == one.at), None)
        last = mention.last if mention is not None else one.at
        first = one.at - 1 if one.at and words[one.at - 1].lower == "the" else one.at
        near = [last + 1] if words[first - 1].lower in _TO_SOMEBODY and first > 1 else [first - 1, last + 1]
        verb = next((at for at in near if 0 <= at < len(words) and words[at].lower in verbs), None)
        behind = set(lows(words[max(verb or 0, last) + 1 :][:3]))
        is_told = (
            verb is not None
            and verb < first
            and verb > 0
            and (
                words[verb - 1].lower in ("he", "she", "i", "they")
                or any(one.last == verb - 1 for one in reading.mentions[place])
            )
        )
        if verb is not None and not is_told and not behind & _WITHOUT_VOICE:
            yield mark(reading, place, stated.id, stated.words, min(verb, first), max(verb, last), 0.85)


def _tells(reading: Reading, place: int, stated: Statement) -> tuple[int, int] | None:
    """ "Nils told her quietly that …", "he said it was late", "his voice was hoarse": speech that nobody quotes."""
    words = reading.sentences[place].tokens
    for at in range(1, len(words)):
        low, after = words[at].lower, low_at(words, at + 1)
        is_inward = bool(_INWARDLY & set(lows(words[at + 1 : at + 4])))
        is_voiced = low in _OUT_LOUD and words[at - 1].lower not in _NOT_TELLING and not is_inward
        is_told = is_voiced or (low in _TELLS and after in _TOLD and words[at - 1].lower not in _NOT_TELLING)
        is_aloud = low in _TELLS | _VOICED and {"voice", "aloud", "whisper"} & set(lows(words[at + 1 : at + 9]))
        if not (is_told or is_aloud) or reading.frames.is_hedged(reading.sentences[place], words[at].start):
            continue
        subject = reading.subject(place, at)
        first = max((one.at for one in reading.people_in(place) if one.at < at and one.entry is subject), default=at)
        if any(first < one.at < at and one.entry is not subject for one in reading.people_in(place)):
            continue
        if subject is not None and stated.entry is not None and subject.id == stated.entry.id:
            return at, at + 1 if at + 1 < len(words) else at
    return None


_TELLS = bag(
    "told said asked answered explained whispered shouted replied called announced swore begged promised argued insisted complained"
)
_TOLD = bag(
    "him her them me us that the it he she they how what who why where whether to for out up loudly softly quietly hoarsely again"
)
_OUT_LOUD = bag(
    "sang swore cursed argued chatted chattered recited yelled bellowed muttered murmured whispered quarrelled gossiped stammered"
)
_INWARDLY = bag("head heart mind inwardly silently")
_VOICED = bag("spoke sang talked cried read muttered murmured")
_NOT_TELLING = bag("was were been had being is are be to not never who which 'd would")


def mark(reading: Reading, place: int, canon_id: str, shown: str, first: int, last: int, sure: float) -> Mark:
    words = reading.sentences[place].tokens
    return Mark.over(words, first, last, "ability", canon_id, shown, sure)


_OUTSIDE = either(r"outside|out in|beyond|in the (?:yard|street|garden|stables|town|road)|down in")


def _is_at(reading: Reading, never: Never) -> bool:
    """Whether a text is where the deed is forbidden."""
    return not never.where or never.where in {noun(word.text) for one in reading.sentences for word in one.tokens}


def _done(reading: Reading, place: int, never: Never) -> tuple[int, int] | None:
    """The tokens between which somebody does what they never do."""
    words = reading.sentences[place].tokens
    if never.unless & set(lows(words)):
        return None
    for at in range(1, len(words)):
        last = _verb_at(words, at, never)
        if last is None:
            continue
        if never.objects:
            found = _object_after(words, last, never)
            if found is None:
                found = _by_pronoun(reading, place, last, never)
            if found is None:
                continue
            last = found
        first = _doer(reading, place, at, never)
        if first is not None:
            return first, last
    return None


def _by_pronoun(reading: Reading, place: int, verb: int, never: Never) -> int | None:
    """The "it" of "lifted hers and emptied it. It was the best cider": which the sentences beside name."""
    words = reading.sentences[place].tokens
    is_helped = any(noun(word.text) in _HELPINGS for word in words[verb + 1 : verb + 4])
    if stem(words[verb].text) not in _CONSUMING and not is_helped:
        return None
    at = next(
        (
            to
            for to in range(verb + 1, min(len(words), verb + 5))
            if words[to].lower in ("it", "them", "one", "hers", "his")
            and (to == verb + 1 or words[to - 1].lower == "of")
        ),
        None,
    )
    is_whole = at is None or at + 1 >= len(words) or not words[at + 1].is_word or words[at + 1].lower in _AFTER_IT
    is_own = at is not None and words[at].lower in ("hers", "his") and at + 1 < len(words) and words[at + 1].text == ","
    if at is None or not is_whole or is_own:  # "finished hers, the beans"
        return None
    near = [to for to in range(place - _BACK, place + 2) if 0 <= to < len(reading.sentences)]
    paragraph = reading.sentences[place].paragraph
    named = [
        noun(word.text)
        for to in near
        if paragraph - 1 <= reading.sentences[to].paragraph <= paragraph
        for word in reading.sentences[to].tokens
    ]
    others = {one for one in named if one in _OTHERWISE} - never.objects
    return at if not others and any(one in never.objects for one in named) else None


_BACK = 6  # sentences, speech among them
_CONSUMING = stems("drink drain sip swallow gulp down finish empty eat devour bite chew")
_HELPINGS = bag("plate bowl helping glass cup slice portion dish")  # "had two plates of it"
_OTHERWISE = bag("water tea coffee milk cocoa soup broth lemonade juice seltzer")  # what else "it" may be
_AFTER_IT = bag(
    "off down up standing in at all and with slowly fast quickly to like neat straight without as before while"
)


def _verb_at(words: Sequence[Token], at: int, never: Never) -> int | None:
    """The last token of one of the verbs, with its particle, if it begins there."""
    word = words[at]
    if words[at - 1].lower == "could" and word.lower in ("see", "hear", "read"):
        return at if (stem(word.text), "") in never.verbs else None
    if words[at - 1].lower in _NO_DOING and not _goes_on(words, at):
        return None
    if not (_goes_on(words, at) or acts(word.lower) or word.lower in ("has", "have") or _is_third(words, at)):
        return None
    mine = {particle for verb, particle in never.verbs if verb == stem(word.text)}
    after = low_at(words, at + 1)
    if word.lower.startswith("watch") and after in ("over", "for"):
        return None
    if after in mine - {""}:
        beyond = words[at + 2] if at + 2 < len(words) else None
        is_alone = beyond is None or not beyond.is_word or beyond.lower in _AFTER_PARTICLE
        return at + 1 if is_alone or never.objects else None
    return at if "" in mine else None


def _goes_on(words: Sequence[Token], at: int) -> bool:
    """ "Was reading", "sat reading", "began to read"."""
    before, low = words[at - 1].lower, words[at].lower
    if before == "to":
        return at > 1 and words[at - 2].lower in ("began", "begins", "started", "starts", "proceeded", "continued")
    return low.endswith("ing") and before in _DURING


_DURING = bag("was is were sat sits stood lay lies went goes began started kept busy been")


def _is_third(words: Sequence[Token], at: int) -> bool:
    """ "she swims", "Tomas reads": a form in -s right behind its subject."""
    before = words[at - 1]
    return words[at].lower.endswith("s") and (before.lower in ("he", "she", "it", "and") or before.is_capital)


def _is_taken(words: Sequence[Token], verb: int, to: int) -> bool:
    """ "Took her coffee black": as one's own, and nowhere."""
    after = low_at(words, to + 1)
    return words[to - 1].lower in ("his", "her") and to == verb + 2 and after not in _CARRIED


_CARRIED = bag(
    "to from into over up away out back off through outside upstairs with inside down across along home cup glass mug"
)


def _object_after(words: Sequence[Token], verb: int, never: Never) -> int | None:
    is_having = words[verb].lower in ("has", "have", "had")
    if is_having and verb + 1 < len(words) and is_past(words[verb + 1].lower):
        return None  # "had caught a herring"
    reach = _SOON if is_having else _NEAR
    for to in range(verb + 1, min(len(words), verb + reach)):
        if words[to].text in ".;" or words[to].lower in _ANOTHER_CLAUSE:
            return None
        if words[to].lower == "no":
            return None
        if words[verb].lower in ("took", "takes") and not _is_taken(words, verb, to):
            continue
        if noun(words[to].text) in never.objects:
            after = low_at(words, to + 1)
            is_aboard = bool(set(lows(words[max(verb, to - 3) : to])) & _ABOARD)
            if (
                (is_having and (after == "to" or is_past(after)))
                or words[to - 1].lower in _TABLE
                or after in _ALONG
                or (stem(words[verb].text) in _GOING and not is_aboard)
            ):
                return None
            return to
    return None


def _doer(reading: Reading, place: int, verb: int, never: Never) -> int | None:
    """Where the doer stands, if it is who never does it."""
    words = reading.sentences[place].tokens
    if never.entry is not None:
        subject = reading.subject(place, verb)
        if subject is None or subject.id != never.entry.id:
            return None
        return max(
            (one.first for one in reading.mentions[place] if one.last < verb and one.entry.id == never.entry.id),
            default=verb,
        )
    if not never.who:
        return verb
    known = reading.subject(place, verb)
    if known is not None and never.who in words_for(known):
        return max(
            (one.first for one in reading.mentions[place] if one.last < verb and one.entry is known), default=verb
        )
    return next((at for at in range(max(0, verb - 4), verb) if noun(words[at].text) == noun(never.who)), None)


def words_for(entry: Entry) -> set[str]:
    """What an entry is, in the canon's own words: "hill-folk"."""
    return {
        word
        for one in entry.attributes
        if one.key in _WHAT_ONE_IS
        for value in one.values
        for word in (value.text, noun(value.text))
    }


_WHAT_ONE_IS = bag("people folk race species kind tribe nation order clan caste house")
