"""The page's own files: pinned, under names that change with them, kept by browsers for good."""

import hashlib
import re
from importlib import resources

import httpx2
import pytest
from fastapi import FastAPI

from watchbill.operator.web import assets

pytestmark = pytest.mark.anyio

STATIC = resources.files("watchbill.operator.web").joinpath("static")
# of htmx.org 4.0.1 as npm has it, dist/htmx.min.js
HTMX = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"


async def get(path: str) -> httpx2.Response:
    app = FastAPI()
    app.include_router(assets.assets())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://watchbill") as client:
        return await client.get(path)


def test_vendored_library_is_the_published_one_and_has_its_licence() -> None:
    assert hashlib.sha256(STATIC.joinpath("htmx.min.js").read_bytes()).hexdigest() == HTMX
    assert "Zero-Clause BSD" in STATIC.joinpath("htmx.LICENSE.txt").read_text()


async def test_file_is_served_under_a_name_with_its_hash_and_kept_for_good() -> None:
    found = await get(assets.url("site.css"))

    assert re.fullmatch(r"/static/site\.[0-9a-f]{12}\.css", assets.url("site.css"))
    assert found.content == STATIC.joinpath("site.css").read_bytes()
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize("name", ["site.css", "site.000000000000.css", "..%2Fassets.py", "nothing"])
async def test_no_other_name_is_served(name: str) -> None:
    assert (await get(f"/static/{name}")).status_code == 404


def test_no_script_of_ours_makes_code_or_markup_from_text() -> None:
    script = STATIC.joinpath("page.js").read_text()

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script)


async def test_the_icon_is_where_browsers_look_by_themselves() -> None:
    answer = await get("/favicon.ico")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.content == STATIC.joinpath("icon.svg").read_bytes()
    assert b"<script" not in answer.content
    assert b"style=" not in answer.content
