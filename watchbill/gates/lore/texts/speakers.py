"""Speakers: who of the canon says which words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from watchbill.gates.lore.canon import Entry
from watchbill.gates.lore.english.language import Token, low_at
from watchbill.gates.lore.english.people import SPEAKING
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.texts.candidates import is_possessive
from watchbill.gates.lore.texts.passages import Sentence, Speech

if TYPE_CHECKING:
    from watchbill.gates.lore.texts.reading import Reading


_TALK = 6  # paragraphs back, in which whoever talks is named


class Speakers:
    """What a reading knows of its speeches; each is answered once."""

    def __init__(self, reading: "Reading") -> None:
        self._reading = reading
        self._speakers: dict[int, Entry | None] = {}
        self._answering: dict[int, Entry | None] = {}  # by paragraph

    def of(self, sentence: Sentence) -> Entry | None:
        """Who of the canon says it; None for anybody else, and where it is not clear."""
        if not sentence.is_speech:
            return None
        if sentence.speech not in self._speakers:
            self._speakers[sentence.speech] = self._find_speaker(sentence)
        return self._speakers[sentence.speech]

    def has_other_speaker(self, sentence: Sentence) -> bool:
        """Whether somebody is named as speaking who is none of the canon."""
        if not sentence.is_speech or self.of(sentence) is not None:
            return False
        told = next(
            (one for one in self._saying(self._reading.passage.speeches[sentence.speech]) if self._attributed(one)[1]),
            None,
        )
        return told is not None

    def _speech_verb(self, place: int) -> int | None:
        return next(
            (at for at, word in enumerate(self._reading.sentences[place].tokens) if word.lower in SPEAKING), None
        )

    def _attributed(self, place: int) -> tuple[Entry | None, bool]:
        """Who a sentence of narration says is speaking, and whether it names anybody."""
        words, verb = self._reading.sentences[place].tokens, self._speech_verb(place)
        if verb is None:
            return None, False
        mentions = self._reading.mentions[place]
        after = next(
            (
                one
                for one in mentions
                if verb < one.first <= verb + 2
                and not is_possessive(words, one.last)
                and words[one.first - 1].lower not in ("to", "at")
            ),
            None,
        )
        before = [one for one in mentions if one.last < verb and not is_possessive(words, one.last)]
        others = [one for one in self._reading.candidates[place] if one.entry is None]
        if before and before[-1].last == verb - 1:
            return before[-1].entry, True
        pronoun = self._speaking_pronoun(place)
        if pronoun is not None and pronoun == verb - 1:  # "she told Tomas"
            return self._meant(place, pronoun), False
        if after is not None and verb <= 1:
            return after.entry, True
        if any(verb < one.at <= verb + 4 for one in others) and verb <= 1 and (pronoun is None or pronoun > verb):
            return None, True
        if (
            verb <= 1
            and pronoun is None
            and any(word.lower in ("a", "an", "somebody", "someone") for word in words[verb + 1 : verb + 2])
        ):
            return None, True  # "called a voice"
        if pronoun is not None:
            return self._meant(place, pronoun), False
        if before and not any(before[-1].last < one.at < verb for one in others):
            return before[-1].entry, True
        return (None, True) if others else (None, False)

    def _meant(self, place: int, pronoun: int) -> Entry | None:
        word = self._reading.sentences[place].tokens[pronoun].lower
        return self._reading.meant(place, pronoun) or self._just_acted(place, word)

    def _just_acted(self, place: int, pronoun: str) -> Entry | None:
        """ "The old gunner bent down. 'Keep your head down,' he told him": who did what stands right before the words."""
        paragraph = self._reading.sentences[place].paragraph
        before = next((one for one in reversed(self._reading.beside(paragraph)) if one < place), None)
        if before is None or pronoun == "i":
            return None
        found = self._reading.subject(before, len(self._reading.sentences[before].tokens))
        wanted = ("m", "") if pronoun == "he" else ("f", "")
        return found if found is not None and self._reading.cast.gender_by_id[found.id] in wanted else None

    def _speaking_pronoun(self, place: int) -> int | None:
        """The "he" of "he said"."""
        words, verb = self._reading.sentences[place].tokens, self._speech_verb(place)
        near = () if verb is None else (verb - 1, verb - 2, verb + 1)
        return next((at for at in near if 0 <= at < len(words) and words[at].lower in ("he", "she", "i")), None)

    def _saying(self, speech: Speech) -> Iterator[int]:
        """The narration that may say whose words these are: what their sentence goes on with, what stands before, what comes later."""
        prose = self._reading.passage.prose
        beside = [place for place in self._reading.beside(speech.paragraph) if self._speech_verb(place) is not None]
        after = [place for place in beside if self._reading.sentences[place].start >= speech.end]
        goes_on = prose[speech.start : speech.end].rstrip()[-1:] in (",", "?", "!", "—", "–", "-", "…")
        if goes_on and after and not prose[speech.end : self._reading.sentences[after[0]].start].strip("\"' "):
            yield after[0]
        yield from (place for place in reversed(beside) if self._reading.sentences[place].start < speech.start)
        yield from after

    def _find_speaker(self, sentence: Sentence) -> Entry | None:
        told = self._told_of(sentence)
        if told is not None:
            return told if isinstance(told, Entry) else None
        return self.answering(sentence.paragraph)

    def answering(self, paragraph: int) -> Entry | None:
        """Of two who talk, the one who did not speak in the paragraph before."""
        if paragraph not in self._answering:
            self._answering[paragraph] = None  # while it is being asked
            self._answering[paragraph] = self._by_turn(paragraph) or self._find_answering(paragraph)
        return self._answering[paragraph]

    def _find_answering(self, paragraph: int) -> Entry | None:
        """The only other one who was named in the talk."""
        reading = self._reading
        before = [place for place in reading.in_paragraph(paragraph - 1) if reading.sentences[place].is_speech]
        last = self.of(reading.sentences[max(before)]) if before else None
        if last is None:
            return None
        talking: dict[str, Entry | None] = {last.id: last}
        for near in range(max(0, paragraph - _TALK), paragraph):
            for place in reading.beside(near):
                for one in reading.candidates_later(place):
                    is_owner = is_possessive(reading.sentences[place].tokens, one.at)
                    is_one = one.gender != "p" if one.entry is None else is_person(one.entry)
                    if is_one and not is_owner:
                        talking[one.entry.id if one.entry else ""] = one.entry
                if any(word.lower == "i" for word in reading.sentences[place].tokens):
                    talking[reading.narrator.id if reading.narrator else ""] = reading.narrator
        others = [one for one in talking.values() if one is not last]
        found = others[0] if len(others) == 1 else None
        said = {word.lower for place in reading.beside(paragraph) for word in reading.sentences[place].tokens}
        gender = reading.cast.gender_by_id[found.id] if found is not None else ""
        is_another = (said & {"he", "his"} and gender == "f") or (said & {"she", "her"} and gender == "m")
        return None if is_another else found

    def _told_of(self, sentence: Sentence) -> Entry | str | None:
        """Who speaks by the narration beside the words; a text for somebody else, None where it tells nothing."""
        for place in self._saying(self._reading.passage.speeches[sentence.speech]):
            entry, names_one = self._attributed(place)
            if entry is not None or names_one or self._speaking_pronoun(place) is not None:
                return entry if entry is not None and is_person(entry) else f"somebody of {place}"
        actors = []
        beside = list(self._reading.beside(sentence.paragraph))
        for place in beside:  # an action beside the words
            first = self._reading.candidates[place][:1]
            if first and first[0].at <= 3 and _acts(self._reading.sentences[place].tokens, first[0].at):
                actors.append(first[0].entry)
        if not actors and beside and self._reading.sentences[beside[0]].tokens[0].text == "I":
            return self._reading.narrator  # "It is late." I shut the book.
        named = {one.id for one in actors if one is not None}
        if len(named) == 1 and None not in actors:
            return self._reading.canon.entry_by_id[named.pop()]
        return "several" if actors else None

    def _by_turn(self, paragraph: int) -> Entry | None:
        """Who spoke in the paragraph before the last one, where somebody else, or nobody knows who, spoke in that."""
        if not (self._reading.speeches_in(paragraph - 1) and self._reading.speeches_in(paragraph - 2)):
            return None
        last, own = (self._spoke(paragraph - step) for step in (1, 2))
        return own if own is not None and own is not last and self._fits(paragraph, own) else None

    def _spoke(self, paragraph: int) -> Entry | None:
        return self.of(next(one for one in self._reading.sentences if one.is_speech and one.paragraph == paragraph))

    def _fits(self, paragraph: int, speaker: Entry) -> bool:
        """Whether what somebody does beside the words may be the speaker's: "He turned his face", of a man."""
        gender = self._reading.cast.gender_by_id[speaker.id]
        leads = {self._reading.sentences[place].tokens[0].lower for place in self._reading.beside(paragraph)} & {
            "he",
            "she",
            "i",
        }
        return not leads or (len(leads) == 1 and leads <= {"m": {"he"}, "f": {"she"}}.get(gender, {"he", "she"}))


def _acts(words: Sequence[Token], at: int) -> bool:
    """Whether somebody does anything beside the words: not who only hears another say them."""
    after = low_at(words, at + 1)
    if any(word.lower in ("he", "she") for word in words[:at]):
        return False  # "He whistled the dog in"
    return not is_possessive(words, at) and after not in ("heard", "hears", "listened", "watched", "saw")
