"""Names as Markdown writes them: with other names in brackets, with what somebody is behind a dash or a comma."""

import re

from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.sources.outline import Node

# A name that leads a line, and what is said of it: "Pell (he, 14): red hair", "Rook, a dog. Three legs.".
_TOLD = (
    re.compile(
        r"^(?P<name>(?:[Tt]he )?[A-ZÀ-Þ][\w'.-]*(?: (?:of |the )*[\w'.-]+){0,4}(?:\s*\([^)]*\))?)\s*(?::|\s[—–-])\s+(?P<rest>\S.*)$"
    ),
    re.compile(r"^(?P<name>[A-ZÀ-Þ][\w'-]*(?: [A-ZÀ-Þ][\w'-]*)*), (?P<rest>(?:a|an|the|her|his|their)\s.+)$"),
)


def named_line(text: str) -> tuple[str, str] | None:
    """The name that a line begins with and what it says of it; None when it does not begin so.

    >>> named_line("Rook, a dog. Three legs."), named_line("There are no telephones.")
    (('Rook', 'a dog. Three legs.'), None)
    """
    found = next((one for pattern in _TOLD if (one := pattern.match(text))), None)
    return (found["name"].strip(), found["rest"]) if found else None


def bracketed(text: str) -> str:
    return (
        " "
        + " ".join(
            re.findall(
                r"\([^)]*\)",
                text.split(":", maxsplit=1)[0] if not text.strip().startswith("(") else text[: text.rfind(")") + 1],
            )
        )
        if text.strip().startswith("(")
        else ""
    )


def after_brackets(text: str) -> str:
    text = text.strip()
    while text.startswith("("):
        text = text[text.find(")") + 1 :].strip() if ")" in text else ""
    return text.lstrip(":–—- ").strip()


_ROLE = loose(r"(?:the )?(?:narrator|protagonist|hero|heroine|antagonist|villain|pov|main character)")
_ABOUT = re.compile(r"(?:^|(?<=, )|(?<=; ))(?:\d{1,3}|male|female|he/him|she/her|he|she|man|woman|boy|girl)(?=$|,|;)")


def named(title: str) -> tuple[str, list[str], str]:
    """A heading's name, the other names it gives in brackets or behind a dash, and what else it tells behind one."""
    aliases: list[str] = []
    said: list[str] = []
    for inside in re.findall(r"\(([^)]*)\)", title):
        if _ROLE.fullmatch(inside):
            continue
        said += [f"aged {one}" if one.strip().isdecimal() else one for one in _ABOUT.findall(inside)]
        names = re.sub(
            r"^(?:aliases|alias|aka|a\.k\.a\.|also known as|also|called|nicknamed|known as)\s*:?\s*",
            "",
            inside,
            flags=re.IGNORECASE,
        )
        if names != inside or re.match(r"(?:the |[A-ZÀ-Þ])", inside):
            aliases += [
                one.strip(" \"'") for one in names.split(",") if one.strip() and not re.search(r" [–—-] |\d", one)
            ]
    name = re.sub(r"\s*\([^)]*\)", "", title).strip().rstrip(":").strip()
    name, *rest = re.split(r"\s+[–—-]\s+|,\s+(?=the\b|a\b)", name, maxsplit=1)
    told = "; ".join((*said, *(part.strip() for part in rest)))
    if told.startswith(("the ", "The ")):
        return name.strip(" \"'*"), [*aliases, told], ""
    return name.strip(" \"'*"), aliases, told


_PLACES = bag(
    "spire quarter barrier harbour palace temple district tunnel sluice citadel fortress lighthouse cathedral"
)
# Words that are surnames as well: a place's only behind "The".
_BUILT = bag(
    "tower bridge castle mill inn hall house room street square market ford waste hill island marsh forest river lake pool bath pond"
)


def is_place_name(name: str) -> bool:
    """Whether a name tells by itself that it is a place's.

    >>> is_place_name("The Drowned Quarter"), is_place_name("The Ford of Cranes"), is_place_name("Anna Hill")
    (True, True, False)
    """
    words = name.split(" of ", maxsplit=1)[0].lower().split()
    return len(words) > 1 and (words[-1] in _PLACES or (words[0] == "the" and words[-1] in _BUILT))


_SETTLED = bag(
    "village town city house school station island farm valley harbour camp colony planet moon kingdom parish street castle abbey"
)


def is_settled(title: str) -> bool:
    """Whether a heading like "The village" is of somewhere.

    >>> is_settled("The village"), is_settled("The ship")
    (True, False)
    """
    return title.rsplit(maxsplit=1)[-1].lower() in _SETTLED


_THE_KIND = re.compile(r"^The (?P<kind>[a-z]+)$")
_NAMED_FIRST = re.compile(r"^(?P<name>(?:The )?[A-ZÀ-Þ][\w']*(?: [A-ZÀ-Þ][\w']*)*) (?:is|has|was|stands|lies) ")


def called_in(node: Node) -> str | None:
    """The name of what "The village" heads, where its first sentence begins with one: "Saxmere has one street"."""
    kind = _THE_KIND.match(node.title)
    first = node.items[0] if node.items else None
    if (
        kind is None
        or first is None
        or node.children
        or any(one.cells or one.is_bullet or one.lead for one in node.items)
    ):
        return None
    named = _NAMED_FIRST.match(first.text)
    return f"{named['name']} (the {kind['kind']})" if named and not _IT.match(first.text) else None


_IT = re.compile(r"(?:It|This|There|She|He|They|Nobody|Everyone|No|All|Each)\b")


def unnumbered(title: str) -> str:
    """ "3. What happens when" without its number."""
    return re.sub(r"^\s*(?:\d+|[IVX]+)[.)]\s+", "", title)
