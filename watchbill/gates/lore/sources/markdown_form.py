"""The canon's Markdown form, as authors write it, to the plain mappings of the YAML form. What is not understood is told, never guessed."""

import re
from collections.abc import Iterator, Sequence

from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.sources import markdown_rules as rules
from watchbill.gates.lore.sources import markdown_tables
from watchbill.gates.lore.sources.drafts import Doubt, Draft, Plain
from watchbill.gates.lore.sources.markdown_entities import KEYED, EntityReader, is_house
from watchbill.gates.lore.sources.markdown_names import (
    after_brackets,
    bracketed,
    called_in,
    is_place_name,
    is_settled,
    named,
    named_line,
    unnumbered,
)
from watchbill.gates.lore.sources.markdown_prefaces import YEAR, preface
from watchbill.gates.lore.sources.markdown_words import replaced
from watchbill.gates.lore.sources.outline import Item, Node, front_of, outline, tables
from watchbill.gates.lore.sources.yaml_entries import key_of
from watchbill.gates.lore.sources.yaml_fields import slug
from watchbill.gates.lore.texts.narrators import told_by

_SECTIONS = (
    ("timeline", r"\b(?:time ?line|chronology|dates|almanac)\b|^(?:the )?days$|^when (?:it|things|what)\b|\bwhat happens\b|^(?:the )?clock$|^chapters$|\bchapter by chapter\b|\boutline\b|\bsynopsis\b"),
    ("travel", r"\b(?:travel\w*|distances?|journeys?|routes?|travel times?|roads)\b|\bhow (?:long|far)\b|\bgetting (?:about|around|there|from)\b"),
    ("knowledge", r"\b(?:who (?:knows|learns|finds)|(?:knows?|learns?|finds? out) (?:what|when)|what people know|knowledge|secrets?|reveals?|revelations|come to know|twists|spoilers)\b"),
    ("calendar", r"\bcalendar\b|\breckoning\b"),
    ("deaths", r"\b(?:deaths?|the dead|fallen|who dies|casualties)\b|^(?:the )?bodies$"),
    ("words", r"\b(?:style|words?|language|spelling|house (?:style|rules)|banned|forbidden|vocabulary|units|voices?|voice rules|usage|wording|dialogue|copy-?edit\w*)\b|\b(?:never|don't|do not) (?:write|say|use)\b|\bhow (?:they|people|we|everyone) (?:talks?|speaks?)\b|^(?:don\'?ts?|do not|never|avoid|no)$"),
    ("variables", r"\b(?:variables|stats)\b"),
    ("scenes", r"\b(?:scene list|scenes and labels|scenes)\b"),
    ("people", r"\b(?:characters?|crew|people|cast|who is who|who's who|^who|dramatis personae|persons?|creatures|animals|protagonists?|antagonists?|family|main|minor|supporting|others?)\b"),
    ("places", r"\b(?:places?|locations?|settings?|geography|map|where)\b"),
    ("things", r"\b(?:ships?|items?|objects?|artifacts?|artefacts?|vehicles?|weapons?|things|props)\b"),
    ("facts", r"\b(?:facts?|rules? of the world|world rules|world facts|laws|truths|what is (?:so|true)|rules|how things are|continuity|the world|magic|technology|lore|canon|world)\b"),
)  # fmt: skip
_ID = re.compile(
    r"\s*(?:\{#(?P<a>[\w-]+)\}|\((?:id|ID):\s*`?(?P<b>[\w-]+)`?\)|\[(?:id:\s*)?(?P<c>[a-z][\w-]*)\](?!\())\s*"
)


