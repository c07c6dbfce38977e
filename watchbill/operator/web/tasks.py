"""A task's page: what was asked, why it stands where it does, its runs, and what may be done with it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.operator import many
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import forecasts, questions, tasks
from watchbill.operator.web import forms
from watchbill.operator.web.desk import Desk
from watchbill.operator.web.plans import Made
from watchbill.scheduling.simulate import NOTHING
from watchbill.state.engine import Connection


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/tasks/{task}")
    async def one(request: Request, task: str) -> HTMLResponse:
        outlook = desk.outlook()
        made = await desk.forecast(outlook)
        seen = await desk.read(lambda conn: _seen(conn, outlook, TaskId(task), made))
        return await desk.page(
            request,
            "task.html",
            here="queue",
            title=seen["task"]["title"],
            deeds=[
                deed for name, deed in many.DEEDS.items() if seen["task"]["state"] in deed.does and name != "accept"
            ],  # that one has a button of its own
            providers=[terms.name for terms in outlook.bill.providers if not terms.always],
            planned=made is not None,
            **seen,
        )

    @site.post("/tasks/{task}/accept")
    async def accept(request: Request, task: str) -> Response:
        await forms.read(request)
        done = await desk.commands.accept((await desk.read(lambda conn: tasks.get(conn, TaskId(task)))).id)
        return forms.done(desk.place("tasks", done.id), "accept")

    @site.post("/tasks/{task}/handoff")
    async def hand_over(request: Request, task: str) -> Response:
        form = await forms.read(request)
        to = form.one("provider")
        name = (await desk.read(lambda conn: tasks.get(conn, TaskId(task)))).id
        why = form.one("why") or f"asked for by {desk.who(request)}"
        await desk.commands.hand_over(name, ProviderName(to) if to else None, why=why)
        return forms.done(desk.place("tasks", name), "handoff")


def _seen(conn: Connection, outlook: Outlook, name: TaskId, made: Made | None) -> Plain:
    task = tasks.one(conn, outlook, name)
    asked = questions.listing(conn, outlook, None)["questions"]
    return {
        "task": task,
        "why": forecasts.standing(conn, outlook, TaskId(task["id"]), made.forecast if made else NOTHING),
        "questions": [each for each in asked if each["task"] == task["id"]],
    }
