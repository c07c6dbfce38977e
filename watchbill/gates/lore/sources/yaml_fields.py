"""Fields of the YAML form: texts, numbers, spans and ids out of whatever their author wrote."""

import re
from collections.abc import Mapping

from watchbill.gates.lore import canon as values
from watchbill.gates.lore.english.bags import row
from watchbill.gates.lore.positions import Span
from watchbill.gates.lore.sources.yaml_files import Plain, as_list


def items_of(value: Plain) -> list[dict[str, Plain]]:
    """A list of mappings, also where it is written as a mapping by id, or as bare texts."""
    if isinstance(value, Mapping):
        if {"name", "words", "use", "never", "who"} & value.keys():
            return [dict(value)]
        value = [
            {"id": key, **one} if isinstance(one, Mapping) else {"id": key, "text": text_of(one)}
            for key, one in value.items()
        ]
    return [
        dict(one) if isinstance(one, Mapping) else {"text": text_of(one)}
        for one in as_list(value)
        if one not in (None, "")
    ]


def text_of(value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {text_of(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(text_of(one) for one in value)
    return str(value).strip()


def number_in(value: Plain) -> float | None:
    found = re.search(r"-?\d+(?:\.\d+)?", text_of(value).replace(",", "").replace("_", ""))
    return float(found[0]) if found else None


def place_of(item: Mapping[str, Plain]) -> float | None:
    for key in row("chapter episode scene position from at learned_in learns_in since part act"):
        if (found := number_in(item.get(key))) is not None:
            return found
    return None


def slug(name: str) -> str:
    """An id made of a name.

    >>> slug("The Long Quay"), slug("Ines Corvo")
    ('long_quay', 'ines_corvo')
    """
    return values.bare(name).replace(" ", "_").replace("'", "").replace("-", "_")


def id_of(item: Mapping[str, Plain], *names: str) -> str:
    said = text_of(item.get("id"))
    return said or next((slug(text_of(item.get(name))) for name in names if item.get(name)), "")


def span_of(item: Mapping[str, Plain]) -> Span:
    first = next(
        (
            found
            for key in ("valid_from", "from", "since", "from_chapter", "from_episode", "from_scene")
            if (found := number_in(item.get(key))) is not None
        ),
        None,
    )
    last = next(
        (
            found
            for key in ("valid_to", "to", "until", "to_chapter", "until_chapter", "until_episode", "until_scene")
            if (found := number_in(item.get(key))) is not None
        ),
        None,
    )
    return Span(first, last)
