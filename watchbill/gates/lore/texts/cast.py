"""The cast: everyone and everything that the canon names, and how a text may call them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry, bare
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, is_past, tokens
from watchbill.gates.lore.english.lexicon import kinds_of
from watchbill.gates.lore.english.people import GENDER, GENDER_BY_NAME, TITLES, first_pronoun, gender_told, what_one_is
from watchbill.gates.lore.known.family import Family, called_kin
from watchbill.gates.lore.known.forms import Form, forms_of, is_person, parts_of
from watchbill.gates.lore.known.roles import roles_of
from watchbill.gates.lore.known.short_names import MONTHS_AND_DAYS, is_common
from watchbill.gates.lore.texts.narrators import narrator_of


@dataclass(frozen=True, slots=True)
class Mention:
    entry: Entry
    start: int
    end: int
    first: int  # places among its sentence's tokens
    last: int
    form: Form


class Cast:
    """Finds mentions by their first word, so that a text is read once however many names there are."""

    def __init__(self, canon: Canon) -> None:
        self.canon = canon
        self.gender_by_id = {entry.id: _gender(entry, canon) for entry in canon.entries}
        self.family = Family(canon, self.gender_by_id)
        self.roles = roles_of(canon)
        self.called_kin = called_kin(canon)
        self.narrator = narrator_of(canon)
        self._forms: dict[str, list[Form]] = {}
        forms = list(forms_of(canon))
        self.shared = _shared(canon)
        for form in forms:
            self._forms.setdefault(form.words[0].lower(), []).append(form)
        for one in self._forms.values():
            one.sort(key=lambda form: -len(form.words))
        self.name_words = {word.lower() for form in forms for word in form.words}

    def mentions(self, words: Sequence[Token]) -> list[Mention]:
        """Every mention in a sentence's tokens, in order, none overlapping."""
        found: list[Mention] = []
        place = 0
        while place < len(words):
            mention = self._at(words, place)
            if mention is None:
                place += 1
                continue
            if not _is_somebody_else(words, mention):
                found.append(mention)
            place = mention.last + 1
        return found

    def _at(self, words: Sequence[Token], place: int) -> Mention | None:
        for form in self._forms.get(words[place].lower, ()):
            last = place + len(form.words)
            if last <= len(words) and _same(form, words[place:last]) and (form.is_title or _has_article(words, place)):
                last = _with_rest(form, words, last)
                return Mention(form.entry, words[place].start, words[last - 1].end, place, last - 1, form)
        return self._of_several(words, place)

    def _of_several(self, words: Sequence[Token], place: int) -> Mention | None:
        """ "Doucet came out with his shirt open": the one of that surname who is a man."""
        word = words[place]
        several = self.shared.get(word.text) if word.is_capital else None
        if several is None or (place + 1 < len(words) and words[place + 1].is_capital and words[place + 1].is_word):
            return None
        title = place - 2 if place > 1 and words[place - 1].text == "." else place - 1
        gender = GENDER.get(words[title].lower, "") if place and words[title].is_capital else ""
        gender = gender or gender_told(words, place)
        fitting = [one for one in several if self.gender_by_id[one.id] == gender]
        is_clear = bool(gender) and len(fitting) == 1 and all(self.gender_by_id[one.id] for one in several)
        if not is_clear:
            fitting = [one for one in several if one.id == word.lower and gender in ("", self.gender_by_id[one.id])]
        if len(fitting) != 1:
            return None
        return Mention(fitting[0], word.start, word.end, place, place, Form((word.text,), fitting[0], is_title=True))


def _shared(canon: Canon) -> dict[str, list[Entry]]:
    """The parts of names that several people have, and whose they are."""
    found: dict[str, list[Entry]] = {}
    for entry in canon.entries:
        for part in set(parts_of(entry.name)) if is_person(entry) else ():
            found.setdefault(part, []).append(entry)
    return {part: entries for part, entries in found.items() if len(entries) > 1}


def _with_rest(form: Form, words: Sequence[Token], last: int) -> int:
    """Behind the rest of the name, where a part of it is a form: "Odrin" of "Odrin Halse", whose sister is a Halse too."""
    own = {word for name in form.entry.spoken_of for word in name.split()}
    while (
        form.is_title
        and is_person(form.entry)
        and last < len(words)
        and words[last].text in own
        and words[last].is_capital
        and words[last].start == words[last - 1].end + 1
    ):
        last += 1
    return last


def _same(form: Form, words: Sequence[Token]) -> bool:
    if form.is_title:
        return all(one == word.text for one, word in zip(form.words, words, strict=True))
    return all(one.lower() == word.lower for one, word in zip(form.words, words, strict=True))


