"""Forms: what a page's form said, and where its answer leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse

from watchbill.operator.faults import BadQuestion

_LARGEST = 4 * 1024 * 1024  # bytes: an edited file at the largest that a run may write, encoded


@dataclass(frozen=True, slots=True)
class Form:
    fields: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """Its value; "" where the form had none."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        return self.fields.get(name, ())

    def has(self, name: str) -> bool:
        return name in self.fields


async def read(request: Request) -> Form:
    """Raises BadQuestion for what no form of ours sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadQuestion("a form is sent as application/x-www-form-urlencoded")
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _LARGEST:
            raise BadQuestion(f"a form holds at most {_LARGEST // 1024 // 1024} MiB; use the command line for more")
    try:
        fields = parse_qs(data.decode(), keep_blank_values=True, errors="strict", max_num_fields=20_000)
    except ValueError as error:  # also UnicodeDecodeError
        raise BadQuestion(f"the form cannot be read: {error}") from error
    return Form(fields)


def done(place: str, deed: str, number: int = 1) -> RedirectResponse:
    """303 to a page, which tells what was done. `place` may come from a form: anything but a path of ours leads to `/`."""
    target = urlsplit(place)
    is_ours = (
        place.startswith("/") and not place.startswith(("//", "/\\")) and not target.netloc and place.isprintable()
    )
    query = f"{target.query}&" if is_ours and target.query else ""
    path = target.path if is_ours else "/"
    return RedirectResponse(f"{path}?{query}{urlencode({'did': deed, 'n': number})}", status_code=303)
