"""Wording: banned words, spellings and units that a world does not use."""

import re
from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Words
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import noun, number_of
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_PLURALS = {
    "foot": "feet",
    "inch": "inches",
    "penny": "pence|pennies",
    "feet": "foot",
    "century": "centuries",
    "stone": "stone",
}
_COUNTING = bag(
    "a an half several many few hundred thousand million dozen some per couple fifty every each another quarter"
)
_HOMONYMS = bag("foot yard pound stone mark second knot chain hand rod pole perch link span grain point minute pace")
_NOT_MEASURED = loose(
    r"[\s-]+signs?\b|\s+(?:in|of) (?:the|a|an|his|her|its|my|their) (?:\w+ )?(?:rope|line|cable|cord|string|thread|handkerchief|wood|pine|plank|stomach|throat|hair|belly|tie|scarf)\b"
)
_IDIOM = loose(
    r"\bby a mile\b|\ba mile a minute\b|\bgoes? the extra mile\b|\bcountry mile\b|\bmillion[- ]dollar\b|\binch by inch\b|\bevery inch\b|\bon (?:his|her|their|its) feet\b"
)


class Wording:
    def __init__(self, rules: Sequence[Words]) -> None:
        self._rules = [(rule, never, _pattern(rule, never)) for rule in rules for never in rule.never if never]

    def check(self, reading: Reading) -> Iterator[Mark]:
        for prose in (reading.passage.prose, reading.passage.options):
            yield from self._in(prose)

    def _in(self, prose: str) -> Iterator[Mark]:
        for rule, never, pattern in self._rules:
            for found in pattern.finditer(prose):
                if rule.rule == "unit" and not _is_measure(prose, found):
                    continue
                if rule.rule == "banned-word" and _is_adjective(prose, found, never):
                    continue
                if rule.rule != "banned-word" and _is_name(prose, found, never):
                    continue
                yield Mark.at(
                    found.start(), found.end(), rule.rule, rule.id, rule.words, 0.95 if rule.rule != "unit" else 0.85
                )


def _pattern(rule: Words, never: str) -> re.Pattern[str]:
    word = r"\s+".join(re.escape(part) for part in never.split())
    is_name = never[0].isupper() and rule.use[:1].isupper()
    exact = never.isupper() or (never[0].isupper() and rule.rule != "spelling") or is_name
    if rule.rule == "unit":
        word = rf"(?:{word}|{_PLURALS.get(never.lower(), word + 'e?s')})"
    elif rule.rule == "spelling" and is_name:
        word = rf"{word}(?:'s)?"
    elif rule.rule == "spelling" and never.isalpha() and never.islower():
        word = rf"{word}(?:s|ed|er|est|ing|ish|ness|ly|ful|less|'s)?"
    elif rule.rule == "banned-word" and never.replace(" ", "").isalpha() and never.islower() and len(never) > 2:
        word = rf"{word}(?:s|es|ed|ing|'s)?" if never[-1] != "e" else rf"{word[:-1]}(?:e|es|ed|ing|e's)"
    flags = 0 if exact else re.IGNORECASE
    lead = "(?<![\\w'])" if rule.rule == "unit" else "(?<![\\w'-])"  # "a six-inch nail"
    return re.compile(rf"{lead}{word}(?!\w|-\w*['])", flags)


def _is_adjective(prose: str, found: re.Match[str], never: str) -> bool:
    """ "The warped door" is no warp: a participle that says how something is."""
    if not found[0].lower().endswith("ed") or never.lower().endswith("ed"):
        return False
    return bool(_IS_SO.search(prose, max(0, found.start() - 14), found.start()))


_IS_SO = loose(r"\b(?:the|an?|its|his|her|their|old|was|were|is|are|been|and|so|too|badly|had)\s+\Z")
_TIED = loose(r"\b(?:t(?:ie|y)\w*|unt(?:ie|y)\w*|undid|undone|pick\w*|loosen\w*|cut|with) (?:\w+ ){0,2}\Z")

_ROPE = either(
    r"(?:un)?t(?:ied|ying)|(?:un)?ties?|looped|coiled|roped?|cords?|strings?|twine|lashed|lashings?|laces?|bootlaces?|shoelaces?|ribbons?|hawsers?|halyards?"
)


def _is_measure(prose: str, found: re.Match[str]) -> bool:
    """Whether a unit measures something here: feet also walk, and a miss is as good as a mile."""
    around = prose[max(0, found.start() - 30) : found.end() + 12]
    if noun(found[0]) == "knot" and (
        _TIED.search(prose[max(0, found.start() - 40) : found.start()])
        or _ROPE.search(re.split(r"[.!?]\s", prose[max(0, found.start() - 300) : found.start()])[-1])
    ):
        return False
    if _IDIOM.search(around) or _NOT_MEASURED.match(prose, found.end()):
        return False
    before = re.findall(r"[\w-]+|[.;:!?,]", prose[max(0, found.start() - 40) : found.start()].removesuffix("-"))
    if before and (number_of(before[-1]) is not None or before[-1].lower() in _COUNTING):
        return before[-1].lower() != "both" and not (
            before[-1].lower() in ("a", "some") and noun(found[0]) in _HOMONYMS
        )
    return bool(
        re.match(r"\s+(?:away|off|high|tall|deep|wide|long|per hour)\b", prose[found.end() : found.end() + 10])
    ) and found[0].lower() not in ("feet", "foot")


def _is_name(prose: str, found: re.Match[str], never: str) -> bool:
    """A capital within a sentence makes it somebody's name: "a clerk named Gray"."""
    if not found[0][0].isupper() or never[0].isupper():
        return False
    before = prose[max(0, found.start() - 3) : found.start()].rstrip(" ")
    return bool(before) and before[-1] not in ".!?\"'\n—:*"
