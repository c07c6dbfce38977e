"""Unknown parameters of a question: refused, so that a misspelt filter does not answer for everything."""

from collections.abc import Iterator
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel


async def refuse_unknown(request: Request) -> None:
    """A check before every answer. Raises RequestValidationError, which names the nearest one that there is."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute), "only these depend on it"
    known = set(_parameters(route.dependant))
    wrong = [_wrong(name, known) for name in dict.fromkeys(request.query_params) if name not in known]
    if wrong:
        raise RequestValidationError(wrong)


def _parameters(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        asked = field.field_info.annotation
        if isinstance(asked, type) and issubclass(asked, BaseModel):  # one of its fields each
            yield from asked.model_fields
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _wrong(name: str, known: set[str]) -> dict[str, object]:
    near = get_close_matches(name, known, 1)
    mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known)) or 'none'}"
    return {"loc": ("query", name), "msg": f"is no parameter here; {mend}"}
