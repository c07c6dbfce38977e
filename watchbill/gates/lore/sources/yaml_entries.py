"""Entries of the YAML form: people, places and things with their names, attributes and relations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from watchbill.gates.lore import canon as values
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import british
from watchbill.gates.lore.positions import Span, apart, spans
from watchbill.gates.lore.sources.yaml_fields import id_of, span_of, text_of
from watchbill.gates.lore.sources.yaml_files import Plain, as_list

_ONLY = either(r"only|alone|used by|said by")
_WHO = loose(
    r"^\W*(?:only\s+)?(?:(?:used|said|spoken)\s+)?(?:only\s+)?(?:by\s+)?(?P<who>.+?)(?:\s+(?:only|alone))?(?:\s+(?:calls?|says?|uses?) \w+(?: that| so)?)?\W*$"
)
PAREN = re.compile(r"\s*\(([^()]*)\)\s*$")


_KNOWN = bag("id name aliases alias kind type attributes relations relationships notes note description text")


def entry_of(item: Mapping[str, Plain], *, is_place: bool) -> values.Entry:
    name = text_of(item.get("name") or item.get("id") or item.get("text"))
    attributes = item.get("attributes")
    stated = (
        dict(attributes)
        if isinstance(attributes, Mapping)
        else {f"trait {place}": one for place, one in enumerate(as_list(attributes))}
    )
    stated = whole(stated)
    stated |= {key: value for key, value in item.items() if key not in _KNOWN}
    kind = text_of(item.get("kind") or item.get("type")).lower()
    return values.Entry(
        id=id_of(item, "name", "text"),
        name=name,
        kind=kind,
        aliases=tuple(
            alias_of(text_of(one)) for key in ("aliases", "alias") for one in as_list(item.get(key)) if text_of(one)
        ),
        attributes=tuple(_attribute(key, value) for key, value in stated.items() if value is not None),
        relations=tuple(_relations(item.get("relations") or item.get("relationships"))),
        notes=tuple(
            text_of(one) for key in ("notes", "note", "description") for one in as_list(item.get(key)) if text_of(one)
        ),
        is_place=is_place or kind in ("place", "location", "city", "town", "village", "region"),
    )


def whole(stated: Mapping[str, Plain]) -> dict[str, Plain]:
    """Values that a comma cut in a mapping on one line: what follows it has become a key with nothing behind it.

    >>> whole({"legs": "three", "the left one is missing": None, "eyes": "brown"})
    {'legs': 'three, the left one is missing', 'eyes': 'brown'}
    """
    found: dict[str, Plain] = {}
    for key, value in stated.items():
        if value is None and found and " " in key.strip():
            last = next(reversed(found))
            found[last] = f"{text_of(found[last])}, {key}"
        else:
            found[key] = value
    return found


def alias_of(text: str) -> values.Alias:
    """ "Nessa (used by Tomas only)": the name, and who alone says it."""
    found = PAREN.search(text)
    if found is None:
        return values.Alias(text=text.strip("\"'“”"))
    inside = found[1].rpartition(", ")[2]  # "his birth name, used by Niall only"
    who = _WHO.match(inside) if _ONLY.search(inside) else None
    return values.Alias(text=text[: found.start()].strip("\"'“” "), only_by=who["who"] if who else "")


def key_of(key: str) -> str:
    """An attribute's key as words: lower case, British, without underscores.

    >>> key_of("Eye_Color")
    'eye colour'
    """
    return " ".join(british(word) for word in re.sub(r"[_\-\s]+", " ", key).strip().lower().split())


def _attribute(key: str, value: Plain) -> values.Attribute:
    words = text_of(value)
    if isinstance(value, Mapping) and "value" in value:
        span = span_of(value)
        stated = [
            values.Value(text=text, span=span if found.is_open else found)
            for text, found in spans(text_of(value["value"]))
        ]
        words = text_of(value["value"])
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        stated = [
            values.Value(
                text=text_of(one.get("value")) if isinstance(one, Mapping) else text_of(one),
                span=span_of(one) if isinstance(one, Mapping) else Span(),
            )
            for one in value
        ]
        words = "; ".join(text_of(one) for one in value)
    else:
        stated = [values.Value(text=text, span=span) for text, span in spans(words, keep_bare=True)]
    key_words = key_of(key)
    stated = [one if one.text else replace(one, text=key_words) for one in stated]  # "open: until chapter 6"
    return values.Attribute(key=key_words, values=tuple(stated), words=f"{key}: {words}")


def _relations(value: Plain) -> Iterator[values.Relation]:
    if isinstance(value, list):
        for one in value:
            if isinstance(one, Mapping) and (one.get("to") or one.get("who") or one.get("with") or one.get("name")):
                word = text_of(one.get("kind") or one.get("type") or one.get("relation") or one.get("word"))
                other = text_of(one.get("to") or one.get("who") or one.get("with") or one.get("name"))
                yield values.Relation(
                    word=key_of(word),
                    other=other,
                    words=f"{word}: {other}",
                    span=span_of({k: v for k, v in one.items() if k != "to"}),
                )
            elif isinstance(one, Mapping):
                yield from _relations(one)
        return
    if not isinstance(value, Mapping):
        return
    for key, others in value.items():
        for other in as_list(others):
            parts = [part.strip() for part in re.split(r",|;|\band\b", text_of(other))]
            is_named = parts[0][:1].isupper()
            for text in parts:
                name, span = apart(text)
                if name and (name[:1].isupper() or not is_named):  # "Mikael, customs officer at Dole"
                    yield values.Relation(
                        word=key_of(key), other=PAREN.sub("", name), words=f"{key}: {text}", span=span
                    )
