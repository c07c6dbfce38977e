"""Rendering: templates to answers. Whatever comes from others is escaped, and shown whole; no answer lets a page run anything else."""

from datetime import datetime, tzinfo
from functools import cache
from importlib import resources
from typing import Any

import minijinja
from fastapi.responses import HTMLResponse
from minijinja import Markup

from watchbill.operator import words
from watchbill.operator.visible import visible
from watchbill.operator.web import assets

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer" a browser sends its own forms with `Origin: null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def render(template: str, *, now: datetime, zone: tzinfo, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. `now` and `zone` are what its moments are told by."""
    told = {
        "ago": lambda stamp: words.ago(stamp, now),
        "clock": lambda stamp: words.clock(stamp, now, zone),
        "zone": str(zone),
    }
    text = _environment().render_template(template, **told, **values)
    return HTMLResponse(text, status_code=status, headers=HEADERS)


@cache
def _environment() -> minijinja.Environment:
    folder = resources.files("watchbill.operator.web").joinpath("templates")
    return minijinja.Environment(
        loader=lambda name: folder.joinpath(name).read_text(encoding="utf-8"),
        filters={"usd": words.usd, "count": words.count, "span": words.span},
        globals={"asset": assets.url},
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
        finalizer=_shown,
    )


def _shown(value: object) -> object:
    """What a page says for a value: nothing for none; of text by others everything that is in it."""
    if value is None:
        return ""
    if isinstance(value, Markup):  # made by us, of text by others
        return Markup(visible(value))
    return visible(value) if isinstance(value, str) else NotImplemented  # as it is
