"""English as far as the checks need it: tokens, numbers, the simple forms of nouns and verbs. No model, no network."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from watchbill.gates.lore.english.bags import bag, row

_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+(?:[.,:/]\d+)*|\S")
_UNITS = row(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBERS = {word: value for value, word in enumerate(_UNITS)} | {
    word: 20 + 10 * place for place, word in enumerate(_TENS)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ORDINALS: dict[str, int] = dict(
    zip(
        row(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth fiftieth"
        ),
        (*range(1, 21), 30, 40, 50),
        strict=True,
    )
)
_IRREGULAR_NOUNS = {
    "men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth", "mice": "mouse",
    "wolves": "wolf", "wives": "wife", "knives": "knife", "leaves": "leaf", "people": "person", "lives": "life",
    "halves": "half", "loaves": "loaf", "eyes": "eye", "shoes": "shoe", "horses": "horse", "glasses": "glasses",
    "spectacles": "spectacles", "storeys": "storey", "stories": "storey", "story": "storey", "geese": "goose",
    "its": "its", "his": "his", "was": "was", "is": "is", "has": "has", "this": "this", "us": "us", "thus": "thus",
    "moustaches": "moustache", "mustache": "moustache", "mustaches": "moustache", "axes": "axe", "ax": "axe",
}  # fmt: skip


_JOINING = bag("i he she it we you they who")  # "he'd", "I'm": two words


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int
    lower: str

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()


def lows(words: Iterable[Token]) -> list[str]:
    """The tokens in small letters."""
    return [word.lower for word in words]


def low_at(words: Sequence[Token], at: int) -> str:
    """The token there in small letters; "" where there is none."""
    return words[at].lower if 0 <= at < len(words) else ""


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The words, numbers and marks of a part of a text; what is joined to a word is split off ("Ines", "'s"; "he", "'d")."""
    found = []
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        word, at = match[0], match.start()
        cut = len(word) - 2 if word.lower().endswith("'s") and len(word) > 2 else 0
        if not cut and "'" in word and word.lower().partition("'")[0] in _JOINING:
            cut = word.index("'")
        if cut:
            found += [
                Token(word[:cut], at, at + cut, word[:cut].lower()),
                Token(word[cut:], at + cut, match.end(), word[cut:].lower()),
            ]
        else:
            found.append(Token(word, at, match.end(), word.lower()))
    return found


