"""Names: near misses of the canon's names. A new name is nobody's mistake."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Canon, Entry, bare
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, lows, tokens
from watchbill.gates.lore.english.people import COMMON_NAMES, PERSONS, TITLES, TRADES
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.texts.cast import Cast
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.reading import Reading

_SHORTEST = 3  # letters: of a slip that the rest of the name stands beside
_LEAST = 4  # letters: shorter names are near to everything
_COMMON = bag(
    "the this that then they there their these those when what where which while with were will would your yours from have here hers him his how just like made make many more most much "
    "must near never next none not now off once one only other our over said same she should since some soon still such than them through time too two under until upon very was way well "
    "who why yes yet and but for nor all any are ask can did does each else even ever few get had has into its let may might mine past both before after again against down first last long "
    "nobody nothing everyone everything somebody something perhaps outside inside above below behind beside morning evening night river street house great little "
    "mother father sister brother uncle aunt captain doctor inspector lady lord king queen dear old young north south east west spring summer autumn winter "
    "marine tomes horne corner peel heron bell mill pale sable finch crane robin rose lily grace hope faith joy will mark art bill jack page reed stone wood hill lane ford dale "
    "marsh brook field moor lake rain storm snow hart wolf fox raven hawk swan martin ash elm hazel ivy holly violet amber ruby pearl jade opal olive ginger rusty dusty sandy misty stormy "
    "aria area zero zone grey gray brown black white green "
    "please come back look wait stop good right left sure thank thanks sorry hello"
)
_GIVEN = COMMON_NAMES | bag(
    "amir anil anya arun dieter elle hana hassan jamie jana jens karim kelly kim layla lee marek mischa morgan nils olaf paolo piet pietro robin samir sam sasha sunil tanya tomasz tracy ravi corinna karin maren marina marina marta "
    "marion mila milo mischa rex rosie"
)

# What a place is, behind its own name: nobody slips from Hall to Hale.
_KINDS_OF_PLACES = bag(
    "hall house manor castle abbey bridge road lane street square court gate tower mill farm grove park wood woods forest hill mount lake river cove harbour port isle island keep cross church "
    "chapel school temple palace valley vale dale field fields green common heath moor point head rock cliff beach station market quarter priory head bank banks wharf dock docks"
)
_BESIDE = 0.9  # confidence above which the rest of the name stands beside it
_SHORT = 5  # letters of a name of which one may be another's name: Pock and Pick, Tilly and Tally
_INTRODUCED = re.compile(
    r"\b(?:called|named|(?:[Nn]ames?|surnames?) (?:is|was|are|were)|by the name of|christened|introduced (?:him|her|them)sel(?:f|ves) as)((?:[\s,]+(?:and|or|the|Mrs?\.?|Miss)?[\s,]*[A-ZÀ-Þ][\w'-]+){1,5})"
)
_FULL_NAME = re.compile(r"\b[A-ZÀ-Þ][a-z]+(?: [A-ZÀ-Þ][a-z]+)+\b")


class Names:
    def __init__(self, canon: Canon, cast: Cast) -> None:
        self._cast = cast
        self._canon = canon
        self._known: dict[int, list[tuple[str, Entry, bool]]] = defaultdict(list)  # by length
        self._other_words: dict[str, set[str]] = defaultdict(set)
        self._nearest_by_text: dict[str, tuple[str, Entry, bool] | None] = {}
        self._mentioned: set[str] = (
            set()
        )  # names of people without an entry: a slip only where the rest of the name is right
        seen = set()
        for entry in canon.entries:
            for name in entry.spoken_of:
                parts = [
                    token.text
                    for token in tokens(name)
                    if token.is_word and token.is_capital and token.lower not in TITLES
                ]
                for part in parts:
                    self._other_words[part.lower()].update(other.lower() for other in parts if other != part)
                    is_told = len(parts) == 1 or part.lower() not in _KINDS_OF_PLACES
                    if len(part) >= _SHORTEST and is_told and (part.lower(), entry.id) not in seen:
                        seen.add((part.lower(), entry.id))
                        self._known[len(part)].append((part, entry, part == parts[0] and is_person(entry)))
        for entry in canon.entries:
            self._learn_mentioned(entry)
        self._canon_text = {
            bare(word)
            for entry in canon.entries
            for attribute in entry.attributes
            for word in re.findall(r"[^\W\d_]+", attribute.words)
        }
        self._canon_text |= {
            bare(word)
            for entry in canon.entries
            for relation in entry.relations
            for word in re.findall(r"[^\W\d_]+", relation.other)
        }
        self._canon_text |= {
            bare(word)
            for text in (
                *(fact.text for fact in canon.facts),
                *(one.event for one in canon.timeline),
                *(note for entry in canon.entries for note in entry.notes),
            )
            for word in re.findall(r"[^\W\d_]+", text)
        }

    def _learn_mentioned(self, entry: Entry) -> None:
        """Full names that stand only in what is said of an entry: "landlord: Bill Tranter"."""
        for text in (*(one.words for one in entry.attributes), *(one.other for one in entry.relations), *entry.notes):
            for name in _FULL_NAME.findall(text):
                parts = [part for part in name.split() if part.lower() not in TITLES]
                for part in parts:
                    if len(part) >= _LEAST and part.lower() not in self._other_words and len(parts) > 1:
                        self._known[len(part)].append((part, entry, False))
                        self._mentioned.add(part)
                    self._other_words[part.lower()].update(other.lower() for other in parts if other != part)

    def check(self, reading: Reading) -> Iterator[Mark]:
        introduced = {
            name
            for found in _INTRODUCED.finditer(reading.passage.prose)
            for name in re.findall(r"[A-ZÀ-Þ][\w'-]+", found[1])
        }
        lower = {word.text for sentence in reading.sentences for word in sentence.tokens if word.text[0].islower()}
        for place, sentence in enumerate(reading.sentences):
            words = sentence.tokens
            for at, word in enumerate(words):
                if not self._may_be_name(word, lower) or _is_bidding(words, at):
                    continue
                found = self._nearest(word.text)
                if found is None or self._is_introduced(reading, place, at, found[0]):
                    continue
                name, entry, _ = found
                is_far = not is_slip(word.text, name) or len(word.text) < _LEAST or len(name) < _LEAST
                sure = self._confidence(words, at, name)
                if is_far and sure <= _BESIDE and not _is_doubled(word.text, name):
                    continue
                if sure and (sure > _BESIDE or not self._is_another(reading, sentence, word.text, name, introduced)):
                    yield Mark.at(word.start, word.end, "name", entry.id, entry.name, sure)

    def _may_be_name(self, word: Token, lower: set[str]) -> bool:
        text = word.text
        return (
            word.is_word
            and word.is_capital
            and len(text) >= _SHORTEST
            and not text.isupper()
            and text.lower() not in self._cast.name_words
            and bare(text) not in self._canon_text
            and text.lower() not in _COMMON
            and text.lower() not in lower
            and text.lower() not in PERSONS | TRADES | TITLES
            and "'" not in text
        )

    def _nearest(self, text: str) -> tuple[str, Entry, bool] | None:
        """The canon's name that this is a slip of, if there is exactly one."""
        if text not in self._nearest_by_text:
            self._nearest_by_text[text] = self._search(text)
        return self._nearest_by_text[text]

    def _search(self, text: str) -> tuple[str, Entry, bool] | None:
        found = [
            one
            for length in range(len(text) - 2, len(text) + 3)
            for one in self._known.get(length, ())
            if is_slip(text, one[0]) or is_far_slip(text, one[0])
        ]
        found = [one for one in found if is_slip(text, one[0])] or found
        names = {one[0].lower() for one in found}
        return found[0] if len(names) == 1 else None

    def _is_introduced(self, reading: Reading, place: int, at: int, name: str) -> bool:
        """Somebody new: called so by the text, or met beside the one that the name is near to."""
        words = reading.sentences[place].tokens
        before = lows(words[max(0, at - 3) : at])
        if {"named", "called", "surname"} & set(before[-2:]) or ("a" in before[-2:] and at > 1):
            return True
        beside = {
            word.text
            for sentence in reading.sentences[max(0, place - 1) : place + 2]
            for word in sentence.tokens
            if word.is_capital
        }
        return name in beside

    def _confidence(self, words: Sequence[Token], at: int, name: str) -> float:
        """Sure where the rest of the name stands beside it; a common given name that only looks alike is somebody else."""
        text = words[at].text
        beside = set(lows(words[max(0, at - 1) : at + 2])) - {text.lower()}
        if beside & self._other_words[name.lower()]:
            return _BESIDE + 0.05
        if name in self._mentioned:
            return 0
        after = words[at + 1] if at + 1 < len(words) else None
        if (
            after is not None
            and after.is_word
            and after.is_capital
            and after.start == words[at].end + 1
            and len(after.text) > 1
        ):
            return 0  # a full name of its own
        before = words[at - 1] if at else None
        if (
            before is not None
            and before.is_word
            and before.is_capital
            and before.end == words[at].start - 1
            and before.lower not in TITLES
            and (at > 1 or before.lower in _GIVEN)
        ):
            return 0
        if text.lower() in _GIVEN and _sound(text) != _sound(name):
            return 0
        return 0.85 if len(name) > 4 or _sound(text) == _sound(name) else 0.7

    def _is_another(self, reading: Reading, sentence: Sentence, text: str, name: str, introduced: set[str]) -> bool:
        """Somebody of a name of their own: introduced by it, or beside one of a short name that differs by one sound."""
        if text in introduced:
            return True
        if len(name) > _SHORT or _sound(text) == _sound(name):
            return False
        is_swapped = sorted(text.lower()) == sorted(name.lower())
        if len(text) == len(name) and not is_swapped:
            return True
        return re.search(rf"\b{re.escape(name)}\b", reading.passage.in_paragraph(sentence.paragraph)) is not None


