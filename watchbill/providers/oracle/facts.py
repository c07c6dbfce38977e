"""Facts: what the parts of a failure say, field by field, whichever vendor's form they have."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from watchbill.providers.oracle import bodies, codes, words

_CODE_FIELDS = frozenset(
    [
        "type",
        "code",
        "errorcode",
        "apierrorcode",
        "reason",
        "name",
        "errortype",
        "error",
        "subtype",
        "category",
        "kind",
        "codexerrorinfo",
        "exception",
        "limitsource",
        "errorcategory",
        "apierror",
        "terminalreason",
        "errorname",
        "statusmessage",
    ]
)
_STATUS_FIELDS = frozenset(
    ["status", "code", "statuscode", "httpstatus", "httpstatuscode", "apierrorstatus", "errorstatus", "errorcode"]
)
_TEXT_FIELDS = frozenset(
    [
        "message",
        "msg",
        "detail",
        "details",
        "error",
        "errordescription",
        "result",
        "raw",
        "text",
        "description",
        "title",
        "errors",
        "statusmessage",
        "cause",
        "errormessage",
        "content",
        "stderr",
        "output",
        "reason",
        "note",
    ]
)
_LOWEST, _HIGHEST = 400, 599
_THREE_DIGITS = re.compile(r"[0-9]{3}")
_STATUS_IN_TEXT = re.compile(
    r"(?:status(?: code)?|http(?:/\d(?:\.\d)?)?|error(?: code)?|api error|execution failed|code|server responded)"
    r"['\":=\s(]{1,4}(?P<one>[45]\d\d)\b|^\W*(?P<two>[45]\d\d)(?=[\s:]+[\"{'A-Za-z])|\((?P<three>[45]\d\d)\)|exception[:,] (?P<four>[45]\d\d)\b",
    re.IGNORECASE | re.MULTILINE,
)
_CODE_IN_TEXT = re.compile(
    r"(?<![\w/.])[A-Za-z]+(?:_[a-z0-9]+)+\b|\b[A-Z]+(?:_[A-Z]+)+\b|\b(?:[A-Z][a-z]+){1,6}(?:Error|Exception|Exceeded)\b|\bE[A-Z]{4,}\b|\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of one failure."""

    status: int | None
    codes: tuple[
        str, ...
    ]  # most exact first: the deepest, a type behind its code; those that only stand in sentences last
    text: str  # all sentences, in one line
    fields: Mapping[str, object]  # by name as of bodies.key_of; of the same name, the deepest
    parts: tuple[object, ...]
    headers: Mapping[str, str]

    def field(self, *names: str) -> str:
        return next((str(self.fields[name]) for name in names if self.fields.get(name)), "")


def facts_of(parts: Sequence[object], *, status: int | None, headers: Mapping[str, str]) -> Facts:
    found = sorted(bodies.leaves(list(parts)), key=lambda leaf: (-leaf[2], leaf[0] == "type"))
    text = words.plain(" ".join(_sentences(parts, found)))
    typed = [*_typed(found), *_tagged(parts), *(_headed(headers))]
    fields: dict[str, object] = {}
    for name, value, _ in found:
        fields.setdefault(name, value)
    return Facts(
        status=status if status is not None and status >= _LOWEST else _status(found, text),
        codes=tuple(dict.fromkeys([*typed, *_in_text(text)])),
        text=text,
        fields=fields,
        parts=tuple(parts),
        headers={**headers, **_nested_headers(parts)},
    )


def _sentences(parts: Sequence[object], found: Sequence[tuple[str, object, int]]) -> Iterator[str]:
    said = [part for part in parts if isinstance(part, str)]
    said += [value for name, value, _ in found if (name in _TEXT_FIELDS or not name) and isinstance(value, str)]
    yield from dict.fromkeys(said)


def _typed(found: Sequence[tuple[str, object, int]]) -> Iterator[str]:
    for name, value, _ in found:
        if name in _CODE_FIELDS and isinstance(value, str) and len(value.split()) == 1:
            yield bodies.snake(value)
        elif name in ("code", "errorcode") and isinstance(value, int):
            yield str(value)
        elif name == "status" and isinstance(value, str) and value.isupper():
            yield bodies.snake(value)  # google.rpc.Status


def _tagged(parts: Sequence[object]) -> Iterator[str]:
    """Codes that are a field's name: codexErrorInfo: {responseStreamDisconnected: {…}}, Bedrock's throttlingException: {…}."""
    for mapping in bodies.mappings(list(parts)):
        info = mapping.get("codexErrorInfo") or mapping.get("codex_error_info")
        if isinstance(info, Mapping):
            yield from (bodies.snake(str(name)) for name in info)
        yield from (bodies.snake(str(name)) for name in mapping if str(name).endswith("Exception"))
        if isinstance(mapping.get("__type"), str):
            yield bodies.snake(mapping["__type"])


def _headed(headers: Mapping[str, str]) -> Iterator[str]:
    for name in ("x-amzn-errortype", "x-ms-error-code", "x-error-code", "x-codex-error-code"):
        if headers.get(name):
            yield bodies.snake(headers[name])


def _in_text(text: str) -> Iterator[str]:
    for match in _CODE_IN_TEXT.finditer(text):
        code = bodies.snake(match[0])
        if code in codes.EXACT or code in codes.VAGUE or code in codes.TRANSPORT:
            yield code


def _status(found: Sequence[tuple[str, object, int]], text: str) -> int | None:
    for name, value, _ in found:
        if name in _STATUS_FIELDS and _THREE_DIGITS.fullmatch(str(value)) and _LOWEST <= int(str(value)) <= _HIGHEST:
            return int(str(value))
    match = _STATUS_IN_TEXT.search(text)
    return int(next(group for group in match.groups() if group)) if match else None


def _nested_headers(parts: Sequence[object]) -> dict[str, str]:
    """Headers that a body quotes, as OpenRouter, Codex and agents' error objects do."""
    found = {}
    for mapping in bodies.mappings(list(parts)):
        for name in ("headers", "responseHeaders", "response_headers"):
            inner = mapping.get(name)
            if isinstance(inner, Mapping):
                found.update({str(key).lower(): str(value) for key, value in inner.items()})
    return found
