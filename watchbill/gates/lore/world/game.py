"""ChoiceScript against the canon: variables it does not have, values out of range or of another type, scenes and labels."""

import re
from collections.abc import Iterator, Mapping

from watchbill.gates.lore.canon import Canon, SceneFacts, Variable
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.telling.names import is_slip
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_LINE = re.compile(r"^[ \t]*\*(?P<command>\w+)[ \t]+(?P<data>[^\n]*)$", re.MULTILINE)
_ASSIGN = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*(?P<value>.*)$")
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|\b[A-Za-z_]\w*\b")
_COMPARED = re.compile(r"\b(?P<name>[A-Za-z_]\w*)\s*!?=\s*\"(?P<text>[^\"]*)\"")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")
_BUILT_IN = bag(
    "true false not and or modulo length log round param choice_randomtest choice_quicktest choice_subscene_allowed choice_just_restored implicit_control_flow"
)
_IN_TEXT = re.compile(r"[@$]!{0,2}\{\(?\s*([A-Za-z_]\w*)")


class Game:
    def __init__(self, canon: Canon) -> None:
        self._variables: Mapping[str, Variable] = {one.name: one for one in canon.variables}
        self._scenes: Mapping[str, SceneFacts] = {one.name.lower(): one for one in canon.scenes}

    def check(self, reading: Reading) -> Iterator[Mark]:
        passage = reading.passage
        if not passage.is_scene or not (self._variables or self._scenes):
            return
        lines = list(_LINE.finditer(passage.text))
        declared = {
            found["data"].split()[0].lower()
            for found in lines
            if found["command"].lower() in ("temp", "create", "temp_array", "create_array") and found["data"].split()
        }
        declared |= {
            word.lower() for found in lines if found["command"].lower() == "params" for word in found["data"].split()
        }
        declared |= reading.declared
        labels = {found["data"].strip().lower() for found in lines if found["command"].lower() == "label"}
        own = self._scenes.get(_scene_name(passage.path))
        for found in lines:
            command = found["command"].lower()
            if command in ("set", "create") and self._variables:
                yield from self._assigned(found, declared, is_new=command == "create")
            elif (
                command in ("if", "elseif", "elsif", "selectable_if", "rand", "input_text", "input_number")
                and self._variables
            ):
                yield from self._used(found, declared)
            elif command in ("goto_scene", "gosub_scene") and self._scenes:
                yield from self._gone_to(found)
            elif command in ("goto", "gosub") and own is not None and own.labels:
                yield from _labelled(found, labels, own)
        if self._variables:
            for found in _IN_TEXT.finditer(passage.text):
                yield from self._unknown(found[1], found.start(1), declared, only_slips=True)

    def _assigned(self, found: re.Match[str], declared: set[str], *, is_new: bool) -> Iterator[Mark]:
        parts = _ASSIGN.match(found["data"])
        if parts is None:
            return
        name, value = parts["name"].lower(), parts["value"].strip()
        variable = self._variables.get(name)
        if variable is None:
            if not is_new:
                yield from self._unknown(parts["name"], found.start("data") + parts.start("name"), declared)
            return
        if (wrong := _wrong(variable, value) or (_begun_otherwise(variable, value) if is_new else None)) is not None:
            yield Mark.at(
                found.start("command") - 1,
                found.end("data"),
                "variable",
                variable.id,
                f"{variable.words} ({wrong})",
                0.9,
            )

    def _used(self, found: re.Match[str], declared: set[str]) -> Iterator[Mark]:
        data = found["data"].split("#")[0]
        for compared in _COMPARED.finditer(data):
            variable = self._variables.get(compared["name"].lower())
            if variable is not None and variable.choices and compared["text"].lower() not in variable.choices:
                yield Mark.at(
                    found.start("data") + compared.start(),
                    found.start("data") + compared.end(),
                    "variable",
                    variable.id,
                    variable.words,
                    0.85,
                )
        for word in _WORD.finditer(data):
            if word[0][0] not in "\"'":
                yield from self._unknown(word[0], found.start("data") + word.start(), declared)

    def _unknown(self, name: str, start: int, declared: set[str], *, only_slips: bool = False) -> Iterator[Mark]:
        low = name.lower()
        if low in self._variables or low in declared or low in _BUILT_IN or low.startswith("choice_"):
            return
        near = next((one for known, one in self._variables.items() if is_slip(low, known)), None)
        if near is not None:
            yield Mark.at(start, start + len(name), "variable", near.id, near.words, 0.9)
        elif not only_slips:
            yield Mark.at(
                start,
                start + len(name),
                "variable",
                "variables",
                f"variables: {', '.join(sorted(self._variables)[:20])}",
                0.7,
            )

    def _gone_to(self, found: re.Match[str]) -> Iterator[Mark]:
        words = found["data"].split()
        if not words or not re.fullmatch(r"[\w./-]+", words[0]):
            return
        scene = self._scenes.get(words[0].lower())
        start, end = found.start("command") - 1, found.end("data")
        if scene is None:
            near = next(
                (
                    one
                    for known, one in self._scenes.items()
                    if is_slip(words[0].lower(), known) or words[0].lower().rstrip("s") == known.rstrip("s")
                ),
                None,
            )
            yield Mark.at(
                start,
                end,
                "scene",
                near.id if near else "scenes",
                near.words if near else f"scenes: {', '.join(sorted(self._scenes))}",
                0.85,
            )
        elif (
            len(words) > 1 and scene.labels and words[1].lower() not in scene.labels and re.fullmatch(r"\w+", words[1])
        ):
            yield Mark.at(start, end, "scene", scene.id, scene.words, 0.85)