_OBJECTS = bag("me him her us them it the a an that this your my his our their what how who why where")


def _is_bidding(words: Sequence[Token], at: int) -> bool:
    """ "Tell me how many": a verb that begins a sentence."""
    return at == 0 and len(words) > 1 and words[1].lower in _OBJECTS and words[1].text.islower()


def is_slip(text: str, name: str) -> bool:
    """Whether one is a slip of the pen for the other: one letter more, less, other or swapped, and it begins alike.

    >>> is_slip("Adella", "Adela"), is_slip("Maren", "Karen"), is_slip("Nettel", "Nettle"), is_slip("Lindholm", "Lindqvist")
    (True, False, True, False)
    """
    one, two = text.lower(), name.lower()
    demonyms = {f"{name}n" for name in (one, two) if name.endswith("a")}
    if one == two or {one, two} & ({f"{one}s", f"{two}s", f"{one}es", f"{two}es"} | demonyms):
        return False  # a plural, or a people: "the Corvos", "Martians"
    if one[0] != two[0] and _sound(one) != _sound(two):
        return False
    distance = _distance(one, two, 2)
    return distance == 1 or (distance == 2 and (len(two) >= 8 or _sound(one) == _sound(two)))


def is_far_slip(text: str, name: str) -> bool:
    """Two letters amiss at the end of a longer name: a slip only where the rest of the name is right.

    >>> is_far_slip("Hallowey", "Hallowed"), is_far_slip("Bernault", "Bernaud"), is_far_slip("Marston", "Mardale")
    (True, True, False)
    """
    one, two = text.lower(), name.lower()
    return min(len(one), len(two)) >= 6 and one[:4] == two[:4] and 0 < _distance(one, two, 2) <= 2


