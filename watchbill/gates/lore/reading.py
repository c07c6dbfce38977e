"""A text read with the canon in hand: who is mentioned where, who speaks, whom a pronoun means."""

import re
from collections.abc import Sequence
from functools import cached_property

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.candidates import DETERMINERS, Candidate, acts_at, fitting, is_possessive, somebody
from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.cast import Cast
from watchbill.gates.lore.family import group_of
from watchbill.gates.lore.frames import Frames
from watchbill.gates.lore.genders import gender_told
from watchbill.gates.lore.language import Token
from watchbill.gates.lore.narrators import called_in_speech
from watchbill.gates.lore.passages import Passage, Sentence, Speech
from watchbill.gates.lore.roles import OFFICES
from watchbill.gates.lore.speakers import Speakers
from watchbill.gates.lore.standing import Standing

_HE, _SHE = frozenset(("he", "him", "his", "himself")), frozenset(("she", "her", "hers", "herself"))
_PREPOSITIONS = bag(
    "beside behind near by with of to from in on at under over above below before after around about inside outside against into past beyond"
)
_ANYBODY = bag("someone somebody everyone everybody anyone anybody other another others crowd")
_FAR = 60  # sentences back, over which somebody may be meant
_SHOWN = bag("was is were stood sat lay came hung knelt")
_TITLE = re.compile(
    r"\b(?:Mrs?|Ms|Miss|Dr|Sir|Lady|Lord|Captain|Father|Mother|Sister|Brother|Master|Mistress|Old|Young|Aunt|Uncle)\b\.?\s*\Z"
)


