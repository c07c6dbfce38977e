"""Speakers: who of the canon says which words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from watchbill.gates.lore.candidates import is_possessive
from watchbill.gates.lore.canon import Entry
from watchbill.gates.lore.cast import is_person
from watchbill.gates.lore.passages import Sentence, Speech
from watchbill.gates.lore.people import SPEAKING

if TYPE_CHECKING:
    from watchbill.gates.lore.reading import Reading


class Speakers:
    """What a reading knows of its speeches; each is answered once."""

    def __init__(self, reading: "Reading") -> None:
        self._reading = reading
        self._speakers: dict[int, Entry | None] = {}

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
        return told is not None and not self._is_one_of_several(told)

    def _is_one_of_several(self, place: int) -> bool:
        """ "Said Stroud", where the canon has two of that name."""
        words = self._reading.sentences[place].tokens
        return any(
            one.entry is None and words[one.at].is_capital and words[one.at].lower in self._reading.cast.name_words
            for one in self._reading.candidates[place]
        )

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
            (one for one in mentions if verb < one.first <= verb + 2 and not is_possessive(words, one.last)), None
        )
        before = [one for one in mentions if one.last < verb and not is_possessive(words, one.last)]
        others = [one for one in self._reading.candidates[place] if one.entry is None]
        if before and before[-1].last == verb - 1:
            return before[-1].entry, True
        pronoun = self._speaking_pronoun(place)
        if after is not None and verb <= 1 and (pronoun is None or pronoun > verb):  # not "I told Tomas"
            return after.entry, True
        if any(verb < one.at <= verb + 4 for one in others) and verb <= 1 and (pronoun is None or pronoun > verb):
            return None, True
        if pronoun is not None:
            return self._reading.meant(place, pronoun) or self._just_acted(place, words[pronoun].lower), False
        if before and not any(before[-1].last < one.at < verb for one in others):
            return before[-1].entry, True
        return (None, True) if others else (None, False)

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
        for place in self._saying(self._reading.passage.speeches[sentence.speech]):
            entry, names_one = self._attributed(place)
            if entry is not None or names_one or self._speaking_pronoun(place) is not None:
                return entry if entry is not None and is_person(entry) else None
        beside = self._reading.beside(sentence.paragraph)
        actors = []
        for place in beside:  # an action beside the words
            first = self._reading.candidates[place][:1]
            if first and first[0].at <= 3 and not is_possessive(self._reading.sentences[place].tokens, first[0].at):
                actors.append(first[0].entry)
        if not actors and beside and self._reading.sentences[beside[0]].tokens[0].text == "I":
            return self._reading.narrator  # "It is late." I shut the book.
        named = {one.id for one in actors if one is not None}
        if len(named) == 1 and None not in actors:
            return self._reading.canon.entry_by_id[named.pop()]
        return None
