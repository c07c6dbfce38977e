"""A text read with the canon in hand: who is mentioned where, who speaks, whom a pronoun means."""

import re
from collections.abc import Sequence
from functools import cached_property

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.people import gender_told
from watchbill.gates.lore.known.family import group_of
from watchbill.gates.lore.known.roles import OFFICES, YOUNG, is_young
from watchbill.gates.lore.texts.candidates import DETERMINERS, Candidate, acts_at, is_possessive, somebody
from watchbill.gates.lore.texts.cast import Cast
from watchbill.gates.lore.texts.frames import Frames
from watchbill.gates.lore.texts.narrators import called_in_speech
from watchbill.gates.lore.texts.passages import Passage, Sentence, Speech
from watchbill.gates.lore.texts.pronouns import FAR, Pronouns
from watchbill.gates.lore.texts.speakers import Speakers
from watchbill.gates.lore.texts.standing import Standing

_PREPOSITIONS = bag(
    "beside behind near by with of to from in on at under over above below before after around about inside outside against into past beyond"
)
_RESTRICTING = bag("who whom whose that from in at with of on by behind beside under and")
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
        self.spoken_by = Speakers(self)
        self._pronouns = Pronouns(self)
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
    def narrated(self) -> Sequence[tuple[int, Sentence]]:
        """The sentences of what happens as the narration itself tells it, and where they stand among all."""
        return [(place, one) for place, one in enumerate(self.sentences) if self.frames.is_narrated(one)]

    @cached_property
    def meant_as_said(self) -> Sequence[tuple[int, Sentence]]:
        """The same, and what somebody says who is not shown to lie."""
        return [(place, one) for place, one in enumerate(self.sentences) if self.frames.is_meant(one)]

    @cached_property
    def narrator(self) -> Entry | None:
        """Whose view it is: who the text says, else who the canon says tells the story as "I"."""
        if self.standing.pov:
            return self.canon.find(self.standing.pov)
        if not self.is_told_by_i:
            return None
        teller = self.cast.narrator
        return called_in_speech(self) if teller is None or self._is_written_by_another(teller) else teller

    def _is_written_by_another(self, teller: Entry) -> bool:
        """A letter or a journal, or one who speaks of the teller by name."""
        told = [one for one in self.sentences if not one.is_speech and any(word.text == "I" for word in one.tokens)]
        return any(self.frames.is_framed(one) for one in told[:1]) or any(
            mention.entry is teller
            for place, one in enumerate(self.sentences)
            if not one.is_speech
            for mention in self.mentions[place]
        )

    @cached_property
    def is_told_by_i(self) -> bool:
        return any(word.text == "I" for one in self.sentences if not one.is_speech for word in one.tokens)

    def speaker(self, sentence: Sentence) -> Entry | None:
        """Who of the canon says it; None for anybody else, and where it is not clear."""
        return self.spoken_by.of(sentence)

    def has_other_speaker(self, sentence: Sentence) -> bool:
        """Whether somebody is named as speaking who is none of the canon."""
        return self.spoken_by.has_other_speaker(sentence)

    def candidates_later(self, place: int) -> Sequence[Candidate]:
        """Who is in a sentence, also while the ones before it are still being read."""
        if place < len(self.candidates):
            return self.candidates[place]
        return list(somebody(self.sentences[place].tokens, self.mentions[place], self.cast))

    def meant(self, place: int, token: int) -> Entry | None:
        """Whom a pronoun means; None unless it is clear."""
        return self._pronouns.meant(place, token)

    def _known(self, place: int, one: Candidate) -> Candidate:
        """With the entry whom "her mother", "Papa" or "the fool" means."""
        words = self.sentences[place].tokens
        word = words[one.at]
        if one.entry is None and self.sentences[place].is_speech and one.at and words[one.at - 1].lower == "the":
            role = self.cast.roles.get(word.lower) if word.lower in OFFICES else None
            if role is not None and not self._has_another(word.lower):  # "the admiral", whoever speaks of him
                return Candidate(role, self.cast.gender_by_id[role.id], one.at)
        if one.entry is not None or self.sentences[place].is_speech:
            return one
        entry = None
        if group_of(word.lower):
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
        elif one.at and words[one.at - 1].lower == "the" and word.lower in YOUNG:
            entry = self._child(place, one.at)
        return one if entry is None else Candidate(entry, self.cast.gender_by_id[entry.id], one.at)

    def _child(self, place: int, at: int) -> Entry | None:
        """ "The boy", where of those named before in the text one alone is a child, and no other boy is about."""
        words = self.sentences[place].tokens
        noun = words[at].lower
        if at + 1 < len(words) and words[at + 1].lower in _RESTRICTING:
            return None  # "the boy at the gate"
        before = [
            one.entry
            for near in range(max(0, place - FAR), place)
            for one in self.mentions[near]
            if not self.sentences[near].is_speech
        ]
        children = {
            one.id: one for one in before if is_young(one) and self.cast.gender_by_id[one.id] in (YOUNG[noun], "")
        }
        others = any(
            word.lower == noun and to and sentence.tokens[to - 1].lower != "the"
            for sentence in self.sentences
            for to, word in enumerate(sentence.tokens)
        )
        return next(iter(children.values())) if len(children) == 1 and not others else None

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
                and (
                    not at
                    or sentence.tokens[at - 1].lower != "the"
                    or (word.is_capital and any(one.is_capital for one in sentence.tokens[at + 1 : at + 2]))
                )
                for place, sentence in enumerate(self.sentences)
                for at, word in enumerate(sentence.tokens)
            )
        return self._shared_roles[role]

    def _is_named_before(self, place: int, entry: Entry) -> bool:
        nearby = range(max(0, place - FAR), place + 1)
        return any(one.entry is entry for earlier in nearby for one in self.mentions[earlier])

    def subject(self, place: int, token: int) -> Entry | None:
        """Whose doing a sentence is about, before one of its tokens; None when that is unclear or somebody else."""
        words = self.sentences[place].tokens
        best: Entry | None = None
        for at in range(min(token, len(words))):
            mention = next((one for one in self.mentions[place] if one.first == at), None)
            if mention is not None and not is_possessive(words, mention.last):
                best = mention.entry
            elif words[at].lower in ("he", "she", "i") or (
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