def draft(text: str) -> Draft:
    """Read a whole document."""
    made = Draft()
    root = outline(text, lambda title: bool(section_of(title)))
    if (told := told_by(text)) is not None:
        made.raw["narrator"] = told
    _front(front_of(text), made)
    _tabled(root, "", made)
    for item in root.items:
        preface(item, made)
    tops = root.children
    if len(tops) == 1 and tops[0].level == 1 and tops[0].children:
        made.raw.setdefault("world", tops[0].title)
        root = tops[0]
        for item in root.items:
            preface(item, made)
        tops = root.children
    elif _is_title(tops):
        made.raw.setdefault("world", tops[0].title)
        for item in tops[0].items:
            preface(item, made)
        tops = [*tops[0].children, *tops[1:]]
    elif (
        tops
        and tops[0].level == 1
        and len(tops) > 1
        and (not section_of(tops[0].title) or any(item.lead for item in tops[0].items))
    ):
        made.raw.setdefault("world", tops[0].title)
    for node in tops:
        own = "words" if _is_wording(node) else "facts" if _is_rules(node) else ""
        _node(node, section_of(node.title) or own, made)
    made.doubts = list(dict.fromkeys(made.doubts))
    return made


def _is_title(tops: Sequence[Node]) -> bool:
    """Whether the first of several great headings is the document's own: sentences at most, and groups behind it."""
    if len(tops) < 2 or tops[0].level != 1 or any(item.is_bullet or item.cells for item in tops[0].items):
        return False
    is_grouped = all(section_of(one.title) or one.children or _is_wording(one) for one in tops[1:])
    return is_grouped and not section_of(tops[0].title)


def section_of(title: str) -> str:
    """Which section a heading opens; "" when it names something of the world itself."""
    bare = re.sub(r"\([^)]*\)", " ", _ID.sub("", unnumbered(title))).strip().lower()
    if len(bare.split()) > 5:
        bare = re.split(r"[:–—-]", bare)[-1]
    return next((name for name, pattern in _SECTIONS if re.search(pattern, bare)), "")


def _is_wording(node: Node) -> bool:
    """Whether what stands under a heading of no known kind is how to write: "Spelling: grey, never gray"."""
    plain = [item for item in node.items if not item.cells]
    return len(plain) > 1 and sum(rules.is_wording(item.text) for item in plain) * 2 >= len(plain)


def _is_rules(node: Node) -> bool:
    """Whether what stands under a heading of no known kind are sentences about the world, not the traits of somebody."""
    bullets = [item for item in node.items if not item.cells]
    is_named = all(word[0].isupper() for word in node.title.split() if word.lower() not in ("of", "the", "and"))
    return (
        not is_named
        and bool(bullets)
        and all(item.is_bullet and not KEYED.match(item.text) and len(item.text.split()) > 3 for item in bullets)
    )


def _front(text: str, made: Draft) -> None:
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() in ("unit", "position") and value.strip():
            made.raw["position"] = {"unit": value.strip().lower()}
        if key.strip().lower() in ("world", "title"):
            made.raw.setdefault("world", value.strip())


def _tabled(node: Node, section: str, made: Draft) -> None:
    """The tables whose columns tell what they are, wherever they stand, taken out of the outline."""
    inner = section_of(node.title) or section
    for rows, line in tables(node):
        found = markdown_tables.stated(rows)
        for key, one in found:
            made.add(key, one)
        whose = markdown_tables.of_entities(rows) if not found and inner in ("", "facts") else ""
        if whose:
            _entities(rows, whose, made, line)
        if found or whose:
            last = max(item.line for item in node.items if item.cells and item.line >= line and item.cells == rows[-1])
            node.items = [item for item in node.items if not (item.cells and line <= item.line <= last)]
    for child in node.children:
        _tabled(child, inner, made)


def _node(node: Node, section: str, made: Draft) -> None:
    if section in ("", "people", "places", "things"):
        _world(node, section, made)
        return
    if section == "facts":
        _led_among(node, made)
    for one in (node, *node.children):
        if section == "facts" and one is not node and not rules.is_list(one):
            _world(one, "", made)
            continue
        inner = section_of(one.title) if one is not node else section
        _ruled(one, inner or section, made)


_DESCRIBED = re.compile(r"^\s*(?:\([^)]*\)\s*)?[—–:,(-]")