class Reading:
    """What the checks ask of a text; each question is answered once."""

    def __init__(
        self, passage: Passage, standing: Standing, cast: Cast, declared: frozenset[str] = frozenset()
    ) -> None:
        self.passage = passage
        self.standing = standing
        self.cast = cast
        self.declared = declared  # variables of the game that this is a scene of
        self.frames = Frames(passage)
        self.mentions = [cast.mentions(sentence.tokens) for sentence in passage.sentences]
        self.candidates: list[list[Candidate]] = []
        self._spoken_by = Speakers(self)
        self._shared_roles: dict[str, bool] = {}
        self._genders: dict[str, str] = {}  # of those of whom the canon tells none, by id
        self._narration: dict[int, list[int]] = {}  # places of narration by paragraph
        self._spoken: dict[int, list[int]] = {}  # places of speech by speech
        for place, sentence in enumerate(passage.sentences):
            group, key = (
                (self._spoken, sentence.speech) if sentence.is_speech else (self._narration, sentence.paragraph)
            )
            group.setdefault(key, []).append(place)
        for place in range(len(passage.sentences)):  # in order: whose mother it is hangs on who was named before
            self.candidates.append(
                sorted(somebody(passage.sentences[place].tokens, self.mentions[place], cast), key=lambda one: one.at)
            )
            self.candidates[place] = [self._told(place, self._known(place, one)) for one in self.candidates[place]]

    @property
    def canon(self) -> Canon:
        return self.cast.canon

    @property
    def sentences(self) -> Sequence[Sentence]:
        return self.passage.sentences

    @cached_property
    def narrator(self) -> Entry | None:
        """Through whose eyes, or in whose words, it is told."""
        if self.standing.pov:
            return self.canon.find(self.standing.pov)
        return (self.cast.narrator or called_in_speech(self)) if self._is_told_by_i else None

    def speaker(self, sentence: Sentence) -> Entry | None:
        """Who of the canon says it; None for anybody else, and where it is not clear."""
        return self._spoken_by.of(sentence)

    def has_other_speaker(self, sentence: Sentence) -> bool:
        """Whether somebody is named as speaking who is none of the canon."""
        return self._spoken_by.has_other_speaker(sentence)

    def meant(self, place: int, token: int) -> Entry | None:
        """Whom a pronoun means; None unless it is clear."""
        sentence, word = self.sentences[place], self.sentences[place].tokens[token].lower
        if word in ("my", "i", "me", "mine", "myself"):
            return self.speaker(sentence) if sentence.is_speech else self.narrator
        if word in ("your", "you", "yours"):
            return self.addressed(place) or self._told_to(place)
        if sentence.is_speech and (word in _HE or word in _SHE):
            return self._spoken_of(place, token, "m" if word in _HE else "f")
        if sentence.is_speech or word in ("their", "they", "our", "we"):
            return None
        gender = "m" if word in _HE else "f" if word in _SHE else "n"
        here = [one for one in self.candidates[place] if one.at < token]
        if introduced := self._introduced(place, here, gender):
            return introduced
        if fitting(here, gender):
            return self._chosen(here, gender)
        if not token and word in ("his", "her") and (watched := self._watched(place, gender)) is not None:
            return watched
        found, watcher = self._before(place, gender), self._point_of_view(gender)
        if found is None and token and word in ("his", "her"):
            found = self._leading(place, token, gender)
        return found if watcher is None or found is watcher else None  # "she" may be the one who looks on, too

    def _leading(self, place: int, token: int, gender: str) -> Entry | None:
        """ "With the pen in her hand Ines began": who is named right behind, where nobody was before."""
        if place and any(self.candidates[near] for near in range(max(0, place - _FAR), place)):
            return None
        after = next((one for one in self.candidates[place] if one.at > token), None)
        words = self.sentences[place].tokens
        last = next((one.last for one in self.mentions[place] if after is not None and one.first == after.at), -1)
        is_doer = after is not None and last > 0 and acts_at(words, last + 1)
        return after.entry if after is not None and is_doer and after.gender == gender else None

    def _told_to(self, place: int) -> Entry | None:
        """ "I", to whom somebody else talks, where nobody but the two is in the text so far."""
        sentence = self.sentences[place]
        if not sentence.is_speech or self.narrator is None or not self._is_told_by_i:
            return None
        speaker = self.speaker(sentence)
        named = {
            one.entry.id if one.entry else ""
            for near in range(max(0, place - _FAR), place)
            if not self.sentences[near].is_speech
            for one in self.candidates[near]
            if one.gender != "p" and (one.entry is None or one.entry.kind in ("", "person"))
        }
        return self.narrator if speaker is not None and named == {speaker.id} and speaker is not self.narrator else None

    def _spoken_of(self, place: int, token: int, gender: str) -> Entry | None:
        """Whom "she" means in speech: who alone, besides the speaker, has been named in it, or else in its paragraph before."""
        sentence = self.sentences[place]
        speaker = self.speaker(sentence)
        if speaker is None:
            return None
        before = [near for near in self.in_paragraph(sentence.paragraph) if near < place]
        own = [near for near in before if self.sentences[near].speech == sentence.speech]
        here = [one for one in self.candidates[place] if one.at < token]
        for near in ([], own, before):
            named = [*here, *(one for other in near for one in self.candidates[other])]
            named = [one for one in fitting(named, gender) if one.entry is not speaker]
            if named:
                found = self._chosen(named, gender)
                return found if found is not None and found is not self.addressed(place) else None
        return None

    def _watched(self, place: int, gender: str) -> Entry | None:
        """Who alone is in the sentence right before, and its subject, whoever looks on: "Aldous knelt. His eyes narrowed." """
        before = place - 1
        if before < 0 or self.sentences[before].paragraph != self.sentences[place].paragraph:
            return None
        if self.sentences[before].is_speech or len(self.candidates[before]) != 1 or gender == "n":
            return None
        only = self.candidates[before][0]
        return only.entry if only.at <= 1 and fitting([only], gender) else None

    def _introduced(self, place: int, here: Sequence[Candidate], gender: str) -> Entry | None:
        """ "Nils turned, and there stood Una, and her eyes shone": who is shown last."""
        last = next(iter(fitting(here[-1:], gender)), None)
        if last is None or last.entry is None or last.at < 2:
            return None
        words = self.sentences[place].tokens
        is_shown = words[last.at - 2].lower == "there" and words[last.at - 1].lower in _SHOWN
        return last.entry if is_shown else None

    def _before(self, place: int, gender: str) -> Entry | None:
        """From the sentences before, of this paragraph and then of the one before it."""
        paragraph = self.sentences[place].paragraph
        for earlier in range(place - 1, -1, -1):
            sentence = self.sentences[earlier]
            if sentence.paragraph < paragraph and (said := self._answering(place, gender)) is not None:
                return said
            if sentence.paragraph < paragraph - 1:
                return self._only_one(earlier, gender)
            if sentence.is_speech:
                continue
            if fitting(self.candidates[earlier], gender):
                lead = self._lead(earlier, gender)
                words = self.sentences[earlier].tokens
                if lead is not None and not any(acts_at(words, one.at + 1) for one in self.candidates[earlier]):
                    return self.meant(earlier, lead)
                return self._chosen(self.candidates[earlier], gender)
        return self._point_of_view(gender)

    def _answering(self, place: int, gender: str) -> Entry | None:
        """Who speaks first in this paragraph, in answer to another, and goes on to do something."""
        paragraph = self.sentences[place].paragraph
        places = self.in_paragraph(paragraph)
        if not places or not self.sentences[min(places)].is_speech:
            return None
        found = self._spoken_by.answering(paragraph)
        return found if found is not None and self.cast.gender_by_id[found.id] == gender else None

    def _lead(self, place: int, gender: str) -> int | None:
        """Where a sentence begins with "he": who does what it tells, and goes on doing."""
        wanted = "he" if gender == "m" else "she" if gender == "f" else ""
        return next((at for at, word in enumerate(self.sentences[place].tokens[:2]) if word.lower == wanted), None)

    def _only_one(self, last: int, gender: str) -> Entry | None:
        """Of everybody that the narration has named up to a sentence, whoever alone fits."""
        named = [
            one
            for place in range(max(0, last - _FAR), last + 1)
            if not self.sentences[place].is_speech
            for one in fitting(self.candidates[place], gender)
            if one.entry is not None or self.sentences[place].tokens[one.at].lower not in _ANYBODY
        ]
        return self._chosen(named, gender) if named else self._point_of_view(gender) or self._named_later(last, gender)

    def _named_later(self, last: int, gender: str) -> Entry | None:
        """ "She came in out of the rain. … 'My husband is gone,' said Ilse": who alone of the whole text may be meant."""
        if gender not in ("m", "f") or (self.narrator is not None and not self._is_told_by_i):
            return None
        named = [
            one
            for place in range(last + 1, min(len(self.sentences), last + _FAR))
            if not self.sentences[place].is_speech
            for one in self.candidates_later(place)
            if one.gender == gender
        ]
        return self._chosen(named, gender) if named else None

    def candidates_later(self, place: int) -> Sequence[Candidate]:
        """Who is in a sentence, also while the ones before it are still being read."""
        if place < len(self.candidates):
            return self.candidates[place]
        return list(somebody(self.sentences[place].tokens, self.mentions[place], self.cast))

    def _point_of_view(self, gender: str) -> Entry | None:
        """Through whose eyes a text in the third person is told."""
        if self.narrator is None or self._is_told_by_i or gender == "n":
            return None
        return self.narrator if self.cast.gender_by_id[self.narrator.id] == gender else None

    @cached_property
    def _is_told_by_i(self) -> bool:
        return any(word.text == "I" for one in self.sentences if not one.is_speech for word in one.tokens)

    def _known(self, place: int, one: Candidate) -> Candidate:
        """With the entry whom "her mother", "Papa" or "the fool" means."""
        if one.entry is not None or self.sentences[place].is_speech:
            return one
        words = self.sentences[place].tokens
        word = words[one.at]
        entry = None
        if word.is_capital and word.text in self.cast.shared:
            entry = self._of_name(place, self.cast.shared[word.text])
        elif group_of(word.lower):
            owner = self._whose(place, one.at)
            entry = self.cast.family.kin(owner.id, word.lower) if owner is not None else None
        elif one.at and words[one.at - 1].lower == "the" and word.lower in self.cast.roles:
            role = self.cast.roles[word.lower]
            is_beside = any(named.entry is role and named.last < one.at for named in self.mentions[place])
            entry = (
                None
                if is_beside
                else role
                if role is self.narrator or self._is_clear(place, role, word.lower)
                else None
            )
        return one if entry is None else Candidate(entry, self.cast.gender_by_id[entry.id], one.at)

    def _told(self, place: int, one: Candidate) -> Candidate:
        """With the gender that the text tells of who has none in the canon: "Bell came in. He sat down." """
        word = self.sentences[place].tokens[one.at]
        if one.gender or (one.entry is None and not word.is_capital):
            return one
        called = one.entry.id if one.entry is not None else word.text
        if not self._genders.get(called):
            self._genders[called] = self._gender_beside(place, one)
        return Candidate(one.entry, self._genders[called], one.at)

    def _gender_beside(self, place: int, one: Candidate) -> str:
        words = self.sentences[place].tokens
        if len(self.candidates[place]) > 1 or self.sentences[place].is_speech:
            return ""
        last = next((named.last for named in self.mentions[place] if named.first == one.at), one.at)
        if found := gender_told(words, last):
            return found
        after = self.sentences[place + 1] if place + 1 < len(self.sentences) else None
        if after is None or after.is_speech or after.paragraph != self.sentences[place].paragraph:
            return ""
        return {"he": "m", "his": "m", "she": "f"}.get(after.tokens[0].lower if after.tokens else "", "")

    def _of_name(self, place: int, several: Sequence[Entry]) -> Entry | None:
        """ "Tolliver", where the canon has two and the paragraph has shown one."""
        paragraph = self.sentences[place].paragraph
        shown = {
            one.entry.id: one.entry
            for near in range(max(0, place - 5), place)
            if self.sentences[near].paragraph == paragraph
            for one in self.candidates[near]
            if one.entry is not None and one.entry in several
        }
        return next(iter(shown.values())) if len(shown) == 1 else None

    def _whose(self, place: int, at: int) -> Entry | None:
        """Whose kin a noun names: "her old mother", "Ines's mother", and the narration's own "Papa"."""
        words = self.sentences[place].tokens
        for before in range(at - 1, max(-1, at - 4), -1):
            if words[before].lower in ("his", "her", "my"):
                return self.meant(place, before)
            if words[before].lower in ("'s", "'"):
                return next((one.entry for one in self.mentions[place] if one.last == before - 1), None)
            if not words[before].is_word or words[before].lower in DETERMINERS:
                break
        is_called = words[at].is_capital and not (at + 1 < len(words) and words[at + 1].is_capital)
        return self.narrator if is_called and words[at - 1 if at else 0].lower not in ("the", "a") else None

    def _is_clear(self, place: int, entry: Entry, role: str) -> bool:
        """Whether "the captain" is whom the canon calls Captain: named before, or no other one is about."""
        if (role in OFFICES or role == entry.name.split()[0].lower()) and not self._has_another(role):
            return True
        return self._is_named_before(place, entry)

    def _has_another(self, role: str) -> bool:
        """ "Another captain", "Captain Reyes", "a captain"."""
        if role not in self._shared_roles:
            self._shared_roles[role] = any(
                word.lower == role
                and not any(one.first <= at + 1 and at <= one.last for one in self.mentions[place])
                and (word.is_capital or not at or sentence.tokens[at - 1].lower != "the")
                for place, sentence in enumerate(self.sentences)
                for at, word in enumerate(sentence.tokens)
            )
        return self._shared_roles[role]

    def _is_named_before(self, place: int, entry: Entry) -> bool:
        nearby = range(max(0, place - _FAR), place + 1)
        return any(one.entry is entry for earlier in nearby for one in self.mentions[earlier])

    def _chosen(self, candidates: Sequence[Candidate], gender: str) -> Entry | None:
        found = {one.entry.id if one.entry else None: one.entry for one in fitting(candidates, gender)}
        return next(iter(found.values())) if len(found) == 1 else None

    def subject(self, place: int, token: int) -> Entry | None:
        """Whose doing a sentence is about, before one of its tokens; None when that is unclear or somebody else."""
        words = self.sentences[place].tokens
        best: Entry | None = None
        for at in range(min(token, len(words))):
            mention = next((one for one in self.mentions[place] if one.first == at), None)
            if mention is not None and not is_possessive(words, mention.last):
                best = mention.entry
            elif (words[at].lower in ("he", "she", "i") and not _is_measured_by(words, at)) or (
                words[at].lower == "it" and acts_at(words, at + 1) and not (at and words[at - 1].lower in _PREPOSITIONS)
            ):
                best = self.meant(place, at)
            elif (other := next((one for one in self.candidates[place] if one.at == at), None)) is not None and (
                acts_at(words, at + 1) and not is_possessive(words, at)
            ):
                best = other.entry
        return best

    def doer(self, place: int, token: int) -> Entry | None:
        """As the subject; where "she" alone might be several, she who did what the sentence before tells."""
        found = self.subject(place, token)
        sentence = self.sentences[place]
        lead = next((word.lower for word in sentence.tokens[:2] if word.lower in ("he", "she")), "")
        beside = [one for one in self.beside(sentence.paragraph) if one < place]
        if found is not None or not lead or not beside or any(one.at < token for one in self.candidates[place]):
            return found
        earlier = self.doer(beside[-1], len(self.sentences[beside[-1]].tokens))
        wanted = ("m", "") if lead == "he" else ("f", "")
        return earlier if earlier is not None and self.cast.gender_by_id[earlier.id] in wanted else None

    def last_shown(self, place: int) -> Entry | None:
        """Who alone is in the sentence of narration before: "Ines turned. Those eyes missed nothing." """
        before = [one for one in self.beside(self.sentences[place].paragraph) if one < place]
        named = (
            {one.entry.id if one.entry else None: one.entry for one in self.candidates[before[-1]]} if before else {}
        )
        return next(iter(named.values())) if len(named) == 1 else None

    def owner_before(self, place: int, mark: int) -> Entry | None:
        """Whose a thing is, by the token of the "'s" behind the name, or behind "her mother"."""
        named = next((one.entry for one in self.mentions[place] if one.last == mark - 1), None)
        return named or next((one.entry for one in self.candidates[place] if one.at == mark - 1), None)

    def others_between(self, place: int, first: int, last: int) -> bool:
        """Whether somebody else of flesh stands between two tokens."""
        return any(first < one.at < last and one.entry is None for one in self.candidates[place])

    def in_paragraph(self, paragraph: int) -> list[int]:
        """The places of a paragraph's sentences, narration first."""
        return [
            *self._narration.get(paragraph, []),
            *(
                place
                for speech in self._speeches_by_paragraph.get(paragraph, ())
                for place in self._spoken.get(speech, ())
            ),
        ]

    def speeches_in(self, paragraph: int) -> list[Speech]:
        return [self.passage.speeches[place] for place in self._speeches_by_paragraph.get(paragraph, ())]

    @cached_property
    def _speeches_by_paragraph(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for place, speech in enumerate(self.passage.speeches):
            found.setdefault(speech.paragraph, []).append(place)
        return found

    def people_in(self, place: int) -> Sequence[Candidate]:
        return self.candidates[place]

    def addressed(self, place: int) -> Entry | None:
        """Who is spoken to by name in this speech."""
        sentence = self.sentences[place]
        if not sentence.is_speech:
            return None
        start, end = self.passage.speeches[sentence.speech].start, self.passage.speeches[sentence.speech].end
        called = set()
        for other in self._spoken[sentence.speech]:
            for mention in self.mentions[other]:
                lead = _TITLE.sub("", self.passage.prose[start : mention.start])
                before = lead[-2:].strip()
                after = self.passage.prose[mention.end : min(end, mention.end + 1)].strip()
                if before[-1:] in (",", "") and (after in (",", ".", "!", "?", "") or mention.end >= end):
                    called.add(mention.entry.id)
        return self.canon.entry_by_id[called.pop()] if len(called) == 1 else None

    def beside(self, paragraph: int) -> list[int]:
        return self._narration.get(paragraph, [])


def _is_measured_by(words: Sequence[Token], at: int) -> bool:
    """ "Taller than he", "as good as she": no subject."""
    before = words[at - 1].lower if at else ""
    is_last = at + 1 >= len(words) or not words[at + 1].is_word
    return before == "than" or (before == "as" and is_last)
