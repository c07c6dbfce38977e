"""Pronouns: whom "she", "his", "my" and "your" mean; nobody where it is not clear."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from watchbill.gates.lore.canon import Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.texts.candidates import Candidate, acts_at, fitting

if TYPE_CHECKING:
    from watchbill.gates.lore.texts.reading import Reading

_HE, _SHE = frozenset(("he", "him", "his", "himself")), frozenset(("she", "her", "hers", "herself"))
_ANYBODY = bag("someone somebody everyone everybody anyone anybody other another others crowd")
FAR = 60  # sentences back, over which somebody may be meant
_SHOWN = bag("was is were stood sat lay came hung knelt")


class Pronouns:
    """What a reading knows of whom its pronouns mean."""

    def __init__(self, reading: "Reading") -> None:
        self._reading = reading

    def meant(self, place: int, token: int) -> Entry | None:
        """Whom a pronoun means; None unless it is clear."""
        sentence, word = self._reading.sentences[place], self._reading.sentences[place].tokens[token].lower
        if word in ("my", "i", "me", "mine", "myself"):
            return self._reading.speaker(sentence) if sentence.is_speech else self._reading.narrator
        if word in ("your", "you", "yours"):
            return self._reading.addressed(place) or self._told_to(place)
        if sentence.is_speech and (word in _HE or word in _SHE):
            return self._spoken_of(place, token, "m" if word in _HE else "f")
        if sentence.is_speech or word in ("their", "they", "our", "we"):
            return None
        gender = "m" if word in _HE else "f" if word in _SHE else "n"
        here = [one for one in self._reading.candidates[place] if one.at < token]
        if introduced := self._introduced(place, here, gender):
            return introduced
        if fitting(here, gender):
            return self._chosen(here, gender)
        if not token and word in ("his", "her") and (watched := self._watched(place, gender)) is not None:
            return watched
        found, watcher = self._before(place, gender), self._point_of_view(gender)
        return found if watcher is None or found is watcher else None  # "she" may be the one who looks on, too

    def _told_to(self, place: int) -> Entry | None:
        """ "I", to whom somebody else talks, where nobody but the two is in the text so far."""
        sentence = self._reading.sentences[place]
        if not sentence.is_speech or self._reading.narrator is None or not self._reading.is_told_by_i:
            return None
        speaker = self._reading.speaker(sentence)
        named = {
            one.entry.id if one.entry else ""
            for near in range(max(0, place - FAR), place)
            if not self._reading.sentences[near].is_speech
            for one in self._reading.candidates[near]
            if one.gender != "p" and (one.entry is None or one.entry.kind in ("", "person"))
        }
        return (
            self._reading.narrator
            if speaker is not None and named == {speaker.id} and speaker is not self._reading.narrator
            else None
        )

    def _spoken_of(self, place: int, token: int, gender: str) -> Entry | None:
        """Whom "she" means in speech: who alone, besides the speaker, has been named in it, or else in its paragraph before."""
        sentence = self._reading.sentences[place]
        speaker = self._reading.speaker(sentence)
        if speaker is None:
            return None
        before = [near for near in self._reading.in_paragraph(sentence.paragraph) if near < place]
        own = [near for near in before if self._reading.sentences[near].speech == sentence.speech]
        here = [one for one in self._reading.candidates[place] if one.at < token]
        for near in ([], own, before):
            named = [*here, *(one for other in near for one in self._reading.candidates[other])]
            named = [one for one in fitting(named, gender) if one.entry is not speaker]
            if named:
                found = self._chosen(named, gender)
                return found if self._is_third(place, found) else None
        return self._talked_of(place, gender, speaker)

    def _talked_of(self, place: int, gender: str, speaker: Entry) -> Entry | None:
        """ "'Ask Tomas.' 'A cooper?' 'He was a soldier once.'": who alone was named in the two paragraphs of talk before, and takes no part in it."""
        paragraph = self._reading.sentences[place].paragraph
        if any(not self._reading.speeches_in(near) for near in (paragraph - 2, paragraph - 1)):
            return None
        before = [near for step in (1, 2) for near in self._reading.in_paragraph(paragraph - step)]
        talks = {self._reading.speaker(self._reading.sentences[near]) for near in before}
        for step in (1, 2):
            named = [
                one
                for near in self._reading.in_paragraph(paragraph - step)
                for one in fitting(self._reading.candidates[near], gender)
                if one.entry is not speaker
                and (one.entry is not None or len(self._reading.sentences[near].tokens) > 3)  # "A cooper?"
            ]
            if named:
                found = self._chosen(named, gender)
                return found if found not in talks and self._is_third(place, found) else None
        return None

    def _is_third(self, place: int, found: Entry | None) -> bool:
        """Whether somebody is none of the two who talk: not spoken to by name, except that a name is asked back ("Edwin? Oh, he …")."""
        speech = self._reading.sentences[place].speech
        is_asked = any(
            len(one.tokens) == 2 and one.tokens[1].text == "?" and one.speech == speech
            for one in self._reading.sentences[max(0, place - 3) : place]
        )
        return found is not None and (is_asked or found is not self._reading.addressed(place))

    def _watched(self, place: int, gender: str) -> Entry | None:
        """Who alone is in the sentence right before, and its subject, whoever looks on: "Aldous knelt. His eyes narrowed." """
        before = place - 1
        if before < 0 or self._reading.sentences[before].paragraph != self._reading.sentences[place].paragraph:
            return None
        if self._reading.sentences[before].is_speech or len(self._reading.candidates[before]) != 1 or gender == "n":
            return None
        only = self._reading.candidates[before][0]
        return only.entry if only.at <= 1 and fitting([only], gender) else None

    def _introduced(self, place: int, here: Sequence[Candidate], gender: str) -> Entry | None:
        """ "Nils turned, and there stood Una, and her eyes shone": who is shown last."""
        last = next(iter(fitting(here[-1:], gender)), None)
        if last is None or last.entry is None or last.at < 2:
            return None
        words = self._reading.sentences[place].tokens
        is_shown = words[last.at - 2].lower == "there" and words[last.at - 1].lower in _SHOWN
        return last.entry if is_shown else None

    def _before(self, place: int, gender: str) -> Entry | None:
        """From the sentences before, of this paragraph and then of the one before it."""
        paragraph = self._reading.sentences[place].paragraph
        for earlier in range(place - 1, -1, -1):
            sentence = self._reading.sentences[earlier]
            if sentence.paragraph < paragraph and (said := self._answering(place, gender)) is not None:
                return said
            if sentence.paragraph < paragraph - 1:
                return self._only_one(earlier, gender)
            if sentence.is_speech:
                continue
            if fitting(self._reading.candidates[earlier], gender) and self._is_answered(place, earlier):
                return None
            if fitting(self._reading.candidates[earlier], gender):
                lead = self._lead(earlier, gender)
                words = self._reading.sentences[earlier].tokens
                if lead is not None and not any(
                    acts_at(words, one.at + 1) for one in self._reading.candidates[earlier]
                ):
                    return self.meant(earlier, lead)
                return self._chosen(self._reading.candidates[earlier], gender)
        return self._point_of_view(gender) or self._told_later(place, gender)

    def _told_later(self, place: int, gender: str) -> Entry | None:
        """ "He put down the lamp. He rubbed his eyes." in a first paragraph, where a later one names him."""
        paragraph = self._reading.sentences[place].paragraph
        beside = [near for near in self._reading.beside(paragraph) if near <= place]
        is_led = any(self._lead(near, gender) is not None for near in beside)
        last = max(self._reading.in_paragraph(paragraph), default=place)
        is_open = not any(
            one.gender == gender or (one.entry is not None and not one.gender)
            for near in self._reading.in_paragraph(paragraph)
            for one in self._reading.candidates_later(near)
        )
        return self._named_later(last, gender) if is_led and is_open else None

    def _is_answered(self, place: int, earlier: int) -> bool:
        """Whether a paragraph begins with words that answer the one before: then who spoke there is not who goes on here."""
        paragraph = self._reading.sentences[place].paragraph
        first = min(self._reading.in_paragraph(paragraph), default=place)
        is_across = self._reading.sentences[earlier].paragraph < paragraph
        return (
            is_across
            and self._reading.sentences[first].is_speech
            and bool(self._reading.speeches_in(self._reading.sentences[earlier].paragraph))
        )

    def _answering(self, place: int, gender: str) -> Entry | None:
        """Who speaks first in this paragraph, in answer to another, and goes on to do something."""
        paragraph = self._reading.sentences[place].paragraph
        places = self._reading.in_paragraph(paragraph)
        if not places or not self._reading.sentences[min(places)].is_speech:
            return None
        found = self._reading.spoken_by.answering(paragraph)
        return found if found is not None and self._reading.cast.gender_by_id[found.id] == gender else None

    def _lead(self, place: int, gender: str) -> int | None:
        """Where a sentence begins with "he": who does what it tells, and goes on doing."""
        wanted = "he" if gender == "m" else "she" if gender == "f" else ""
        return next(
            (at for at, word in enumerate(self._reading.sentences[place].tokens[:2]) if word.lower == wanted), None
        )

    def _only_one(self, last: int, gender: str) -> Entry | None:
        """Of everybody that the narration has named up to a sentence, whoever alone fits."""
        named = [
            one
            for place in range(max(0, last - FAR), last + 1)
            if not self._reading.sentences[place].is_speech
            for one in fitting(self._reading.candidates[place], gender)
            if one.entry is not None or self._reading.sentences[place].tokens[one.at].lower not in _ANYBODY
        ]
        return self._chosen(named, gender) if named else self._point_of_view(gender) or self._named_later(last, gender)

    def _named_later(self, last: int, gender: str) -> Entry | None:
        """ "She came in out of the rain. … 'My husband is gone,' said Ilse": who alone of the whole text may be meant."""
        if gender not in ("m", "f") or (self._reading.narrator is not None and not self._reading.is_told_by_i):
            return None
        named = [
            one
            for place in range(last, min(len(self._reading.sentences), last + FAR))
            if not self._reading.sentences[place].is_speech
            for one in self._reading.candidates_later(place)
            if one.gender == gender
        ]
        return self._chosen(named, gender) if named else None

    def _point_of_view(self, gender: str) -> Entry | None:
        """Through whose eyes a text in the third person is told."""
        if self._reading.narrator is None or self._reading.is_told_by_i or gender == "n":
            return None
        return self._reading.narrator if self._reading.cast.gender_by_id[self._reading.narrator.id] == gender else None

    def _chosen(self, candidates: Sequence[Candidate], gender: str) -> Entry | None:
        found = {one.entry.id if one.entry else None: one.entry for one in fitting(candidates, gender)}
        return next(iter(found.values())) if len(found) == 1 else None