def _labelled(found: re.Match[str], labels: set[str], own: SceneFacts) -> Iterator[Mark]:
    label = found["data"].strip().lower()
    if re.fullmatch(r"\w+", label) and label not in labels and label not in own.labels:
        yield Mark.at(found.start("command") - 1, found.end("data"), "scene", own.id, own.words, 0.8)


def _scene_name(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".txt").lower()


def _begun_otherwise(variable: Variable, value: str) -> str | None:
    """What a *create line breaks whose value is written out and is not the canon's."""
    plain, initial = (one.strip().strip("\"'").lower() for one in (value, variable.initial))
    numbers = _NUMBER.match(plain) and _NUMBER.match(initial)
    is_same = float(plain) == float(initial) if numbers else plain == initial
    is_plain = bool(numbers) or plain in ("true", "false") or value.strip()[:1] in "\"'"
    return f"begins as {variable.initial}" if initial and is_plain and not is_same else None


def _wrong(variable: Variable, value: str) -> str | None:
    """What a value that is written out breaks; None for expressions, which only a run knows."""
    plain = value.strip()
    is_text = plain[:1] in "\"'" and len(plain) > 1
    is_number = bool(_NUMBER.match(plain))
    is_truth = plain.lower() in ("true", "false")
    is_change = plain[:1] in ("+", "-", "*", "/", "%")
    kind = variable.type
    if kind in ("number", "integer", "int", "percent", "percentage", "stat", "fairmath") and (is_text or is_truth):
        return "is a number"
    if kind in ("boolean", "bool", "flag") and (
        (is_text and plain.strip("\"'").lower() not in ("true", "false")) or is_number or is_change
    ):
        return "is true or false"
    if kind in ("string", "text", "str") and (is_number or is_truth or (is_change and not plain.startswith("&"))):
        return "is a text"
    if variable.choices and is_text and "{" not in plain and plain.strip("\"'").lower() not in variable.choices:
        return f"is one of {', '.join(variable.choices)}"
    if is_number and not is_change:
        number = float(plain)
        if variable.high is not None and number > variable.high:
            return f"is at most {variable.high:g}"
        if variable.low is not None and number < variable.low:
            return f"is at least {variable.low:g}"
    if (
        is_change
        and (amount := re.fullmatch(r"[+-]\s*(\d+(?:\.\d+)?)", plain))
        and variable.high is not None
        and variable.low is not None
        and float(amount[1]) > variable.high - variable.low
    ):
        return f"changes by more than its range of {variable.high - variable.low:g}"
    return None
