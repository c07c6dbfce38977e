"""Signing in: where a sign-in link leads. It can be gone once, and gives the browser its cookie."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from watchbill.operator.entrance import Front


def signing(front: Front) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    async def sign_in(once: str = "") -> HTMLResponse:
        entrance = front.entrance
        if entrance is None or not entrance.redeem(once):
            return HTMLResponse(_page("This link is used up or too old", _ANOTHER), status_code=403)
        # A page of our own leads on: after a redirect from elsewhere, a browser would hold the strict cookie back.
        leads = '<meta http-equiv="refresh" content="0;url=/">'
        return HTMLResponse(
            _page("You are signed in", '<a href="/">Go on</a>', head=leads),
            headers={"set-cookie": entrance.set_cookie()},
        )

    return router


_ANOTHER = "Type <code>watchbill web</code> for another one."


def _page(title: str, body: str, *, head: str = "") -> str:
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8">{head}'
        f"<title>watchbill: {escape(title)}</title>\n<h1>{escape(title)}</h1>\n<p>{body}</p>\n</html>\n"
    )
