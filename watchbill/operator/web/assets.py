"""Assets: the page's own files, each under a name that holds its hash, so that browsers keep it for good."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_FOR_GOOD = "public, max-age=31536000, immutable"
_DIGITS = 12  # of the hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    data: bytes
    media_type: str


@cache
def _assets() -> Mapping[str, Asset]:
    """Every file, by the name under which it is served."""
    return {
        _hashed(place.name, data := place.read_bytes()): Asset(
            data=data, media_type=_TYPES[place.name.rpartition(".")[2]]
        )
        for place in _places()
    }


def _places() -> Iterator[Traversable]:
    """Our own, and the sheet of the pictures, which reports have too."""
    yield from resources.files("watchbill.operator.web").joinpath("static").iterdir()
    yield resources.files("watchbill.operator.drawing").joinpath("picture.css")


def _hashed(name: str, data: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(data).hexdigest()[:_DIGITS]}.{ending}"


@cache
def url(name: str) -> str:
    """Where one of these files is served. Raises FileNotFoundError."""
    data = next((place.read_bytes() for place in _places() if place.name == name), None)
    if data is None:
        raise FileNotFoundError(name)
    return f"/static/{_hashed(name, data)}"


def assets() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    async def asset(name: str) -> Response:
        found = _assets().get(name)
        if found is None:
            raise HTTPException(404, f"there is no file {name}")
        return Response(
            found.data,
            media_type=found.media_type,
            headers={"Cache-Control": _FOR_GOOD, "X-Content-Type-Options": "nosniff"},
        )

    @router.get("/favicon.ico")
    async def icon() -> Response:
        """Where browsers look by themselves, for instance beside an answer of the API."""
        name = url("icon.svg").rpartition("/")[2]
        return Response(_assets()[name].data, media_type=_TYPES["svg"], headers={"X-Content-Type-Options": "nosniff"})

    return router
