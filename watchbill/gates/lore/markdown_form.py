"""The canon's Markdown form, as authors write it, to the plain mappings of the YAML form. What is not understood is told, never guessed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchbill.gates.lore import markdown_rules as rules
from watchbill.gates.lore.lexicon import STATES, meanings
from watchbill.gates.lore.outline import Item, Node, front_of, outline, tables
from watchbill.gates.lore.people import KIN
from watchbill.gates.lore.positions import UNITS, apart, position_in
from watchbill.gates.lore.yaml_form import key_of, slug

Plain = dict[str, Any]
_SECTIONS = (
    ("timeline", r"\b(?:timeline|chronology|dates)\b"),
    ("travel", r"\b(?:travel\w*|distances?|journeys?|routes?|travel times?|roads)\b"),
    ("knowledge", r"\b(?:who knows|knows? what|what people know|knowledge|secrets?|reveals?|revelations)\b"),
    ("calendar", r"\bcalendar\b"),
    ("deaths", r"\b(?:deaths?|the dead|fallen)\b"),
    ("words", r"\b(?:style|words?|language|spelling|house style|banned|forbidden|vocabulary|units|voices?|voice rules|usage|wording|dialogue)\b"),
    ("variables", r"\b(?:variables|stats)\b"),
    ("scenes", r"\b(?:scene list|scenes and labels|scenes)\b"),
    ("people", r"\b(?:characters?|crew|people|cast|who is who|who's who|dramatis personae|persons?|creatures|animals|protagonists?|antagonists?|family|main|minor|supporting)\b"),
    ("places", r"\b(?:places?|locations?|settings?|geography|world map|where)\b"),
    ("things", r"\b(?:ships?|items?|objects?|artifacts?|artefacts?|vehicles?|weapons?|things|props)\b"),
    ("facts", r"\b(?:facts?|rules? of the world|world rules|world facts|laws|truths|the world|magic|technology|lore|canon|world)\b"),
)  # fmt: skip
_ID = re.compile(
    r"\s*(?:\{#(?P<a>[\w-]+)\}|\((?:id|ID):\s*`?(?P<b>[\w-]+)`?\)|\[(?:id:\s*)?(?P<c>[a-z][\w-]*)\](?!\())\s*"
)
_KEYED = re.compile(r"^(?P<key>[A-Za-z][\w'/() -]{0,40}?)\s*(?::|\s[–—]|\s-\s|\s=\s)\s*(?P<value>\S.*)$")
_ALIASES = re.compile(
    r"^(?:aliases|alias|also known as|also called|aka|a\.k\.a\.|known as|nicknames?|other names?|called)\s*:?\s+(?P<names>.*)$",
    re.IGNORECASE,
)
_DEATH = re.compile(
    r"\b(?:died|dies|is killed|was killed|killed|murdered|drowned|perish\w*|executed|is murdered|falls|death)\b",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"^(?P<who>[A-Z][\w. -]+?)\s*\((?:and )?only [^)]*\)\s*calls? (?:him|her|them|it) (?P<name>[^.]+?)\.?$|^Only (?P<who2>[A-Z][\w. -]+?) calls? (?:him|her|them|it) (?P<name2>[^.]+?)\.?$"
)
_VOICE_KEYS = frozenset(
    ("voice", "speech", "dialogue", "speaking style", "voice rule", "speech pattern", "way of speaking")
)
_LISTS = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bch)(?<!\bCh)(?<!\bep)(?<!\bEp)(?<!\bsc)(?<!\bno)(?<=[A-Za-z0-9\")])[.;]\s+(?=\S)"
)
_WAY_HERE = re.compile(
    r"^(?P<n>[\w-]+)\s+(?P<unit>days?|hours?|miles?|leagues?|kilometres?|km)\b(?:'s?)?\s*(?:ride|walk|sail|journey|travel|march|drive|by \w+)?\s*from\s+(?P<to>[\w' ]+?)\.?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Doubt:
    line: int
    text: str
    why: str


@dataclass(slots=True)
class Draft:
    """What a document states, in the YAML form's shape, and what it was unsure of."""

    raw: Plain = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)

    def add(self, key: str, item: Plain) -> None:
        self.raw.setdefault(key, []).append(item)

    def doubt(self, item: Item, why: str) -> None:
        self.doubts.append(Doubt(item.line, item.text or " | ".join(item.cells), why))


