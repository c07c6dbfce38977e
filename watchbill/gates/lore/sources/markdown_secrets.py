"""Secrets as sentences of Markdown: "The Queen learns in chapter 8 that …", "Chapter 7: she finds out who …", "Until then nobody knows …"."""

import re

from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.positions import UNIT, WORD_OR_DIGITS, counted, number
from watchbill.gates.lore.sources.drafts import Plain
from watchbill.gates.lore.sources.yaml_fields import slug

_WHEN = loose(
    rf"[\s,(]*\b(?:only\s+)?(?P<how>in|from|at|after|by|since|until|till|before|not before|not until)?\s*(?:the (?:end|start|beginning) of\s+)?{UNIT}\s*(?P<n>{WORD_OR_DIGITS})(?:\s+on(?:wards?)?\b)?\)?[:,]?"
)
_LEARNS = r"(?:learns?|finds? out|discovers?|reali[sz]es?|(?:is|are) told|hears?|(?:comes?|gets?) to know|works? out|knows?|learned|learnt)"
_UNAWARE = r"(?:(?:does not|doesn't|do not|don't|must not|cannot|may not)\s+(?:yet\s+)?(?:know|learn|find out|discover|hear)|(?:has|have) no idea)"
_WHAT = r"(?:that|who|whose|what|how|why|where|which|of|about|the truth about)\b.*"
_KNOWN = (
    loose(rf"^(?P<who>.+?)\s+(?:only\s+)?(?:{_UNAWARE}|{_LEARNS})\s+(?:only\s+)?(?P<what>{_WHAT})$"),
    loose(rf"^(?P<who>.+?)\s+{_UNAWARE}\s+(?P<what>\S+ (?:\w+ )*(?:is|was|has|had|are|were)\b.*)$"),
    loose(r"^(?P<who>)it (?:comes out|is revealed|becomes known)\s+(?P<what>that\b.*)$"),
    re.compile(r"^(?P<who>[A-ZÀ-Þ][\w' ]{1,40}?)\s*(?::|–|—|-)\s+(?P<what>that\b.*)$"),
)
_ANYBODY = ("nobody", "no one", "anybody", "anyone", "everyone", "everybody", "all", "the reader", "reader", "readers")
_SENTENCES = re.compile(r"(?<=[a-z0-9)\"])\.\s+(?=[A-ZÀ-Þ])")


def secret_in(text: str, who: str = "") -> Plain | None:
    """What somebody learns and when; `who` is the entry that the line stands under, for "learns that …" and "she learns that …"."""
    first = _SENTENCES.split(counted(text).strip())[0].strip().rstrip(".")
    when = _WHEN.search(first)
    if when is None:
        return None
    bare = f"{first[: when.start()]} {first[when.end() :]}".strip(" ,;:–—-")
    if who and re.match(rf"(?:{_LEARNS}|{_UNAWARE})\b", bare, re.IGNORECASE):
        bare = f"{who} {bare}"
    found = next((one for pattern in _KNOWN if (one := pattern.match(bare))), None)
    if (
        found is None
        or len(found["who"].split()) > 5
        or re.match(r"(?:nobody|no one) but\b", found["who"], re.IGNORECASE)
    ):
        return None
    name = re.sub(r"^(?:the|only)\s+", "", found["who"].strip(), flags=re.IGNORECASE)
    if who and name.lower() in ("she", "he", "they"):
        name = who
    position = number(when["n"]) + ((when["how"] or "").lower() == "after")
    return {
        "id": slug(found["what"])[:40],
        "who": "" if name.lower() in _ANYBODY else name,
        "what": found["what"].strip(" ."),
        "chapter": f"{position:g}",
    }