def _is_doubled(text: str, name: str) -> bool:
    """ "Otto" and "Oto": one letter doubled or not, in names that are long enough to be nothing else."""
    longer, shorter = sorted((text.lower(), name.lower()), key=len, reverse=True)
    return len(longer) >= _LEAST and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(1, len(longer)) if longer[at] == longer[at - 1]
    )


def _distance(one: str, two: str, limit: int) -> int:
    """Letters to change, add, drop or swap; more than the limit is limit + 1."""
    if abs(len(one) - len(two)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for at, left in enumerate(one, start=1):
        older, before, row = before, row, [at]
        for to, right in enumerate(two, start=1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (left != right))
            if at > 1 and to > 1 and left == two[to - 2] and one[at - 2] == right:
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


_SOUNDS = (
    ("ph", "f"),
    ("th", "t"),
    ("ck", "k"),
    ("sch", "sh"),
    ("qu", "k"),
    ("qv", "k"),
    ("q", "k"),
    ("c", "k"),
    ("z", "s"),
    ("y", "i"),
    ("ie", "i"),
    ("ee", "i"),
    ("h", ""),  # within a word: Harrow is not Arrow
    ("w", "v"),
)


def _sound(name: str) -> str:
    """A name as it sounds, roughly: Thomas and Tomas, Inez and Ines are the same."""
    word = "".join(
        {
            "é": "e",
            "è": "e",
            "ë": "e",
            "á": "a",
            "à": "a",
            "ä": "a",
            "ó": "o",
            "ö": "o",
            "ò": "o",
            "í": "i",
            "ï": "i",
            "ú": "u",
            "ü": "u",
            "ñ": "n",
            "ç": "s",
        }.get(mark, mark)
        for mark in name.lower()
    )
    for written, spoken in _SOUNDS:
        word = (
            (word[:1].replace(written, spoken) if spoken else word[:1]) + word[1:].replace(written, spoken)
            if len(written) == 1
            else word.replace(written, spoken)
        )
    return "".join(mark for place, mark in enumerate(word) if not place or mark != word[place - 1]).rstrip("e")