def draft(text: str) -> Draft:
    """Read a whole document."""
    made = Draft()
    root = outline(text)
    _front(front_of(text), made)
    for item in root.items:
        _preface(item, made)
    tops = root.children
    if len(tops) == 1 and tops[0].level == 1 and tops[0].children:
        made.raw.setdefault("world", tops[0].title)
        root = tops[0]
        for item in root.items:
            _preface(item, made)
        tops = root.children
    elif (
        tops
        and tops[0].level == 1
        and len(tops) > 1
        and (not section_of(tops[0].title) or any(item.lead for item in tops[0].items))
    ):
        made.raw.setdefault("world", tops[0].title)
    for node in tops:
        _node(node, section_of(node.title), made)
    return made


def section_of(title: str) -> str:
    """Which section a heading opens; "" when it names something of the world itself."""
    bare = _ID.sub("", title).strip().lower()
    if len(bare.split()) > 5:  # noqa: PLR2004 - "Grey Harbour – who is who"
        bare = re.split(r"[:–—-]", bare)[-1]
    return next((name for name, pattern in _SECTIONS if re.search(pattern, bare)), "")


def _front(text: str, made: Draft) -> None:
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() in ("unit", "position") and value.strip():
            made.raw["position"] = {"unit": value.strip().lower()}
        if key.strip().lower() in ("world", "title"):
            made.raw.setdefault("world", value.strip())


def _preface(item: Item, made: Draft) -> None:
    """ "Unit: chapter (1-20)", "Episodes 1 to 10."."""
    found = re.match(rf"(?:unit:\s*)?(?P<unit>{'|'.join(UNITS)})s?\b", item.text, re.IGNORECASE)
    if found:
        made.raw.setdefault("position", {"unit": found["unit"].lower()})


def _node(node: Node, section: str, made: Draft) -> None:
    if section in ("", "people", "places", "things"):
        _world(node, section, made)
        return
    for one in (node, *node.children):
        if section == "facts" and one is not node and not rules.is_list(one):
            _world(one, "", made)
            continue
        inner = section_of(one.title) if one is not node else section
        _ruled(one, inner or section, made)


def _world(node: Node, section: str, made: Draft) -> None:
    """People, places and things: a heading each, or a bold lead each."""
    own_section = section_of(node.title)
    is_group = bool(own_section) or (not node.items and bool(node.children))
    leads = [item for item in node.items if item.lead and _is_entity_lead(item)] if is_group else []
    if is_group or leads:
        if leads:
            _led(node, section, made)
        elif is_group:
            _grouped_table(node, section, made)
    else:
        _entity(node.title, _with_children(node), section, made, node.line)
        return
    for child in node.children:
        inner = section_of(child.title)
        if inner and inner not in ("people", "places", "things"):
            _node(child, inner, made)
        else:
            _world(child, inner or section, made)


def _with_children(node: Node) -> list[Item]:
    return [*node.items, *(item for child in node.children for item in _with_children(child))]


def _is_entity_lead(item: Item) -> bool:
    """A bold lead names an entity when it is a name, and no attribute of the heading above it."""
    return (
        item.lead[:1].isupper()
        and (not item.is_bullet or len(item.text) > len(item.lead) + 25 or "(id" in item.text)
        and key_of(item.lead) not in rules.ATTRIBUTE_KEYS
    )


def _led(node: Node, section: str, made: Draft) -> None:
    groups: list[tuple[Item, list[Item]]] = []
    for item in node.items:
        if item.lead and _is_entity_lead(item):
            rest = item.text[item.text.find(item.lead) + len(item.lead) :]
            groups.append(
                (
                    Item(item.lead + _bracketed(rest), item.line),
                    [Item(_after_brackets(rest), item.line)] if _after_brackets(rest) else [],
                )
            )
        elif groups:
            groups[-1][1].append(item)
        else:
            made.doubt(item, "stands before any name")
    for head, items in groups:
        _entity(head.text, items, section, made, head.line)


