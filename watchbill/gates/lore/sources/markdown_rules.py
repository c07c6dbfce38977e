"""Lines of Markdown that are rules: dates, ways, secrets, words, voices. Each to the mapping that the YAML form has for it."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.english.language import number_of
from watchbill.gates.lore.english.people import KIN
from watchbill.gates.lore.positions import UNIT, apart, position_in
from watchbill.gates.lore.sources.drafts import Plain
from watchbill.gates.lore.sources.markdown_calendars import calendar_of
from watchbill.gates.lore.sources.markdown_dates import day_of, in_full, span, undated, way, weekday_in
from watchbill.gates.lore.sources.markdown_secrets import secret_in
from watchbill.gates.lore.sources.markdown_words import is_rule, is_voice, voiced, worded
from watchbill.gates.lore.sources.outline import Node
from watchbill.gates.lore.sources.yaml_fields import slug

ATTRIBUTE_KEYS = frozenset(
    (
        "eyes eye eye colour|hair|hair colour|age|height|born|birthday|birthplace|occupation|job|role|trade|home|from|handedness|hand|scar|weapon|ship|boat|beard|species|gender|pronouns|"
        "kind|type|id|aliases|alias|voice|speech|death|build|skin|leg|arm|fur|coat|colour|door|roof|ring|drink|deck|lamps|gravity|airlocks|lives in|drives|partner|fear|siblings|children"
    )
    .replace("eyes eye eye colour", "eyes|eye|eye colour")
    .split("|")
) | frozenset(KIN)
_WAY = loose(
    r"^(?:from\s+)?(?P<a>.+?)\s*(?:\bto\b|→|->|–|—|<->|↔|\band\b)\s*(?P<b>[^:=]+?)\s*(?::|=|\bis\b|\btakes\b|,|–|—|\()\s*(?:about\s+)?(?P<n>[\w-]+)\s+(?P<unit>days?|hours?|minutes?|weeks?|miles?|leagues?|kilometres?|km|marks?)\b"
)
_UNIT = r"(?P<unit>days?|hours?|minutes?|weeks?|miles?|leagues?|kilometres?|km|marks?)"
_NAME = r"(?:[Tt]he [a-z]+\b(?! [A-ZÀ-Þ])|(?:the )?[A-ZÀ-Þ][\w']*(?: (?:of |the )*[A-ZÀ-Þ][\w']*)*)"
_BY = r"(?:'s?)?(?: (?:ride|walk|sail|journey|travel|march|drive|hard going))?(?: (?:by|on) \w+)?"
# Ways as sentences: "It takes two days to walk from A to B", "A is a day's ride from B", "From A to B is six hours".
_WAYS = (
    loose(
        rf"^(?:it (?:is|takes)|allow|count on)\s+(?:about\s+)?(?P<n>[\w-]+)\s+{_UNIT}\b.*?\bfrom (?P<a>{_NAME}) to (?P<b>{_NAME})"
    ),
    re.compile(
        rf"^(?P<a>{_NAME}) (?:is|lies)\s+(?:about\s+)?(?P<n>[\w-]+)\s+{_UNIT}{_BY}(?: \w+)? (?:from|of) (?P<b>{_NAME})(?: (?:by|on) \w+)?\.?$"
    ),
    loose(rf"^.*?\b(?P<n>[a-z]+|\d+)[ -]{_UNIT}\b.*? (?:from|between) (?P<a>{_NAME}) (?:to|and) (?P<b>{_NAME})"),
    re.compile(rf"^(?P<a>{_NAME}) to (?P<b>{_NAME}) (?:is|takes)(?: \w+)? (?P<n>[a-z]+|\d+)-{_UNIT}\b"),
    loose(rf"^(?P<n>[\w-]+)\s+{_UNIT}{_BY} from (?P<a>{_NAME}) to (?P<b>{_NAME})\.?$"),
)
_FROM_ONE = re.compile(rf"^From (?P<a>{_NAME}),? (?:it is|it's|it takes|allow) ")
_TO_EACH = re.compile(rf"\b(?P<n>[\w-]+?)[ -]{_UNIT}\b[^,;.]*? to (?P<b>{_NAME})")
LYING = re.compile(
    r"^(?P<name>(?:The|the|[A-ZÀ-Þ])[\w' ]{2,40}?) (?:is|stands|lies|sits)(?: (?:up|down|out))? (?P<where>(?:on|in) the [\w-]+ (?:river ?)?(?:bank|side|shore)\b[^.;]*)",
)
_ON_A_SIDE = re.compile(
    r"^On the (?P<side>[A-Za-z]+ (?:[Ss]ide|[Bb]ank|[Ss]hore))(?: of the [\w ]+?)?(?: you (?:have|find|get|see)| there (?:is|are)| (?:is|are|stands?|lies?|lie)|:|,) (?P<what>.+)$"
)
_MOMENT = loose(r"^\W*(?:ch(?:apter|\.)?|ep(?:isode|\.)?|scene)\s*\w+\s*(?:[:–—-]|is\b|was\b)*\s*")
_DAYS_IN_A_ROW = loose(rf"^{UNIT}\s*\w+ (?:is|was)\b.*\.\s+{UNIT}\s*\w+ (?:is|was)\b")
_DAY_ALONE = re.compile(rf"\b(?!\w+day\b|(?i:{UNIT})\s)[A-ZÀ-Þ][a-z]+ \d{{1,2}}\b|\b\d{{1,2}} [A-ZÀ-Þ][a-z]+\b")
_OWN_DAY = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-ZÀ-Þ][a-z]+|(?!\w+day\b)[A-ZÀ-Þ][a-z]+ \d{1,2})\b(?:,? \d{3,4})?"
)

SENTENCES = re.compile(r"(?<!\bMr)(?<!\bDr)(?<!\bSt)(?<!\bMrs)(?<=[a-z0-9)\"])\.\s+(?=[A-ZÀ-Þ\"])")
NAMED = re.compile(
    r"(The [A-ZÀ-Þ][\w']*(?: (?:of |the )*[A-ZÀ-Þ][\w']*)*|(?!The\b|It\b|No\b)[A-ZÀ-Þ][\w']+ [A-ZÀ-Þ][\w']+)\b"
)
_IT = re.compile(r"\b(?:it|them)\b")
_LEARNS_IT = re.compile(r"\b(learns?|finds? out|discovers?|knows?|is told|hears?) (?:it|this|of it|of this|about it)\b")
_ANOTHER_LEARNS = re.compile(r";\s+(?=[A-ZÀ-Þ][\w']* (?:only )?(?:learns|finds|discovers|knows|hears|is told)\b)")
_SUBJECT = re.compile(
    r"(?P<who>(?!(?:It|She|He|They|There|No|Nobody|Before|After|Until|When)\b)[A-ZÀ-Þ][\w' -]{1,40}?)(?:, [^,.]+,)? (?:is|are|was|were|has|have|stands?|lies|runs?|can|cannot|does|keeps?|belongs?)\b"
)


UNTIL_THEN = loose(
    rf"^(?P<one>there (?:is|are) (?:\w+ )?(?P<what>[a-z]+)) (?P<until>until {UNIT}\s*(?P<n>\w+))[;,] (?:none|no more|not)(?: (?:after|from then|since))?.*$"
)


def lying_in(sentence: str) -> Iterator[Plain]:
    """The places that a sentence puts on one side of a water or a town.

    >>> [one["name"] for one in lying_in("On the East Bank you have Mill Lane, a school, and the Dove Inn on the hill")]
    ['Mill Lane', 'Dove Inn']
    """
    found = _ON_A_SIDE.match(sentence)
    if found is None:
        return
    for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", found["what"]):
        name = re.sub(r"^the ", "", re.split(r"\s+(?:on|in|at|by|near|with)\s+", part.strip(" ."))[0])
        if name[:1].isupper():
            yield {"id": slug(name), "name": name, "attributes": {"side": found["side"].lower()}}


def it_named(sentence: str, name: str) -> str:
    """A sentence with what "it" means written out: "Rebels hold it shut" after one on the bridge.

    >>> it_named("Rebels hold it shut, and nobody crosses it.", "The Bridge")
    'Rebels hold the Bridge shut, and nobody crosses the Bridge.'
    """
    told = re.sub(r"^(?:It|This)\b", name, sentence)
    return _IT.sub(re.sub(r"^The\b", "the", name), told)


def is_wording(text: str) -> bool:
    """Whether a line is a rule on words or measures, and is understood as one."""
    return is_rule(text) and any(True for _ in worded(text))


def is_list(node: Node) -> bool:
    return any(item.is_bullet and len(item.text.split()) > 3 for item in node.items)


def of_lines(section: str, text: str) -> Iterator[tuple[str, Plain]]:
    """What each sentence of a line states, where several may stand in one."""
    if section not in ("travel", "deaths", "knowledge", "facts") and not _DAYS_IN_A_ROW.search(text):
        yield from of_line(section, text)
        return
    year = before = ""
    for part in (one for sentence in SENTENCES.split(text) for one in _ANOTHER_LEARNS.split(sentence)):
        sentence = written_out(part, before)
        before = sentence if has_subject(part) else before
        year = day_of(sentence)[:4] or year
        is_short = section == "timeline" and year and not day_of(sentence)
        yield from of_line(section, _DAY_ALONE.sub(rf"\g<0>, {year}", sentence) if is_short else sentence)


def written_out(sentence: str, before: str) -> str:
    """A sentence with what its pronoun means, by the one before it.

    >>> written_out("Dale learns it in chapter 9.", "Joan was born in May.")
    'Dale learns that Joan was born in May in chapter 9.'
    >>> written_out("She has two masts.", "The Goose is a cog.")
    'The Goose has two masts.'
    """
    subject = _SUBJECT.match(before)
    if before and _LEARNS_IT.search(sentence):
        what = apart(before)[0].rstrip(" .")
        return _LEARNS_IT.sub(rf"\g<1> that {what}", sentence)
    return re.sub(r"^(?:It|She|He|They)\b", subject["who"], sentence) if subject is not None else sentence


def has_subject(sentence: str) -> bool:
    """Whether pronouns of the next sentence may mean what this one is about."""
    return bool(_SUBJECT.match(sentence)) and not _LEARNS_IT.search(sentence)


def of_line(section: str, text: str) -> Iterator[tuple[str, Plain]]:
    """What one line states; the section says what to expect, and a line that plainly is something else is that."""
    text = text.strip()
    if section == "timeline":
        dated = list(_dated(text))
        yield from dated or calendar_of(text)
    elif section == "calendar":
        dated = [one for part in re.split(r"[;.]\s+", text) if position_in(part) is not None for one in _dated(part)]
        yield from dated or calendar_of(text)
    elif (known := secret_in(text)) is not None:
        yield "knowledge", known
    elif ways := list(ways_in(section, text)):
        yield from (("travel_days", one) for one in ways)
    elif section == "deaths":
        yield from _death(text)
    elif section == "words":
        yield from worded(text)
    elif section in ("facts", "knowledge"):
        yield from voiced(text) if is_voice(text) else _fact(text)
    elif section == "variables":
        yield from _variable(text)
    elif section == "scenes":
        yield "scenes", _scene(text)


def _scene(text: str) -> Plain:
    """ "quay: start, ferry", "`quay` (labels: start, ferry)", "loft (no labels)"."""
    found = re.match(r"`?(?P<name>[\w ./-]+?)`?\s*(?:$|[:(–—-]\s*(?P<labels>.*?)\)?$)", text.strip())
    name, labels = (found["name"], found["labels"] or "") if found else (text, "")
    listed = [] if re.match(r"no labels?\b", labels) else re.sub(r"^labels?\b:?", "", labels).split(",")
    return {"id": slug(name), "name": name.strip(), "labels": [one.strip("` ") for one in listed if one.strip("` ")]}


def _death(text: str) -> Iterator[tuple[str, Plain]]:
    if re.match(r"(?:nobody|no one)\b", text, re.IGNORECASE):
        return
    position, day = position_in(text), day_of(text)
    who = re.split(r"\s*(?::|–|—|\bdies\b|\bdied\b|\bis\b|\bwas\b|\(|,)", text)[0]
    found: Plain = {"id": slug(who), "who": who, "text": text}
    if position is not None:
        found["chapter"] = f"{position:g}"
    if day:
        found["date"] = day
    yield "deaths", found


def ways_in(section: str, text: str) -> Iterator[Plain]:
    """ "From Hythe it is a day to Rye and three days by cart to Battle": each; else the one that a line states."""
    if (start := _FROM_ONE.match(text)) is not None:
        for to in _TO_EACH.finditer(text, start.end()):
            if _count(to["n"]) is not None:
                yield way(start["a"], to["b"], to["n"], to["unit"], text)
    elif (one := _way_in(section, text)) is not None:
        yield one


def _way_in(section: str, text: str) -> Plain | None:
    found = _WAY.match(text)
    if found is None or (section != "travel" and number_of(found["n"].lower()) is None):
        found = next((one for pattern in _WAYS if (one := pattern.match(text))), None)
        if found is None or _count(found["n"]) is None:
            return None
    return way(found["a"].strip(), found["b"].strip(), found["n"], found["unit"], text)


def _count(word: str) -> int | None:
    return 1 if word.lower() in ("a", "an") else number_of(word.lower())


def _fact(text: str) -> Iterator[tuple[str, Plain]]:
    if (ends := UNTIL_THEN.match(text)) is not None:  # "There is one ferry until chapter 7; none from then"
        yield from _fact(f"{ends['one']} {ends['until']}")
        yield from _fact(f"There is no {ends['what']} after {ends['until'].removeprefix('until ')}")
        return
    parts = re.split(r"(?<=\)); +", text.rstrip(". "))
    if len(parts) > 1 and all(span(one) for one in parts):  # "(chapters 1 to 4); … (chapters 5 to 9)"
        for part in parts:
            yield from _fact(part)
        return
    words, _ = apart(text)
    yield "facts", {"id": slug(words)[:40], "text": text if not span(text) else f"{words.rstrip('. ')}.", **span(text)}


def _dated(text: str) -> Iterator[tuple[str, Plain]]:
    position, text = position_in(text), in_full(text)
    event = undated(_MOMENT.sub("", text)).strip(" ,:–—-.()")
    day = day_of(text)
    if not day and (own := _OWN_DAY.search(_MOMENT.sub("", text))):
        day, event = own[0], event.replace(own[0], "").strip(" ,:–—-.()")
    found: Plain = {"id": slug(event or day)[:40], "event": event}
    if position is not None:
        found["chapter"] = f"{position:g}"
    if day:
        found["date"] = day
    if weekday := weekday_in(text):
        found["weekday"] = weekday
    if position is not None or day:
        yield "timeline", found


def _variable(text: str) -> Iterator[tuple[str, Plain]]:
    _, _, rest = text.partition(":")
    found = re.match(r"`?([A-Za-z_]\w*)`?", text.strip())
    if found is None:
        return
    item: Plain = {"id": found[1], "name": found[1]}
    kind = re.search(r"\b(number|percent|boolean|string|text|true/false)\b", text, re.IGNORECASE)
    bounds = re.search(r"(-?\d+)\s*(?:-|–|to|\.\.)\s*(-?\d+)", rest or text)
    if initial := re.search(
        r"\b(?:starts?|begins?|initial(?:ly)?|default)\b(?: value)?(?: at| as| with|:| =)? *(?P<value>\"[^\"]*\"|[\w.-]+)",
        rest or text,
    ):
        item["initial"] = initial["value"]
    if listed := re.search(r"\bone of:? (?P<those>[^().;]+)", text):
        item |= {"values": [one.strip(" \"'`") for one in re.split(r",|\bor\b", listed["those"])], "type": "string"}
    if least := re.search(r"\b(?:never below|at least|not below|min(?:imum)?:?) (-?\d+)", text):
        item["min"] = least[1]
    if kind:
        item["type"] = {"true/false": "boolean", "text": "string"}.get(kind[1].lower(), kind[1].lower())
    if bounds:
        item |= {"min": bounds[1], "max": bounds[2], "type": item.get("type", "number")}
    yield "variables", item
