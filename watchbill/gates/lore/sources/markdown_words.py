"""Lines of Markdown about words: spellings, words that are not to be written, units of measure, ways of speaking."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import noun
from watchbill.gates.lore.sources.drafts import Plain
from watchbill.gates.lore.sources.yaml_fields import slug

Stated = tuple[str, Plain]

_VOICE = loose(
    r"\b(?:contractions?|exclamation|question(?:s| marks?)?|swears?|curses?|profanity|first person|third person|sentences of|words (?:or fewer|at most)|at most \w+ words|short sentences|never says?|(?:stutter|stammer)\w* is never)\b|\bnever uses? (?:[\w-]+ ){0,4}\""
)
_DO = r"(?:(?:we|they|people|always|please|one)\s+)*(?:write|use|spell|say|it's|it is)"
_DONT = r"(?:(?:we|they|people|one)\s+)*(?:never(?: ever)?|don't|do not|not)(?:\s+(?:write|use|spell|say))?"
# Of a word and what stands in its place, in the orders in which people write them.
_PAIRS = tuple(
    loose(pattern)
    for pattern in (
        rf"^(?:{_DO}\s+)?(?P<use>[\w' -]+?)\s*(?:,\s*(?:and\s+)?(?:not|never)|\(\s*(?:not|never)|[—–;-]\s*(?:not|never)|\brather than|\binstead of|,?\s+not)\s+(?P<never>[^);]+)\)?$",
        rf"^{_DONT}\s+(?P<never>[^:;.—–]+?)\s*(?:[:;,.—–]|\bbut)\s*(?:{_DO}|but)\s+(?P<use>.+)$",
        r"^(?P<never>[^→>]+?)\s*(?:→|->|=>)\s*(?P<use>.+)$",
    )
)  # fmt: skip
_BANNED = loose(
    r"^(?:never(?: ever)?(?: write| use| say)?|banned(?: words?)?|forbidden(?: words?)?|avoid|(?:do not|don't) (?:use|write|say)|words to avoid|no(?:body| one) says|no)\s*:?\s+(?P<words>.+)$"
    r"|^(?:the words?\s+)?(?P<words2>[\w', \"-]+?)\s+(?:is|are) (?:never used|not used|never written|banned|forbidden|not to be used)$"
)
_TOLD_NOT = r"banned|forbidden|avoid|never|(?:not|n't) (?:be |to be )?(?:used?|written|write|said|say)"
_RULE = loose(
    rf"^(?:(?:\w+ )?spellings?|words?(?: [\w-]+){{0,3}} (?:{_TOLD_NOT})|banned words?|forbidden words?|words to avoid|(?:never|don't|do not) (?:use|write|say))\s*:|^measures?\b[^:]*\b(?:never|not)\b"
)
_QUOTED_PAIR = re.compile(
    r"\"(?P<use>[^\"]+)\"(?: one word)?,?\s*(?:\(\s*)?(?:never|not)\s+(?P<never>\"[^\"]+\"(?:(?:,| or|, or) \"[^\"]+\")*)"
)
_NOBODY_SAYS = loose(
    r"^(?:nobody|no one)(?: \w+){0,3} (?:says|writes|uses) (?P<never>\"[^\"]+\"(?:(?:,| or|, or) \"[^\"]+\")*)(?:[;,.:—-]+ (?:they|everybody|everyone|people|we) (?:says?|writes?|uses?) (?P<use>\"[^\"]+\"))?"
)
_HYPHENATED = loose(r"^(?:hyphenate|hyphens? in|with a hyphen:) \"?(?P<use>\w+(?:-\w+)+)")
_NEVER_IN = loose(
    r"^[\w ]+ (?:is|are) never (?:given|measured|told|counted|reckoned|weighed|paid|written)? ?in (?P<never>[\w, ]+)$"
)
_BRITISH = loose(r"^british(?: english)?(?: spellings?)?(?: only)?\s*[:(]\s*(?P<words>[\w ,]+)\)?$")
_LISTS = loose(
    r"^(?:[\w ]*spellings?(?: only)?\s*:\s*)?(?P<use>[\w'-]+(?:, (?:and )?[\w'-]+)+)\s*[;—–-]\s*(?:never|not)\s+(?P<never>[\w', -]+)$"
)
_AMERICAN_OF = {"grey": "gray", "gaol": "jail", "tyre": "tire", "kerb": "curb", "plough": "plow", "jewellery": "jewelry", "cheque": "check", "pyjamas": "pajamas"}  # fmt: skip
_UNITS = loose(r"(?P<use>.*?)(?:[.;,]\s*|\s*\()(?:but\s+)?(?:never|not|no)\s+(?P<never>[^()]+)\)?$")
_MEASURED = loose(
    r"^(?:units|distances?|money|measures?|lengths?|weights?|coins?)\s*(?:(?:in|by)\s+)?(?::|\bis\b|\bare\b)?\s*(?:(?:in|by)\s+)?"
)
_ONE_WORD = loose(r"^\"?(?P<use>[\w']+)\"?\s*(?:,|:|\bis\b|—|–|\()\s*(?:always\s+)?(?:as\s+)?one word\)?$")
_REMARK = re.compile(r"\s*\(([^)]*)\)?")
_LABEL = loose(r"^(?:voices?|speech|ways? of speaking|dialogue|diction)\s*[:–—]\s+(?=[A-ZÀ-Þ])")
_TAIL = loose(
    r"\s+(?:as (?:measures?|units?(?: of \w+)?)|(?:anywhere )?in (?:this|the|our|these|any) (?:whole )?(?:books?|novels?|stor(?:y|ies)|series|texts?|world|game|town|city)|in narration(?: (?:or|and|nor) (?:speech|dialogue))?|in (?:speech|dialogue|narration)|anywhere|at all|ever)\W*$"
)
_LEAD = loose(r"^(?:(?:use|write|say|of)\s+)?(?:(?:the|these|any of these|any of the) words?:?|any of(?: these)?:?)\s+")
_SPELT_SO = loose(r"\bspel(?:t|led) (?P<use>[\w'-]+)(?:[.,;:—-]|,? and)[^\"]*?\b(?:never|not) (?P<never>[\w'-]+)")
_INSTEAD = loose(r"^(?:(?:they|we|people)\s+)?(?:say|write|use|but|it is|it's|→|instead:?|always)\s+(?P<use>.+)$")
_OF_MEASURES = re.compile(r"\b(?:measures?|units?|of time|distances?|lengths?|weights?)\b")
_SENTENCES = re.compile(r"(?<=[a-z0-9\")])\.\s+(?=[A-ZÀ-Þ\"])")
_MEASURES = bag(
    "mile kilometre metre foot yard inch league mark stride dollar euro pound gallon litre pint ounce gram kilogram kilo hour minute second credit scrip shilling fathom acre hectare fahrenheit celsius degree pence penny cent"
)
_ALIKE = 0.6  # of two ways to spell one word: "Sir" and "Ser" have 0.67, "magic" and "craft" 0.4


def is_voice(text: str) -> bool:
    """Whether a sentence on how somebody speaks can be checked."""
    return bool(_VOICE.search(text)) and bool(
        re.search(
            r"\b(?:never|no|not|without|avoids?|at most|sentences?|short|speaks?|doesn't|in)\b", text, re.IGNORECASE
        )
    )


def is_rule(text: str) -> bool:
    """Whether a line says how to write so plainly that it needs no heading."""
    return bool(_RULE.match(text.strip()))


def worded(text: str) -> Iterator[Stated]:
    """Spellings, banned words, units and voices: whichever each sentence of a line is."""
    who = ""
    text = _LABEL.sub("", text.strip())
    for part in [text] if _SPELT_SO.search(text) else _SENTENCES.split(text.strip()):
        sentence = re.sub(r"^(?:She|He|They)\b", who, part) if who else part  # "Agnes never swears. She never asks"
        who = next((str(one["who"]) for kind, one in voiced(part) if kind == "voice_rules"), who)
        yield from _of_sentence(sentence.strip().rstrip("."))


def _of_sentence(text: str) -> Iterator[Stated]:
    plain = _TAIL.sub("", text)
    yield from list(_forbidden(plain)) or _ruled(plain)


def _forbidden(text: str) -> Iterator[Stated]:
    """ "Nobody says \"hello\"", "Temperatures are never in degrees", "Never dollars, never credits"."""
    is_never = bool(re.match(r"(?:never|not|no)\s", text, re.IGNORECASE))
    measured = _NEVER_IN.match(text)
    listed = measured["never"] if measured else text if is_never else ""
    if (said := _NOBODY_SAYS.match(text)) is not None:
        yield from replaced(said["never"].replace('"', ""), (said["use"] or "").strip('"'))
    elif listed and {noun(_unsaid(one)) for one in list_of(listed)} <= _MEASURES:
        yield _units("", listed)


def _ruled(text: str) -> Iterator[Stated]:
    key, colon, rest = text.partition(":")
    if is_voice(text) and not text.lower().startswith(("never", "banned", "forbidden")):
        yield from voiced(text)
    elif (found := _UNITS.match(text)) and {noun(_unsaid(one)) for one in list_of(found["never"])} & _MEASURES:
        yield _units(re.sub(rf"^{_DO}\s+", "", _MEASURED.sub("", found["use"]), flags=re.IGNORECASE), found["never"])
    elif spelt := list(_spelt(text)):
        yield from spelt
    elif found := _PAIRS[1].match(text):
        yield from replaced(found["never"], found["use"])
    elif found := _BANNED.match(text):
        yield from replaced(_LEAD.sub("", found["words"] or found["words2"]), "")
    elif colon and re.search(_TOLD_NOT, key, re.IGNORECASE):
        yield from replaced(rest, "")
    else:
        body = rest if colon and len(key.split()) <= 2 else text
        for part in re.split(r";\s+(?!never|not)", body.replace('"', "").strip()):
            found = _PAIRS[0].match(part.strip()) or _PAIRS[2].match(part.strip())
            if found is not None:
                use = re.sub(rf"^{_DO}\s+", "", found["use"].strip(), flags=re.IGNORECASE)
                yield from _written(use, found["never"])


def _spelt(text: str) -> Iterator[Stated]:
    """ "British spelling: metre", "implant" never "cyberware", "netrunner: one word"."""
    if (found := _SPELT_SO.search(text)) is not None:
        yield "spelling", {"id": f"spelling_{slug(found['use'])}", "use": found["use"], "not": [found["never"]]}
    elif (found := _HYPHENATED.match(text)) is not None:
        use = found["use"]
        yield (
            "spelling",
            {"id": f"spelling_{slug(use)}", "use": use, "not": [use.replace("-", " "), use.replace("-", "")]},
        )
    elif (found := _BRITISH.match(text)) is not None:
        yield from _british(found["words"])
    elif (found := _LISTS.match(text)) and len(list_of(found["use"])) == len(list_of(found["never"])) > 1:
        for use, never in zip(list_of(found["use"]), list_of(found["never"]), strict=True):
            yield from _written(use, never)
    elif (found := _ONE_WORD.match(text)) is not None:
        yield "spelling", _in_one(found["use"], text)
    else:
        for pair in _QUOTED_PAIR.finditer(text):
            yield from _written(pair["use"], pair["never"])


def _british(words: str) -> Iterator[Stated]:
    """Words that America spells in another way: metre, colour, grey."""
    for word in list_of(words.lower()):
        other = _AMERICAN_OF.get(word) or re.sub(r"our(?=$|s$|ed$|ing$)", "or", re.sub(r"tre(?=s?$)", "ter", word))
        if other != word:
            yield "spelling", {"id": f"spelling_{slug(word)}", "use": word, "not": [other]}


def _written(use: str, never: str) -> Iterator[Stated]:
    """A pair that an author writes with the right one first is a spelling, whatever the words."""
    if {noun(one) for one in list_of(never)} <= _MEASURES:
        yield _units(use, never)
    else:
        yield "spelling", {"id": f"spelling_{slug(use)}", "use": use, "not": list_of(never)}


def replaced(never: str, use: str) -> Iterator[Stated]:
    """What is not to be written, and what stands in its place, if anything does: "human, humans" and "the Big Folk"."""
    use = "" if re.fullmatch(r"\s*\(.*\)\s*|[\s–—-]*", use) else use.strip(" .")
    plain: list[str] = []
    for part in re.split(r"[,;](?![^(]*\))", never):
        if plain and (instead_of := _INSTEAD.match(part.strip())) is not None:  # 'never "gray", always "grey"'
            use = use or instead_of["use"].strip(" .\"'")
            continue
        remark = _REMARK.search(part)
        words = list_of(_REMARK.sub("", part))
        told = _INSTEAD.match(remark[1].strip()) if remark else None
        if told is not None and words:
            yield (
                "banned_words",
                {"id": slug(words[0]), "words": words, "use": told["use"].replace('"', "").strip(" '")},
            )
        elif remark is not None and _OF_MEASURES.search(remark[1]) and {singular(one) for one in words} <= _MEASURES:
            yield _units("", words[0])
        else:
            plain += words
    if not plain:
        return
    if {singular(one) for one in plain} <= _MEASURES:
        yield _units(use, ", ".join(plain))
        return
    instead = list_of(use) if use else []
    if len(instead) == len(plain) > 1:
        for wrong, right in zip(plain, instead, strict=True):
            yield "spelling", {"id": f"spelling_{slug(right)}", "use": right, "not": [wrong]}
    elif use and all(SequenceMatcher(None, one.lower(), use.lower()).ratio() >= _ALIKE for one in plain):
        yield "spelling", {"id": f"spelling_{slug(use)}", "use": use, "not": plain}
    else:
        yield "banned_words", {"id": slug(plain[0]), "words": plain, **({"use": use} if use else {})}


def _units(use: str, never: str) -> Stated:
    return (
        "units",
        {
            "id": "units",
            "use": [singular(one) for one in list_of(use)],
            "never": [singular(_unsaid(one)) for one in list_of(never)],
        },
    )


def _unsaid(word: str) -> str:
    """ "Never dollars, never credits": each without the never."""
    return re.sub(r"^(?:never|not|no)\s+", "", word, flags=re.IGNORECASE)


def _in_one(word: str, text: str) -> Plain:
    """A word that is not to be written as two."""
    parted = [f"{word[:at]} {word[at:]}" for at in range(3, len(word) - 2)]
    return {"id": f"spelling_{slug(word)}", "use": word, "not": parted, "reason": text}


def list_of(text: str) -> list[str]:
    """The words that a text lists; where some of them stand in quotes, those.

    >>> list_of('miles, feet or inches'), list_of('"okay" and "weekend", whoever speaks')
    (['miles', 'feet', 'inches'], ['okay', 'weekend'])
    """
    if quoted := re.findall(r"\"([^\"]+)\"", text):
        return [one.strip(" .,;") for one in quoted]
    return [one.strip(" .\"'") for one in re.split(r",|\bor\b|\band\b|/|;", text) if one.strip(" .\"'")]


def singular(word: str) -> str:
    return {"feet": "foot", "inches": "inch"}.get(
        word.lower(), word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    )


def voiced(text: str) -> Iterator[Stated]:
    who = re.split(
        r"'s (?:stutter|stammer|speech|voice|talk)\b|\s+(?:never|always|speaks?|doesn't|does not|says|avoids?|uses?|only|must|asks?|talks?|shouts?|swears?|'s)\b|:|\s+[–—-]\s+",
        text,
    )[0].strip()
    if who and who[0].isupper():
        yield "voice_rules", {"id": slug(who), "who": who, "rule": text}
