"""What stands inside a line: fields in brackets, tags, bold keys, and the signs of Obsidian's task lists. Linear in the line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.intake.entries import Field, fold_key

# Keys that may stand without bold letters or brackets; bold ones may be anything. Compared folded.
PLAIN_KEYS = frozenset(
    fold_key(key)
    for key in [
        "id",
        " type",
        " priority",
        " files",
        " file",
        " effort",
        " estimate",
        " requirements",
        " requirement",
        " success",
        " success criteria",
        " acceptance",
        " acceptance criteria",
        " autonomy",
        " ai autonomy",
        " after",
        " needs",
        " depends on",
        " dependencies",
        " blocked by",
        " provider",
        " max usd",
        " not before",
        " delivery",
        " on question",
        " due",
        " status",
    ]
)

KEY_BY_SIGN: Mapping[str, str] = {
    "🆔": "id",
    "⛔": "after",
    "📅": "due",  # a deadline, not a start: kept and shown
    "⏳": "not_before",  # scheduled
    "🛫": "not_before",  # start
}
PRIORITY_BY_SIGN: Mapping[str, str] = {"🔺": "0", "⏫": "1", "🔼": "3", "🔽": "7", "⏬": "9"}

_BRACKETS = re.compile(r"\[([^\[\]():]{1,40})::([^\[\]]{0,4000})\]|\(([^\[\]():]{1,40})::([^()]{0,4000})\)")
_SIGNED = re.compile(
    r"(🆔|⛔)\ufe0f?[ ]{0,4}([\w.-]+(?:[ ]{0,4},[ ]{0,4}[\w.-]+)*)|(📅|⏳|🛫)\ufe0f?[ ]{0,4}(\d{4}-\d\d-\d\d)|(🔺|⏫|🔼|🔽|⏬)\ufe0f?"
)
_TAG = re.compile(r"(?:^|(?<=\s))#([^\W\d][\w/-]{0,60})(?=$|[\s.,;:!?)])")
_BOLD_KEY = re.compile(r"(?:\*\*|__)([^*_:\n]{1,60})(?::(?:\*\*|__)|(?:\*\*|__)[ ]{0,4}:)[ \t]*")
_PLAIN_KEY = re.compile(r"([A-Za-z][A-Za-z _-]{0,39}):(?=$|[ \t])[ \t]*")
_WHOLE = re.compile(r"[\[(]?([^\[\]():\n]{1,40})::([^\[\]\n]*)[\])]?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    text: str
    fields: tuple[Field, ...]
    tags: tuple[str, ...]


def read_title(text: str, line: int) -> Title:
    """A title's own words, with what was said in brackets, tags and signs taken out.

    >>> read_title("Polish scene 4 #polish [after:: s4]", 7).text
    'Polish scene 4'
    """
    fields: list[Field] = []
    rest = _BRACKETS.sub(lambda found: _taken(fields, found[1] or found[3], found[2] or found[4] or "", line), text)
    rest = _SIGNED.sub(lambda found: _taken(fields, *_signed(found), line), rest)
    tags = tuple(tag.casefold() for tag in _TAG.findall(rest))
    return Title(text=_plain(_TAG.sub("", rest)), fields=tuple(fields), tags=tags)


def read_field(text: str, line: int) -> Field | None:
    """The field that a bullet or a line under a task states, or None when it is ordinary text."""
    if bold := _BOLD_KEY.match(text):
        return Field(key=bold[1].strip(), value=text[bold.end() :].strip(), line=line)
    if (whole := _WHOLE.fullmatch(text)) and whole[1].strip():
        return Field(key=whole[1].strip(), value=whole[2].strip(), line=line)
    plain = _PLAIN_KEY.match(text)
    if plain and fold_key(plain[1]) in PLAIN_KEYS:
        return Field(key=plain[1].strip(), value=text[plain.end() :].strip(), line=line)
    return None


def _taken(fields: list[Field], key: str, value: str, line: int) -> str:
    fields.append(Field(key=key.strip(), value=value.strip(), line=line))
    return ""


def _signed(found: re.Match[str]) -> tuple[str, str]:
    if found[5]:
        return "priority", PRIORITY_BY_SIGN[found[5]]
    return KEY_BY_SIGN[found[1] or found[3]], found[2] or found[4]


def _plain(text: str) -> str:
    words = " ".join(text.split())
    bold = words.startswith("**") and words.endswith("**") and words.count("**") == 2  # noqa: PLR2004  # one pair
    return words[2:-2].strip() if bold else words
