"""Review: what waits for a person, as cards that one can decide from; and questions that models asked."""

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from watchbill.domain.errors import GitError
from watchbill.domain.ids import QuestionId, TaskId
from watchbill.domain.questions import QuestionState
from watchbill.domain.tasks import TaskState
from watchbill.operator.deciding import Change, Work
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.queries import questions, reviews, tasks
from watchbill.operator.visible import is_plain
from watchbill.operator.web import diffs, forms
from watchbill.operator.web.desk import Desk

_LARGEST = 200_000  # characters of a file that a page lets one edit


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/review")
    async def listing(request: Request) -> HTMLResponse:
        outlook = desk.outlook()
        asked = await desk.read(lambda conn: questions.listing(conn, outlook, QuestionState.OPEN))
        lines = [await _line(desk, name) for name in await desk.read(reviews.waiting)]
        return await desk.page(
            request, "reviews.html", here="review", title="Review", lines=lines, questions=asked["questions"]
        )

    @site.get("/review/{task}")
    async def card(request: Request, task: str) -> Response:
        known = await desk.read(lambda conn: tasks.get(conn, TaskId(task)))
        if known.state is not TaskState.REVIEW:  # a link of yesterday: its page says what became of it
            return RedirectResponse(f"/tasks/{quote(known.id, safe='')}", status_code=303)
        name = known.id
        work = await desk.commands.desk.foreseen(name)
        outlook = desk.outlook()
        found = await desk.read(lambda conn: reviews.card(conn, outlook, name, work))
        order = await desk.read(reviews.waiting)
        place = order.index(name) if name in order else 0
        return await desk.page(
            request,
            "review.html",
            here="review",
            title=found["title"],
            card=found,
            diff=diffs.parse(await desk.commands.desk.diff(name)),
            files=await _editable(desk, name),
            place=place + 1,
            number=len(order),
            previous=order[place - 1] if place > 0 else None,
            next=order[place + 1] if place + 1 < len(order) else None,
        )

    _decisions(site, desk)


def _decisions(site: APIRouter, desk: Desk) -> None:
    @site.post("/review/{task}/approve")
    async def approve(request: Request, task: str) -> Response:
        form = await forms.read(request)
        await desk.commands.approve(TaskId(task), form.one("tree"), who=desk.who(request), said=form.one("why"))
        return forms.done("/review", "approve")

    @site.post("/review/{task}/reject")
    async def reject(request: Request, task: str) -> Response:
        form = await forms.read(request)
        if not form.one("why").strip():
            raise BadQuestion("Say what to do instead: the next attempt is told your words.")
        await desk.commands.reject(TaskId(task), who=desk.who(request), why=form.one("why"))
        return forms.done("/review", "reject")

    @site.post("/review/{task}/edit")
    async def edit(request: Request, task: str) -> Response:
        form = await forms.read(request)
        change = Change(files=await _edited(desk, TaskId(task), form))
        who = desk.who(request)
        await desk.commands.amend(TaskId(task), form.one("tree"), change, who=who, said=form.one("why"))
        return forms.done("/review", "amend")

    @site.post("/questions/{question}/answer")
    async def answer(request: Request, question: str) -> Response:
        form = await forms.read(request)
        found = await desk.read(lambda conn: questions.get(conn, QuestionId(question)))
        chosen = form.one("option")
        option = int(chosen) if chosen.isascii() and chosen.isdecimal() else None
        await desk.commands.answer(found.id, questions.said(found, form.one("text"), option))
        return forms.done("/review", "answer")


async def _line(desk: Desk, name: TaskId) -> Plain:
    work: Work | None = None
    with suppress(GitError):  # a repository that is gone is no reason not to show the others
        work = await desk.commands.desk.work(name)
    outlook = desk.outlook()
    return await desk.read(lambda conn: reviews.line(conn, outlook, name, work))


async def _editable(desk: Desk, name: TaskId) -> Sequence[Plain]:
    """The changed files, with their text where a form brings it back as it was."""
    found = await desk.commands.desk.files(name)
    return [{"path": path, "text": _text(data)} for path, data in sorted(found.items())]


def _text(data: bytes | None) -> str | None:
    """None for what is deleted, no text, too long, or holds what a form would change."""
    if data is None:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if is_plain(text) and len(text) <= _LARGEST else None


async def _edited(desk: Desk, name: TaskId, form: forms.Form) -> dict[str, bytes | None]:
    """What a person changed. Files are told by their place in the list, so that no name has to survive a form."""
    changed: dict[str, bytes | None] = {}
    for place, file in enumerate(await _editable(desk, name)):
        field = f"file{place}"
        if file["text"] is None or not form.has(field):
            continue
        text = form.one(field).replace("\r\n", "\n")  # forms send them so; a file with its own is not edited here
        if text != file["text"]:
            changed[file["path"]] = text.encode()
    return changed
