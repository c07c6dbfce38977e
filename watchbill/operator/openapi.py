"""The description of the API as OpenAPI 3.1: paths and questions from the routes, answers from the shapes."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from watchbill.operator.doors import ROOT
from watchbill.operator.shapes.language import Shape
from watchbill.operator.shapes.registry import ANSWERS, READABLE, SHAPES

_WORDS: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "num": {"type": "number"},
    "bool": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "any": {},
}
_TEXTS = ("text/plain", "text/html")
_ABOUT = (
    "The control API of a watchbill daemon, on its Unix socket and, where the configuration asks for it, on loopback with a "
    "token. Writes take an `Idempotency-Key`: the same key twice is one change, and is answered as it was the first time."
)


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document. Raises KeyError for an answer in JSON that has no shape, and ValueError for two of one name."""
    found = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _answer(operation, f"{method.upper()} {path.removeprefix(ROOT)}")
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # ours are envelopes
    if twice := schemas.keys() & SHAPES.keys():
        raise ValueError(f"what is asked and what is answered have one name: {', '.join(sorted(twice))}")
    schemas.update({name: schema(shape) for name, shape in SHAPES.items()})
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return found


def _answer(operation: dict[str, Any], named: str) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    answers["default"] = {"description": "What went wrong.", "content": _json("Error")}
    for status, answer in answers.items():
        if status.startswith("2") and "application/json" in answer.get("content", {}):
            answer["content"] = _json(ANSWERS[named])
            if named in READABLE:
                answer["content"].update({media: {"schema": {"type": "string"}} for media in _TEXTS})


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": schema(name)}}


def schema(shape: Shape) -> dict[str, Any]:
    """The JSON Schema of a shape.

    >>> schema({"id": "int", "at": "time?"})["properties"]["at"]
    {'type': ['string', 'null'], 'format': 'date-time'}
    """
    if isinstance(shape, list):
        return {"type": "array", "items": schema(shape[0])}
    if isinstance(shape, dict):
        return _object(shape)
    if "|" in shape:
        return {"anyOf": [schema(each) for each in shape.split("|")]}
    word = shape.removesuffix("?")
    found = _WORDS.get(word)
    if found is None:
        found = {"$ref": f"#/components/schemas/{word}"}
    if word == shape:
        return dict(found)
    if "type" in found:
        return {**found, "type": [found["type"], "null"]}
    return {"anyOf": [found, {"type": "null"}]}


def _object(shape: dict[str, Shape]) -> dict[str, Any]:
    if "*" in shape:
        return {"type": "object", "additionalProperties": schema(shape["*"])}
    return {
        "type": "object",
        "properties": {name: schema(each) for name, each in shape.items()},
        "required": list(shape),
    }