def _bracketed(text: str) -> str:
    return (
        " "
        + " ".join(
            re.findall(
                r"\([^)]*\)", text.split(":")[0] if not text.strip().startswith("(") else text[: text.rfind(")") + 1]
            )
        )
        if text.strip().startswith("(")
        else ""
    )


def _after_brackets(text: str) -> str:
    text = text.strip()
    while text.startswith("("):
        text = text[text.find(")") + 1 :].strip() if ")" in text else ""
    return text.lstrip(":–—- ").strip()


def _grouped_table(node: Node, section: str, made: Draft) -> None:
    """A table of people or places: a row each, a column for each attribute. Bullets "Name: …" are entities too."""
    for rows, line in tables(node):
        head = [cell.lower() for cell in rows[0]]
        for row in rows[1:]:
            if row and row[0]:
                items = [
                    Item(f"{key}: {value}", line)
                    for key, value in zip(head[1:], row[1:], strict=False)
                    if value.strip(" -–—")
                ]
                _entity(row[0], items, section, made, line)
    for item in node.items:
        keyed = _KEYED.match(item.text)
        if item.is_bullet and keyed and keyed["key"][:1].isupper():
            _entity(keyed["key"], [Item(keyed["value"], item.line)], section, made, item.line)
        elif not item.cells:
            made.doubt(item, "belongs to no heading that names somebody or something")


def _entity(title: str, items: Sequence[Item], section: str, made: Draft, line: int) -> None:
    found = _ID.search(title)
    name, aliases = _named(_ID.sub(" ", title).strip())
    entry: Plain = {
        "id": next((one for one in found.groups() if one), "") if found else slug(name),
        "name": name,
        "kind": "",
        "attributes": {},
        "relations": {},
        "notes": [],
    }
    entry["aliases"] = aliases
    reader = _Entity(entry, made, is_place=section == "places")
    rows = [item for item in items if item.cells]
    for item in items:
        if item.cells and len(item.cells) == 2:  # noqa: PLR2004 - a table of traits
            if item.cells[0].lower() not in ("trait", "attribute", "key", "property", "field", "") and not set(
                item.cells[1]
            ) <= set("-: "):
                reader.keyed(item.cells[0], item.cells[1], item)
        elif not item.cells:
            reader.line(item)
    if rows and len(rows[0].cells) > 2:  # noqa: PLR2004
        made.doubt(rows[0], "a table of more than two columns about one entry was passed over")
    _placed(entry, section, made, line)


def _placed(entry: Plain, section: str, made: Draft, line: int) -> None:
    is_place = section == "places"
    if not is_place and not entry["kind"]:
        keys = set(entry["attributes"])
        entry["kind"] = (
            "thing"
            if section == "things"
            else "person"
            if section == "people" or keys & {"eyes", "hair", "age", "eye colour", "born", "height"}
            else ""
        )
    kept = {key: value for key, value in entry.items() if value}
    if kept.keys() <= {"id", "name", "kind"} and not section:
        made.doubts.append(Doubt(line, entry["name"], "a heading with nothing under it that is known here"))
        return
    made.add("places" if is_place else "entities", kept)


def _named(title: str) -> tuple[str, list[str]]:
    """A heading's name, and the other names it gives in brackets or behind a dash."""
    aliases: list[str] = []
    for inside in re.findall(r"\(([^)]*)\)", title):
        names = re.sub(
            r"^(?:aliases|alias|aka|a\.k\.a\.|also known as|also|called|nicknamed|known as)\s*:?\s*",
            "",
            inside,
            flags=re.IGNORECASE,
        )
        if names != inside or re.match(r"(?:the |[A-Z])", inside):
            aliases += [one.strip(" \"'") for one in names.split(",") if one.strip()]
    name = re.sub(r"\s*\([^)]*\)", "", title).strip().rstrip(":").strip()
    name = re.split(r"\s+[–—]\s+|,\s+(?=the\b|a\b)", name)[0].strip()
    return name.strip("\"'*"), aliases


