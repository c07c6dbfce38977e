"""What stands under a name in Markdown: attributes, other names, relations, a death, a way of speaking."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.english.language import NUMBERS
from watchbill.gates.lore.english.lexicon import STATES, meanings
from watchbill.gates.lore.english.people import KIN
from watchbill.gates.lore.persons.manners import is_manner
from watchbill.gates.lore.positions import apart, position_in
from watchbill.gates.lore.sources import markdown_rules as rules
from watchbill.gates.lore.sources.drafts import Doubt, Draft, Plain
from watchbill.gates.lore.sources.markdown_dates import day_of, in_full, span, way
from watchbill.gates.lore.sources.markdown_lines import LISTS, is_understood, of_kin, parts_of
from watchbill.gates.lore.sources.markdown_secrets import secret_in
from watchbill.gates.lore.sources.markdown_words import is_voice, worded
from watchbill.gates.lore.sources.outline import Item, Node
from watchbill.gates.lore.sources.yaml_entries import alias_of, key_of
from watchbill.gates.lore.sources.yaml_fields import slug

KEYED = re.compile(r"^(?P<key>[A-Za-z][\w'/() -]{0,40}?)\s*(?::|\s[–—]|\s-\s|\s=\s)\s*(?P<value>\S.*)$")
# Keys that say nothing of what stands behind them: it is sentences.
DESCRIPTIVE = re.compile(
    r"^(?:notes?|descriptions?|appearance|background|personality|bio|looks?|remarks?|remember|details?|about|family|other|marks?|features|traits?|facts|history|also|in short|key points)$|\b(?:look|looks) like\b|^what (?:it|they|he|she)(?:'s|'re| is| are| looks?)\b|^what (?:is|to know|we know|is known|is said|must be)\b|^(?:what|who)$|^(?:to|things to) remember$"
)
_ALIASES = loose(
    r"^(?:aliases|alias|also known as|also called|aka|a\.k\.a\.|known as|nicknames?|other names?|called)\s*:?\s+(?P<names>(?!.*\bby\b.*\b(?:nobody|no one|only|alone)\b).*)$"
)
_DEATH = either(
    r"died|dies|dead (?:by|from|since|after)|is killed|was killed|killed|murdered|drowned|perish\w*|executed|is murdered|falls|death"
)
_WHO = r"(?!(?:He|She|They|It)\b)(?:the |The )?[A-ZÀ-Þ][\w.-]*(?: [A-ZÀ-Þ][\w.-]*)*"
_NAME = r"[\"']?(?P<name>[A-ZÀ-Þ][^\"'.,;()]*?)[\"']?"
# A name that one person alone uses, in the orders in which people say so.
_CALLS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?P<who>{_WHO})\s*\((?:and )?only [^)]*\)\s*calls? (?:him|her|them|it) {_NAME}$",
        rf"^(?:[Oo]nly|[Nn]obody but|[Nn]o one but) (?P<who>{_WHO}) (?:calls?|may call) (?:him|her|them|it) {_NAME}$",
        rf"^(?P<who>{_WHO}) (?:alone|only) calls (?:him|her|them|it) {_NAME}$",
        rf"^(?:[Ii]s |[Aa]lso )?(?:[Cc]alled|[Kk]nown as) {_NAME} (?:only )?by (?P<who>{_WHO})(?:,? (?:and|but) (?:by )?(?:nobody|no one)(?: else)?| only| alone)?$",
        rf"^(?P<who>{_WHO}) calls? (?:him|her|them|it) {_NAME}(?:[,;]? (?:and )?(?:nobody|no one) else (?:does|may|dares?))$",
        rf"^{_NAME} (?:is |are )?(?:only )?(?:used|said) (?:only )?by (?P<who>{_WHO})(?:,? only| alone)?$",
        rf"^{_NAME},? (?:but )?(?:only )?to (?P<who>{_WHO})(?: only| alone|,? (?:and|but) (?:to )?(?:nobody|no one)(?: else)?)$",
    )
)
_AT = loose(r"^(?:in |by )?(?:chapter|ch\.|episode|ep\.|scene|part|act)\s*\w+\s*[:,–—-]")
# Ages and births within sentences: "She is nineteen, with red hair", "He was born on 3 March 1875".
_BEGUN = (
    ("born", re.compile(r"\b(?:[Bb]orn|b\.) (?:on |in )?(?:the )?((?:\w+ ){0,3}\d{3,4})\b")),
    (
        "age",
        re.compile(
            rf"^(?:[Hh]e|[Ss]he|[A-ZÀ-Þ]\w+)(?: [A-ZÀ-Þ]\w+)? is ((?:{'|'.join(NUMBERS)})(?:-\w+)?|\d{{1,3}})(?=,| and\b| with\b| years\b|$)"
        ),
    ),
)
_KEYS_ON = re.compile(r"(?<=[a-z0-9)])\.\s+(?=[A-ZÀ-Þ][a-z]+(?: [a-z]+)?: [^\s])")
_SPECIES = frozenset(("species", "animal", "race", "breed"))
_ALSO = frozenset(("alias", "aliases", "also known as", "also called", "aka", "nickname", "nicknames", "known as"))
_NAMES = frozenset(("name", "real name", "true name", "full name", "birth name"))
_BARE_NAME = re.compile(r"^(?:real|true|full|birth) name(?: is)? (?P<name>[A-ZÀ-Þ][\w'-]*(?: [A-ZÀ-Þ][\w'-]*)*)$")
_HIDDEN_NAME = loose(
    r"^(?:his|her|their|the)?\s*(?:real|true) name (?:nobody|no one) knows (?:until|before) .*\((?:it is|it's|it is really) (?P<name>[A-ZÀ-Þ][^)]*)\)$"
)
_VOICE_KEYS = frozenset(
    ("voice", "speech", "dialogue", "speaking style", "voice rule", "speech pattern", "way of speaking")
)
_WAY_HERE = loose(
    r"^(?P<n>[\w-]+)\s+(?P<unit>days?|hours?|miles?|leagues?|kilometres?|km)\b(?:'s?)?\s*(?:ride|walk|sail|journey|travel|march|drive|by \w+)?\s*from\s+(?P<to>[\w' ]+?)\.?$"
)


def is_described(title: str) -> bool:
    """Whether a heading is of what somebody is like, and no name: "Appearance"."""
    key = key_of(title)
    return bool(DESCRIPTIVE.search(key)) or key in rules.ATTRIBUTE_KEYS or key in _VOICE_KEYS


def is_house(node: Node) -> bool:
    """ "The Lindens", a sentence, and a heading for each of the family: people of their own, no chapters about one."""
    named = [child.title for child in node.children]
    is_told = any(item.is_bullet or item.cells or item.lead for item in node.items)
    return (
        len(named) > 1
        and not is_told
        and all(title[:1].isupper() and not is_described(title) for title in named)
        and sum(len(_NAME_WORD.findall(title)) > 1 for title in named) * 2 > len(named)
    )


_NAME_WORD = re.compile(r"\b[A-ZÀ-Þ][\w'-]+")


@dataclass(slots=True)
class EntityReader:
    """Reads the lines under one name."""

    entry: Plain
    made: Draft
    is_place: bool

    def line(self, item: Item) -> None:
        text, *others = _KEYS_ON.split(item.text.strip())
        for other in others:  # "Wife: Ines. Children: Tom and Ada"
            self.line(replace(item, text=other))
        if (told := _called(text)) is not None:
            self._only(*told)
            return
        if _AT.match(text) and (secret := secret_in(text, str(self.entry["name"]))) is not None:
            self.made.add("knowledge", secret)
            return
        if aliased := _ALIASES.match(text):
            self._aliases(aliased["names"])
            return
        keyed = KEYED.match(text)
        if (
            keyed is not None
            and (item.is_bullet or item.lead or len(keyed["key"].split()) <= 3)
            and not text.lower().startswith(("she ", "he ", "it ", "they "))
            and ". " not in keyed["key"]
        ):
            parts = (
                LISTS.split(keyed["value"])
                if key_of(keyed["key"]) not in _ALSO | (rules.ATTRIBUTE_KEYS if item.is_bullet else frozenset())
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
        self._sentences(text, item)

    def _sentences(self, text: str, item: Item) -> None:
        for sentence in rules.SENTENCES.split(text):  # "There is one ferry until chapter 7; none from then"
            if rules.UNTIL_THEN.match(sentence):
                for _, fact in rules.of_line("facts", sentence):
                    self.made.add("facts", fact)
                text = text.replace(sentence, "").strip(" .")
        for part in parts_of(text, str(self.entry["name"])):
            self._sentence(part, item)

    def keyed(self, key: str, value: str, item: Item) -> None:
        name = key_of(key)
        value = value.strip().rstrip(".")
        if name == "id":
            self.entry["id"] = value
        elif name in _ALSO:
            self._aliases(value)
        elif name in _NAMES:
            self._known_as(value, item)
        elif name in ("kind", "type", "class"):
            self.entry["kind"] = value.lower()
        elif name in ("death", "dies", "died", "killed"):
            self._death(value if _DEATH.search(value) else f"dies in {value}", item)
        elif name in _VOICE_KEYS:
            self._voice(value, item)
        elif name in KIN:
            self._kin(name, value, item)
        elif kin := of_kin(name, value, str(self.entry["name"])):
            self._sentences(kin, item)
        elif DESCRIPTIVE.search(name):
            self._sentences(value, item)
        else:
            self.entry["attributes"]["species" if name in _SPECIES else name] = value

    def _kin(self, name: str, value: str, item: Item) -> None:
        """ "Wife: none", "Father: Bram. Mother: Dunya, who died young"."""
        whose, *rest = LISTS.split(value)
        self.entry["attributes" if _NONE.match(whose) else "relations"][name] = "none" if _NONE.match(whose) else whose
        for part in rest:
            self._sentence(part, item)

    def _known_as(self, value: str, item: Item) -> None:
        """ "Edric, lord of the fens": a name, and what else is said of its bearer."""
        name, _, rest = re.sub(r"\s*\([^)]*\)", "", value).partition(",")
        self.entry["aliases"].append(name.strip(" \"'"))
        if rest.strip():
            self._sentences(rest.strip(), item)

    def _sentence(self, text: str, item: Item) -> None:
        text = text.strip().rstrip(".")
        if not text:
            return
        if (hidden := _HIDDEN_NAME.match(text)) is not None:
            self.entry["aliases"].append(hidden["name"])
            what = f"that {self.entry['name']}'s real name is {hidden['name']}"
            chapter = f"{position_in(text) or 0:g}"
            self.made.add("knowledge", {"id": f"{self.entry['id']}_name", "who": "", "what": what, "chapter": chapter})
            return
        if (bare := _BARE_NAME.match(text)) is not None:
            self._known_as(bare["name"], item)
            return
        keyed = KEYED.match(text)
        if (keyed is not None and len(keyed["key"].split()) <= 2 and keyed["key"][:1].isupper()) or (
            keyed is not None and key_of(keyed["key"]) in rules.ATTRIBUTE_KEYS
        ):
            self.keyed(keyed["key"], keyed["value"], item)
        elif (
            _DEATH.search(text)
            and position_in(text) is not None
            and not re.match(r"(?:killed|murdered) (?:the|a|[A-ZÀ-Þ])", text)
        ):
            self._died(text, item)
        elif is_voice(text):
            self._voice(text, item)
        elif not self._ruled(text):
            self._noted(text, item)

    def _ruled(self, text: str) -> bool:
        """Whether a sentence is a name for one speaker, a secret, a way, or a state, and then told as one."""
        if (told := _called(text)) is not None:
            self._only(*told)
        elif (secret := secret_in(text, str(self.entry["name"]))) is not None:
            self.made.add("knowledge", secret)
        elif self.entry["kind"] != "person" and (lying := list(rules.lying_in(text))):
            for one in lying:
                self.made.add("places", one)
        elif stated := [*self._ways(text), *(worded(text) if _SPELLED.search(text) else ())]:
            for key, one in stated:
                self.made.add(key, one)
        elif ((state := _state(text)) is not None and self.is_place) or (
            state is not None and position_in(text) is not None
        ):
            words, _ = apart(text)
            self.made.add(
                "facts",
                {
                    "id": self.entry["id"],
                    "about": self.entry["id"],
                    "text": f"{self.entry['name']} is {words[:1].lower()}{words[1:]}.",
                    **span(text),
                },
            )
        else:
            return False
        return True

    def _ways(self, text: str) -> Iterator[tuple[str, Plain]]:
        """ "Two days from Rye", "From Hythe it is a day to Rye": from here, or from where it says."""
        if (here := _WAY_HERE.match(text)) is not None:
            yield "travel_days", way(self.entry["id"], here["to"], here["n"], here["unit"], text)
        else:
            yield from (("travel_days", one) for one in rules.ways_in("", text))

    def _noted(self, text: str, item: Item) -> None:
        for key, pattern in _BEGUN:
            if (found := pattern.search(text)) is not None:
                self.entry["attributes"].setdefault(key, in_full(found[1]))
        own = {word.strip(".,'") for word in str(self.entry["name"]).lower().split()} - {"the", "a", "an", "of"}
        of_another = _OF_ANOTHER.match(text) if span(text) else None
        is_of_another = of_another is not None and not own & set(of_another[1].lower().split())
        if not is_of_another:
            self.entry["notes"].append(text)
        bare, lacking = apart(text)[0], _LACKING.match(apart(text)[0])
        if lacking is not None and (self.is_place or (lacking["there"] and self.entry["kind"] != "person")):
            for what in (one for one in re.split(r",\s*no\s+", lacking["what"]) if lacking["there"] or one != "water"):
                told = f"There {'are' if what.endswith('s') else 'is'} no {what} in {self.entry['name']}."
                self.made.add("facts", {"id": self.entry["id"], "text": told, **span(text)})
        elif _ALONE.match(bare) or is_of_another:
            whole = re.sub(r"^[Ii]ts\b", f"{self.entry['name']}'s", re.sub(r"\s*\([^)]*\)$", "", text))
            self.made.add("facts", next(fact for _, fact in rules.of_line("facts", f"{whole}.")))
        elif not is_understood(text, str(self.entry["name"]), str(self.entry["kind"])):
            self.made.doubts.append(Doubt(item.line, text, "kept as a note of which nothing is checked"))

    def _aliases(self, text: str) -> None:
        for part in re.split(r"[,;](?![^(]*\))", text):
            name = part.strip().rstrip(".").strip()
            if (told := _called(name)) is not None:
                self._only(*told)
                continue
            alias = alias_of(name)
            bare = re.sub(r"\s*\([^)]*\)", "", name).strip("\"' ")
            if alias.only_by:
                self._only(bare, alias.only_by)
            elif bare:
                self.entry["aliases"].append(bare)

    def _only(self, name: str, who: str) -> None:
        self.entry["aliases"].append(f"{name.strip(chr(34) + ' ')} (used by {re.sub('^only ', '', who.strip())} only)")

    def _died(self, text: str, item: Item) -> None:
        """A sentence of a death: the entry's own, or of whoever it names before the verb: "Her mother, Ottoline, died in episode 3"."""
        before = text[: _DEATH.search(text).start()]  # type: ignore[union-attr]
        own = {word.strip(".,") for word in str(self.entry["name"]).split()}
        named = [
            name.strip()
            for name in re.findall(r"[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)*", before)
            if name.split()[0] not in ("He", "She", "They", "It", "Her", "His", "Their", "The", "A")
        ]
        if not named or set(named[-1].split()) & own:
            if not re.match(r"(?:his|her|their|its|the|a) ", text, re.IGNORECASE):
                self._death(text, item)
            return
        position, day = position_in(text), day_of(text)
        dead: Plain = {"id": slug(named[-1]), "who": named[-1], "text": text}
        self.made.add(
            "deaths",
            {
                **dead,
                **({"chapter": f"{position:g}"} if position is not None else {}),
                **({"date": day} if day else {}),
            },
        )

    def _death(self, text: str, item: Item) -> None:
        position = position_in(text)
        found: Plain = {"id": self.entry["id"], "who": self.entry["id"], "text": text}
        if position is not None:
            found["chapter"] = f"{position:g}"
        if day := day_of(text):
            found["date"] = day
        if position is None and not day and re.fullmatch(r"dies in \d+.*", text):
            found["chapter"] = re.findall(r"\d+", text)[0]
        if "chapter" not in found and "date" not in found:
            self.made.doubt(item, "a death whose chapter or date is not told")
        self.made.add("deaths", found)

    def _voice(self, text: str, item: Item) -> None:
        self.made.add("voice_rules", {"id": self.entry["id"], "who": self.entry["id"], "rule": text})
        if not (is_voice(text) or is_manner(text)):
            self.made.doubt(item, "a way of speaking that only a reader, or a provider as judge, can check")