def _led_among(node: Node, made: Draft) -> None:
    """Somebody in bold with what they are behind a dash or a bracket, among a world's facts: taken out of them."""
    led = [
        item
        for item in node.items
        if item.lead
        and _is_entity_lead(item)
        and _DESCRIBED.match(item.text[item.text.find(item.lead) + len(item.lead) :])
    ]
    if led:
        _led(Node(node.title, node.level, node.line, led), "", made)
        node.items = [item for item in node.items if item not in led]


def _world(node: Node, section: str, made: Draft) -> None:
    """People, places and things: a heading each, or a bold lead each."""
    own_section = section_of(node.title)
    if (called := called_in(node)) is not None:
        kind = "places" if is_settled(node.title) else "things"
        _entity(called, [*node.items], own_section or section or kind, made, node.line)
        return
    is_group = bool(own_section) or (not node.items and bool(node.children)) or is_house(node)
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
        inner = "words" if _is_wording(child) else section_of(child.title)
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
                    Item(item.lead.rstrip(".") + bracketed(rest), item.line),
                    [Item(after_brackets(rest), item.line)] if after_brackets(rest) else [],
                )
            )
        elif groups:
            groups[-1][1].append(item)
        else:
            made.doubt(item, "stands before any name")
    for head, items in groups:
        _entity(head.text, items, section, made, head.line)


def _grouped_table(node: Node, section: str, made: Draft) -> None:
    """A table of people or places: a row each, a column for each attribute. Bullets "Name: …" are entities too."""
    for rows, line in tables(node):
        _entities(rows, section, made, line)
    for item in node.items:
        is_led = item.is_bullet or section in ("people", "places", "things")
        if is_led and (led := named_line(item.text)) is not None and not _REMARK.match(led[0]):
            _entity(led[0], [Item(led[1], item.line)], section, made, item.line)
        elif not item.cells:
            _sentences(item, made)


def _entities(rows: Sequence[tuple[str, ...]], section: str, made: Draft, line: int) -> None:
    head = [cell.lower() for cell in rows[0]]
    for row in rows[1:]:
        if row and row[0]:
            cells = zip(head[1:], row[1:], strict=False)
            items = [Item("", line, cells=(key, value)) for key, value in cells if value.strip(" -–—")]
            _entity(row[0], items, section, made, line)


def _sentences(item: Item, made: Draft) -> None:
    """Sentences that stand beside the names of a group: facts, of which "it" in a later one is the first one's thing."""
    name = before = ""
    for part in rules.SENTENCES.split(item.text):
        sentence = rules.written_out(part, before)
        before = sentence if rules.has_subject(part) else before
        named = rules.NAMED.match(sentence)
        told = rules.it_named(sentence, name) if name and named is None else sentence
        name = named[1] if named else name
        found = list(_rule_items("facts", told)) if len(told.split()) >= LEAST_WORDS else []
        if (lying := rules.LYING.match(told)) is not None:
            made.add("places", {"id": slug(lying["name"]), "name": lying["name"], "notes": [lying["where"]]})
        for key, value in found:
            made.add(key, {**value, "about": name} if key == "facts" and name else value)
        if not found:
            made.doubt(item, "belongs to no heading that names somebody or something")


_REMARK = loose(r"(?:notes?|remember|rules?|important|nb|n\.b\.|warning|todo|all|also|everyone|everybody)\b")
LEAST_WORDS = 4  # of a sentence that says something of itself