@dataclass(slots=True)
class _Entity:
    """Reads the lines under one name."""

    entry: Plain
    made: Draft
    is_place: bool

    def line(self, item: Item) -> None:
        text = item.text.strip()
        if aliased := _ALIASES.match(text):
            self._aliases(aliased["names"])
            return
        keyed = _KEYED.match(text)
        if (
            keyed is not None
            and (item.is_bullet or item.lead or len(keyed["key"].split()) <= 3)
            and not text.lower().startswith(("she ", "he ", "it ", "they "))
            and ". " not in keyed["key"]
        ):  # noqa: PLR2004
            parts = (
                _LISTS.split(keyed["value"])
                if not item.is_bullet or key_of(keyed["key"]) not in rules.ATTRIBUTE_KEYS
                else [keyed["value"]]
            )
            spans_on = bool(
                re.search(r"\b(?:until|from|since|chapter|ch\.|episode|ep\.|scene)\b", keyed["value"], re.IGNORECASE)
            )
            if len(parts) > 1 and not spans_on:
                self.keyed(keyed["key"], parts[0], item)
                for part in parts[1:]:
                    self._sentence(part, item)
            else:
                self.keyed(keyed["key"], keyed["value"], item)
            return
        for part in _LISTS.split(text):
            self._sentence(part, item)

    def keyed(self, key: str, value: str, item: Item) -> None:
        name = key_of(key)
        value = value.strip().rstrip(".")
        if name == "id":
            self.entry["id"] = value
        elif name in ("alias", "aliases", "also known as", "also called", "aka", "nickname", "nicknames", "known as"):
            self._aliases(value)
        elif name in ("kind", "type", "species", "class"):
            self.entry["kind"] = value.lower()
            if name == "species":
                self.entry["attributes"][name] = value
        elif name in ("death", "dies", "died", "killed"):
            self._death(value if _DEATH.search(value) else f"dies in {value}", item)
        elif name in _VOICE_KEYS:
            self._voice(value, item)
        elif name in KIN:
            self.entry["relations"][name] = value
        elif name in ("notes", "note", "description", "appearance", "background", "personality", "bio"):
            for part in _LISTS.split(value):
                self._sentence(part, item)
        else:
            self.entry["attributes"][name] = value

    def _sentence(self, text: str, item: Item) -> None:
        text = text.strip().rstrip(".")
        if not text:
            return
        keyed = _KEYED.match(text)
        if (
            keyed is not None
            and len(keyed["key"].split()) <= 2
            and keyed["key"][:1].isupper()
            or (keyed is not None and key_of(keyed["key"]) in rules.ATTRIBUTE_KEYS)
        ):  # noqa: PLR2004
            self.keyed(keyed["key"], keyed["value"], item)
        elif (
            _DEATH.search(text)
            and position_in(text) is not None
            and not re.match(r"(?:killed|murdered) (?:the|a|[A-Z])", text)
        ):
            self._died(text, item)
        elif (called := _CALLS.match(text)) is not None:
            self._only(called["name"] or called["name2"], called["who"] or called["who2"])
        elif rules.is_voice(text):
            self._voice(text, item)
        elif (way := _WAY_HERE.match(text)) is not None:
            self.made.add("travel_days", rules.way(self.entry["id"], way["to"], way["n"], way["unit"], text))
        elif (
            (state := _state(text)) is not None
            and self.is_place
            or (state is not None and position_in(text) is not None)
        ):
            words, _ = apart(text)
            self.made.add(
                "facts",
                {
                    "id": self.entry["id"],
                    "about": self.entry["id"],
                    "text": f"{self.entry['name']} is {words[:1].lower()}{words[1:]}.",
                    **rules.span(text),
                },
            )
        else:
            self.entry["notes"].append(text)
            if len(text.split()) > 12:  # noqa: PLR2004 - that is prose
                self.made.doubt(item, "kept as a note: only what is said in a few plain words is checked")

    def _aliases(self, text: str) -> None:
        for part in re.split(r"[,;](?![^(]*\))", text):
            name = part.strip().rstrip(".").strip()
            only = re.search(
                r"\((?:only )?(?:by )?(?P<who>[A-Z][\w. -]*?)(?: only| alone)?(?: calls? (?:him|her|them|it) (?:that|so|this))?\)|\(only (?P<who2>[A-Z][\w. -]*?) calls?[^)]*\)|\(used (?:only )?by (?P<who3>[A-Z][\w. -]*?)(?: only)?\)",
                name,
            )
            bare = re.sub(r"\s*\([^)]*\)", "", name).strip("\"' ")
            if only is not None:
                self._only(bare, next(one for one in only.groups() if one))
            elif bare:
                self.entry["aliases"].append(bare)

    def _only(self, name: str, who: str) -> None:
        self.entry["aliases"].append(f"{name.strip(chr(34) + ' ')} (used by {re.sub('^only ', '', who.strip())} only)")

    def _died(self, text: str, item: Item) -> None:
        """A sentence of a death: the entry's own, or of whoever it names before the verb: "Her mother, Ottoline, died in episode 3"."""
        before = text[: _DEATH.search(text).start()]  # type: ignore[union-attr]
        own = {word.strip(".,") for word in str(self.entry["name"]).split()}
        named = [name.strip() for name in re.findall(r"[A-Z][\w'-]+(?: [A-Z][\w'-]+)*", before) if name.split()[0] not in ("He", "She", "They", "It", "Her", "His", "Their", "The", "A")]
        if not named or set(named[-1].split()) & own:
            if not re.match(r"(?:his|her|their|its|the|a) ", text, re.IGNORECASE):
                self._death(text, item)
            return
        position, day = position_in(text), rules.day_of(text)
        dead: Plain = {"id": slug(named[-1]), "who": named[-1], "text": text}
        self.made.add("deaths", {**dead, **({"chapter": f"{position:g}"} if position is not None else {}), **({"date": day} if day else {})})

    def _death(self, text: str, item: Item) -> None:
        position = position_in(text)
        found: Plain = {"id": self.entry["id"], "who": self.entry["id"], "text": text}
        if position is not None:
            found["chapter"] = f"{position:g}"
        if day := rules.day_of(text):
            found["date"] = day
        if position is None and not day and re.fullmatch(r"dies in \d+.*", text):
            found["chapter"] = re.findall(r"\d+", text)[0]
        if "chapter" not in found and "date" not in found:
            self.made.doubt(item, "a death whose chapter or date is not told")
        self.made.add("deaths", found)

    def _voice(self, text: str, item: Item) -> None:
        self.made.add("voice_rules", {"id": self.entry["id"], "who": self.entry["id"], "rule": text})
        if not rules.is_voice(text):
            self.made.doubt(item, "a way of speaking that only a reader, or a provider as judge, can check")


def _state(text: str) -> str | None:
    """The first word, where it is a state: "Frozen in episodes 6-8"."""
    first = text.split()[0].lower().strip(",")
    return (
        first
        if any(meanings(first, kind) for kind in STATES)
        and first not in ("out", "up", "down", "dark", "silent", "gone")
        else None
    )


def _ruled(node: Node, section: str, made: Draft) -> None:
    for rows, line in tables(node):
        for key, item in rules.of_table(section, rows):
            made.add(key, item)
        if not rows:
            made.doubts.append(Doubt(line, node.title, "an empty table"))
    for item in node.items:
        if item.cells:
            continue
        found = list(_rule_items(section, item.text, made))
        if not found:
            made.doubt(item, f"not understood as {section}")
        for key, value in found:
            if key == "calendar":
                made.raw.setdefault("calendar", {"kind": "own"}).update(value)
            else:
                made.add(key, value)


def _rule_items(section: str, text: str, made: Draft) -> Iterator[tuple[str, Plain]]:
    found = _ID.search(text)
    own = next((one for one in found.groups() if one), "") if found else ""
    for key, item in rules.of_line(section, _ID.sub(" ", text).strip(), made.raw):
        yield key, {**item, "id": own} if own else item