def _called(text: str) -> tuple[str, str] | None:
    """A name, and who alone uses it."""
    found = next((one for pattern in _CALLS if (one := pattern.match(text.strip().rstrip(".")))), None)
    return (found["name"], found["who"]) if found else None


_NONE = loose(r"none\b")
_OF_ANOTHER = re.compile(
    r"((?:[Tt]he|[Ii]ts|Room|(?!He\b|She\b|It\b|They\b|His\b|Her\b)[A-ZÀ-Þ]\w+)(?: [\w']+){0,3}) (?:is|are|was|were|has|have|stands?|lies?|burn(?:s|ed|t) down|falls?|fell|collapse[sd]|opens?|closes?)\b"
)
# What a place has none of. Water may be brought; of most else somebody would say so.
_LACKING = loose(r"^(?:[a-z]+ only, |(?P<there>there (?:is|are) ))?no (?P<what>[a-z]+(?: [a-z]+)?(?:, no [a-z]+)*)\.?$")
_ALONE = loose(r"(?:no one|nobody|nothing|there (?:is|are)|everyone|everybody) \w+ \w+")


_SPELLED = loose(r"\bspel(?:t|led)\b")
_ON_DAYS = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|\b(?:at|by) night\b|\bin (?:winter|summer)\b")


def _state(text: str) -> str | None:
    """The first word, where it is a state: "Frozen in episodes 6-8"."""
    first = text.split(maxsplit=1)[0].lower().strip(",")
    if _ON_DAYS.search(text):
        return None
    return (
        first
        if any(meanings(first, kind) for kind in STATES)
        and first not in ("out", "up", "down", "dark", "silent", "gone")
        else None
    )
