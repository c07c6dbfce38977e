"""The queue: what is to be done, in the order of work, each with why it does not run; and doing something to many at once."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from minijinja import Markup

from watchbill.domain.runs import RunState
from watchbill.operator import many, sieve
from watchbill.operator.drawing import graph as drawing
from watchbill.operator.faults import BadQuestion
from watchbill.operator.queries import graph, runs, tasks
from watchbill.operator.web import filters, forms
from watchbill.operator.web.desk import Desk

_PAGE = 100  # tasks
_DEEPEST = 10_000  # pages

Page = Annotated[int, Query(ge=1, le=_DEEPEST)]
Many = Annotated[list[str] | None, Query()]


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/queue")
    async def queue(request: Request, q: str = "", page: Page = 1) -> HTMLResponse:
        chosen = filters.read(q, sieve.OF_TASKS)
        wanted, skip = tasks.Filter(sieve=chosen.sieve), (page - 1) * _PAGE
        outlook = desk.outlook()
        found = await desk.read(lambda conn: tasks.listing(conn, outlook, wanted, skip=skip, limit=_PAGE))
        live = await desk.read(lambda conn: runs.listing(conn, outlook.now, state=RunState.RUNNING, limit=_PAGE))
        return await desk.page(
            request,
            "queue.html",
            here="queue",
            title="Queue",
            filter=chosen,
            found=found,
            live={run["task"]: run for run in live["runs"]},
            number=page,
            last=max(1, -(-found["count"] // _PAGE)),
            deeds=many.DEEDS,
        )

    @site.get("/queue/graph")
    async def picture(request: Request, repo: str = "", page: Page = 1) -> HTMLResponse:
        outlook = desk.outlook()
        found = await desk.read(lambda conn: graph.picture(conn, outlook, repo=repo or None, page=page))
        left_out = found["open"] - len(found["tasks"])
        return await desk.page(
            request,
            "graph.html",
            here="queue",
            title="What waits for what",
            picture=Markup(drawing.svg(found, leads_to=lambda task: desk.place("tasks", task), left_out=left_out)),
            found=found,
            number=page,
            repo=repo,
            repos=[terms.name for terms in outlook.bill.repos],
        )

    _many(site, desk)


def _many(site: APIRouter, desk: Desk) -> None:
    """One deed to many tasks: first what it would do, then doing it."""

    @site.get("/queue/effect")
    async def effect(request: Request, deed: str, task: Many = None, whole: bool = False, q: str = "") -> HTMLResponse:
        wanted = many.deed_of(deed)
        names = await _chosen(desk, task or [], whole=whole, q=q)
        effects = await desk.read(lambda conn: many.effects(conn, wanted, names, desk.outlook().now))
        return await desk.page(
            request,
            "effect.html",
            here="queue",
            title=f"{wanted.word}?",
            deed=wanted,
            effects=effects,
            number=sum(each.applies for each in effects),
            providers=[terms.name for terms in desk.outlook().bill.providers if not terms.always],
        )

    @site.post("/queue/do")
    async def do(request: Request) -> Response:
        form = await forms.read(request)
        wanted = many.deed_of(form.one("deed"))
        done = await many.carry_out(
            desk.commands,
            wanted,
            form.all("task"),
            why=form.one("why"),
            provider=form.one("provider"),
            who=desk.who(request),
        )
        if done.refused and not done.done:
            raise BadQuestion(f"nothing was done: {done.refused[0]}")
        return forms.done(form.one("back") or "/queue", wanted.name, done.done)


async def _chosen(desk: Desk, named: list[str], *, whole: bool, q: str) -> list[str]:
    if not whole:
        if not named:
            raise BadQuestion("no task is marked: mark some in the queue, then choose what to do with them")
        return named
    wanted = tasks.Filter(sieve=sieve.parse(q, sieve.OF_TASKS))
    outlook = desk.outlook()
    found = await desk.read(lambda conn: tasks.listing(conn, outlook, wanted))
    return [task["id"] for task in found["tasks"]]