def _entity(title: str, items: Sequence[Item], section: str, made: Draft, line: int) -> None:
    found = _ID.search(title)
    name, aliases, told = named(_ID.sub(" ", unnumbered(title)).strip())
    if len(name.split()) > MOST_WORDS:
        made.doubts.append(Doubt(line, name, "too long to be the name of somebody or something"))
        return
    entry: Plain = {
        "id": next((one for one in found.groups() if one), "") if found else slug(name),
        "name": name,
        "kind": "",
        "attributes": {},
        "relations": {},
        "notes": [],
    }
    entry["aliases"] = aliases
    section = "places" if not section and is_place_name(name) else section
    reader = EntityReader(entry, made, is_place=section == "places")
    rows = [item for item in items if item.cells]
    if told:
        reader.line(Item(told, line))
    for item in _own(items, made):
        if item.cells and len(item.cells) == 2:
            if item.cells[0].lower() not in ("trait", "attribute", "key", "property", "field", "") and not set(
                item.cells[1]
            ) <= set("-: "):
                reader.keyed(item.cells[0], item.cells[1], item)
        elif not item.cells:
            reader.line(item)
    if rows and len(rows[0].cells) > 2:
        made.doubt(rows[0], "a table of more than two columns about one entry was passed over")
    _placed(entry, section, made, line)


def _own(items: Sequence[Item], made: Draft) -> Iterator[Item]:
    """The items that are about the entry itself. Under a label like "Subzones:" each bold bullet is a place of its own."""
    section = ""
    for item in items:
        if _LABEL.match(item.text):
            section = (
                "plan" if _PLAN.search(item.text) else "places" if _ZONES.search(item.text) else section_of(item.text)
            )
        elif section == "plan" and item.is_bullet:
            made.doubt(item, "a plan, no fact")
        elif section in ("places", "people", "things") and item.is_bullet and item.lead:
            keyed = KEYED.match(item.text)
            _entity(item.lead, [Item(keyed["value"], item.line)] if keyed else [], section, made, item.line)
        else:
            section = section if item.is_bullet else ""
            yield item


_BANNED = loose(r"\b(?:banned|forbidden|avoid|never|don't|do not)\b|^no$")
_CHAPTERS = either(r"chapters?|episodes?|scenes?|outline|synopsis")
_SAID = loose(r"(?:write|use|say)\b")
_NAMED_RULE = re.compile(r"[A-ZÀ-Þ]\w+ (?:never|always|does)\b")
MOST_WORDS = 6  # of a name
_LABEL = re.compile(r"^[A-ZÀ-Þ][\w ]{2,30}:$")
_PLAN = either(r"chapters|suggest\w*|ideas|todo|plans?")
_ZONES = either(r"sub-?zones|zones|areas|regions|districts|landmarks|rooms|quarters")


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


def _ruled(node: Node, section: str, made: Draft) -> None:
    _tables_of(node, section, made)
    for item in node.items:
        if item.cells:
            continue
        if section in ("calendar", "timeline") and (year := YEAR.search(item.text)) is not None:
            made.raw.setdefault("year", next(one for one in year.groups() if one))
        told = f"Chapter {item.number}: {item.text}" if item.number and _CHAPTERS.search(node.title) else item.text
        found = list(_rule_items(section, told))
        if section == "words" and _BANNED.search(node.title) and item.is_bullet and not _NAMED_RULE.match(item.text):
            found = (
                list(replaced(re.sub(r"^(?:write|use|say)\s+", "", item.text, flags=re.IGNORECASE), ""))
                if not found or _SAID.match(item.text)
                else found
            )
        if not found:
            made.doubt(item, f"not understood as {section}")
        for key, value in found:
            if key == "calendar":
                made.raw.setdefault("calendar", {"kind": "own"}).update(value)
            else:
                made.add(key, value)


def _tables_of(node: Node, section: str, made: Draft) -> None:
    for rows, line in tables(node):
        stated = markdown_tables.stated(rows, section)
        for key, one in stated:
            made.add(key, one)
        if not stated:
            made.doubts.append(Doubt(line, node.title, f"a table that was not understood as {section}"))


def _rule_items(section: str, text: str) -> Iterator[tuple[str, Plain]]:
    found = _ID.search(text)
    own = next((one for one in found.groups() if one), "") if found else ""
    for key, item in rules.of_lines(section, _ID.sub(" ", text).strip()):
        yield key, {**item, "id": own} if own else item