@lru_cache(maxsize=65_536)
def noun(word: str) -> str:
    """A noun's singular, lower case, British.

    >>> noun("Cats"), noun("knives"), noun("bosses"), noun("harbors")
    ('cat', 'knife', 'boss', 'harbour')
    """
    word = british(word.lower())
    if word in _IRREGULAR_NOUNS:
        return _IRREGULAR_NOUNS[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_AMERICAN = {
    "color": "colour", "colors": "colours", "colored": "coloured", "gray": "grey", "grays": "greys", "graying": "greying",
    "harbor": "harbour", "harbors": "harbours", "armor": "armour", "center": "centre", "theater": "theatre",
    "neighbor": "neighbour", "favorite": "favourite", "honor": "honour", "labor": "labour", "parlor": "parlour",
    "jewelry": "jewellery", "odor": "odour", "humor": "humour", "rumor": "rumour", "plow": "plough", "meter": "metre",
    "kilometer": "kilometre", "kilometers": "kilometres", "meters": "metres", "liter": "litre", "mold": "mould",
    "gray-haired": "grey-haired", "gray-eyed": "grey-eyed", "blond": "blonde", "aluminum": "aluminium",
}  # fmt: skip


def british(word: str) -> str:
    return _AMERICAN.get(word, word)


_VERB_STEMS = {
    "stole": "steal", "stolen": "steal", "wrote": "write", "written": "write", "knew": "know", "known": "know",
    "killed": "kill", "hid": "hide", "hidden": "hide", "took": "take", "taken": "take", "gave": "give", "given": "give",
    "sold": "sell", "told": "tell", "was": "be", "were": "be", "is": "be", "are": "be", "been": "be", "am": "be",
    "had": "have", "has": "have", "did": "do", "does": "do", "done": "do", "went": "go", "gone": "go", "goes": "go",
    "came": "come", "saw": "see", "seen": "see", "ran": "run", "made": "make", "led": "lead", "left": "leave",
    "lost": "lose", "met": "meet", "paid": "pay", "sent": "send", "slew": "slay", "slain": "slay", "spoke": "speak",
    "spoken": "speak", "swore": "swear", "sworn": "swear", "broke": "break", "broken": "break", "burnt": "burn",
    "built": "build", "bought": "buy", "caught": "catch", "chose": "choose", "chosen": "choose", "drank": "drink",
    "drunk": "drink", "drove": "drive", "driven": "drive", "ate": "eat", "eaten": "eat", "fell": "fall",
    "fallen": "fall", "fought": "fight", "found": "find", "flew": "fly", "flown": "fly", "forged": "forge",
    "forgery": "forge", "grew": "grow", "grown": "grow", "heard": "hear", "held": "hold", "kept": "keep", "lay": "lie",
    "lied": "lie", "murdered": "murder", "read": "read", "rode": "ride", "ridden": "ride", "rose": "rise",
    "sang": "sing", "sung": "sing", "sank": "sink", "sunk": "sink", "sat": "sit", "shot": "shoot", "slept": "sleep",
    "stood": "stand", "struck": "strike", "swam": "swim", "swum": "swim", "taught": "teach", "thought": "think",
    "threw": "throw", "thrown": "throw", "understood": "understand", "woke": "wake", "wore": "wear", "worn": "wear",
    "won": "win", "bore": "bear", "born": "bear", "dug": "dig", "drew": "draw", "drawn": "draw", "lit": "light",
    "said": "say", "says": "say", "lain": "lie", "cast": "cast", "spent": "spend", "felt": "feel", "left-handed": "left-handed",
    "betrayal": "betray", "murderer": "murder", "killer": "kill", "thief": "steal", "poisoner": "poison", "danced": "dance",
    "swims": "swim", "flies": "fly", "dying": "die", "died": "die", "dead": "die", "death": "die", "swore ": "swear",
    "knelt": "kneel", "swung": "swing", "hung": "hang", "crept": "creep", "swept": "sweep", "shone": "shine", "sprang": "spring",
    "clung": "cling", "flung": "fling", "leapt": "leap", "leant": "lean", "blew": "blow", "spilt": "spill", "shook": "shake",
    "got": "get", "began": "begin", "spun": "spin", "laid": "lay", "stuck": "stick", "overheard": "overhear",
    "brought": "bring", "rang": "ring", "rung": "ring", "bit": "bite", "bled": "bleed", "sought": "seek", "strode": "stride", "wept": "weep",
}  # fmt: skip


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A rough stem, the same for a verb's and a noun's forms.

    >>> stem("forged"), stem("forgery"), stem("witnessed"), stem("witness"), stem("stolen")
    ('forg', 'forg', 'witness', 'witness', 'steal')
    """
    word = british(word.lower().removesuffix("'s"))
    word = _VERB_STEMS.get(word, word)
    for endings in (("ing", "ied", "ies", "ed", "es", "s"), ("e", "y")):
        ending = next(
            (one for one in endings if word.endswith(one) and len(word) - len(one) >= 3 and not word.endswith("ss")), ""
        )
        word = word[: len(word) - len(ending)]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl" else word


def stems(words: str) -> frozenset[str]:
    """The stems of the words of a text."""
    return frozenset(stem(word) for word in words.split())


def nouns(words: str) -> frozenset[str]:
    """The singulars of the words of a text."""
    return frozenset(noun(word) for word in words.split())


def number_of(word: str) -> int | None:
    """A single token's number, in digits, words, or as an ordinal.

    >>> number_of("forty-two"), number_of("1,200"), number_of("9th"), number_of("ninth"), number_of("ink")
    (42, 1200, 9, 9, None)
    """
    word = word.lower()
    if word.replace(",", "").isdecimal():
        return int(word.replace(",", "")[:12])
    if word[:-2].isdecimal() and word[-2:] in ("st", "nd", "rd", "th"):
        return int(word[:-2][:12])
    if word in NUMBERS:
        return NUMBERS[word]
    if word in _ORDINALS:
        return _ORDINALS[word]
    tens, _, unit = word.partition("-")
    if tens in NUMBERS and (unit in NUMBERS or unit in _ORDINALS):
        return NUMBERS[tens] + (NUMBERS[unit] if unit in NUMBERS else _ORDINALS[unit])
    return _FEW.get(word)


_FEW = {"dozen": 12, "both": 2, "twin": 2, "single": 1}


def number_at(words: Sequence[Token], place: int) -> tuple[int, int] | None:
    """The number that begins at a token, and how many tokens it takes: "three hundred and twelve" is (312, 4)."""
    first = number_of(words[place].text)
    if first is None and words[place].lower in ("a", "half") and words[place + 1 : place + 2]:
        first = 1 if words[place + 1].lower in (*_SCALES, "dozen") else None
        if first is None or words[place].lower == "half":
            return None
    if first is None:
        return None
    total, current, taken = 0, first, 1
    while place + taken < len(words):
        word = words[place + taken].lower
        follower = number_of(words[place + taken + 1].text) if place + taken + 1 < len(words) else None
        if word in _SCALES:
            scale = _SCALES[word]
            current = max(current, 1) * scale
            if scale >= 1000:
                total, current = total + current, 0
        elif word == "and" and follower is not None and words[place + taken - 1].lower in _SCALES:
            current += follower
            taken += 1
        elif (value := number_of(word)) is not None and word.isalpha() and (words[place + taken - 1].lower in _SCALES):
            current += value
        elif word == "dozen":
            current *= 12
        else:
            break
        taken += 1
    return total + current, taken


_REGULAR = re.compile(r"[a-z]{2,}ed")
_PAST = bag(
    "was were had did went came saw ran made led left lost met paid sent slew spoke swore broke burnt built bought "
    "caught chose drank drove ate fell fought found flew grew heard held kept lay read rode rose sang sank sat shot "
    "slept stood struck swam taught thought threw understood woke wore won bore dug drew lit said gave took told "
    "knew wrote got hid stole set put cut let shut hit bent swung spun clung flung hung stuck rang bit bled sought "
    "strode wept began became forgot forgave shook shone shrank slid spat split spread sprang stank swept tore wound "
    "crept dealt dreamt fed felt knelt leapt leaned lent meant quit rid sold sewed sped spent spilt strove wrung withdrew "
    "overtook undertook blew brought cast drew caught clad froze ground laid mistook overheard slung slunk smelt"
)
_PRESENT = bag(
    "says smiles nods laughs shrugs looks turns walks runs stands sits takes gives opens closes shuts pulls pushes "
    "puts sets reaches grins sighs asks answers replies whispers shouts calls waves points steps comes goes lifts "
    "holds drops throws leans stares watches tells speaks mutters frowns raises kicks kisses pours drinks eats "
    "lights writes reads sings climbs enters leaves knocks draws shakes wipes moves wants knows thinks decides "
    "picks hands grabs slams crosses tries starts begins keeps helps snorts chuckles winks murmurs folds taps "
    "rubs scratches presses hits cuts touches drags rolls swings strikes signs walks"
)


def is_past(word: str) -> bool:
    return word in _PAST or (bool(_REGULAR.fullmatch(word)) and word not in _NO_VERBS)


def is_present(word: str) -> bool:
    return word in _PRESENT


_NO_VERBS = bag("red bed shed sacred naked wicked hundred indeed need seed weed feed reed breed speed bleed creed")