def _has_article(words: Sequence[Token], place: int) -> bool:
    for before in range(place - 1, max(-1, place - 4), -1):
        if words[before].lower in ("the", "his", "her", "their", "our", "my", "'s"):
            return True
        if not words[before].is_word or not kinds_of(words[before].text):  # "the brass key"
            return False
    return False


_SAYING_SO = bag("is was has had and would could will")  # behind a name, not behind a thing's kind


def _is_somebody_else(words: Sequence[Token], mention: Mention) -> bool:
    """A known name beside an unknown one, written together, is another person's: "Tomas Reyes"."""
    if not mention.form.is_title or not is_person(mention.entry):
        return False
    own = {bare(word) for name in mention.entry.spoken_of for word in name.split()}
    if len(mention.form.words) == 1 and not mention.first and is_common(words[0].text):
        after = words[1] if len(words) > 1 else None
        if after is None or (after.is_word and after.lower not in _SAYING_SO and not is_past(after.lower)):
            return True  # "Pearl buttons ran down the front"
    if mention.last + 1 < len(words):
        after = words[mention.last + 1]
        if (
            after.is_word
            and after.is_capital
            and len(after.text) > 1
            and after.start == mention.end + 1
            and after.lower not in own | TITLES
            and after.lower not in MONTHS_AND_DAYS
        ):
            return True
    if mention.first > 1 or (mention.first == 1 and words[0].lower in GENDER_BY_NAME):
        before = words[mention.first - 1]
        is_beside = before.is_word and before.is_capital and len(before.text) > 1 and before.end == mention.start - 1
        return (
            is_beside
            and before.lower not in own | TITLES | MONTHS_AND_DAYS
            and len(mention.form.words) == 1
            and (mention.first == 1 or words[mention.first - 2].text not in ".!?:;\"'")
            and not before.text.endswith("'s")
        )
    return False


def _gender(entry: Entry, canon: Canon) -> str:
    """ "m", "f", "n" for things, or "" where the canon does not tell."""
    if not is_person(entry):
        return "n"
    for word in _gendered(entry, canon):
        if (found := GENDER.get(word.lower())) is not None:
            return found
    return _by_name(entry)


def _gendered(entry: Entry, canon: Canon) -> Iterator[str]:
    """Words that may tell its gender, the most certain first."""
    stated = ("gender", "sex", "pronouns", "pronoun")
    texts: list[str] = [
        value.text for attribute in entry.attributes if attribute.key in stated for value in attribute.values
    ]
    texts += [*entry.spoken_of, entry.kind]
    for text in texts:
        yield from (token.text for token in tokens(text.replace("/", " ")))
    yield from _by_relation(entry, canon)
    for note in entry.notes:
        yield from what_one_is(note)
    for attribute in entry.attributes:
        if attribute.key in ("species", "animal", "family", "role", "occupation"):
            yield from what_one_is(attribute.values[0].text if attribute.values else "")
    for note in entry.notes:
        yield from first_pronoun(token.lower for token in tokens(note))
    yield from _by_attribute(entry)
    yield from _by_what_befell(entry, canon)


def _by_what_befell(entry: Entry, canon: Canon) -> Iterator[str]:
    """ "Beard", "has an identical twin brother", "drowned in his car"."""
    for note in entry.notes:
        yield from ["man"] if note.lower() in ("beard", "moustache", "bearded") else []
        yield from re.findall(r"\bidentical twin (brother|sister)\b", note)
    for death in canon.deaths:
        if canon.find(death.who) is entry:
            yield from first_pronoun(token.lower for token in tokens(death.words))


def _by_name(entry: Entry) -> str:
    """By a given name that is nearly always a woman's, or a man's."""
    return next((gender for part in parts_of(entry.name)[:1] if (gender := GENDER_BY_NAME.get(part.lower(), ""))), "")


def _by_relation(entry: Entry, canon: Canon) -> Iterator[str]:
    for other in canon.entries:
        for relation in other.relations:
            if relation.other == entry.id or bare(relation.other) == bare(entry.name):
                yield relation.word
    for relation in entry.relations:  # a husband of hers: she is a wife
        if relation.word in ("husband", "wife"):
            yield "wife" if relation.word == "husband" else "husband"


def _by_attribute(entry: Entry) -> Iterator[str]:
    if any(
        attribute.key in ("beard", "moustache")
        and attribute.values
        and attribute.values[0].text.lower() not in ("none", "no")
        for attribute in entry.attributes
    ):
        yield "man"
    for attribute in entry.attributes:
        for value in attribute.values:
            yield from first_pronoun(token.lower for token in tokens(value.text))
            yield from (
                word
                for word in value.text.split()
                if word.lower() in ("man", "woman", "boy", "girl", "widow", "widower", "bachelor", "mare", "stallion")
            )
