"""The control API: /api/v1 on the daemon's Unix socket. Reads go through the queries, writes through the Commands port."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import AwareDatetime, BaseModel, Field, WithJsonSchema
from starlette.exceptions import HTTPException
from starlette.routing import Match

from watchbill import __version__
from watchbill.domain.errors import WatchbillError
from watchbill.domain.ids import QuestionId, RepoName, RunId, TaskId
from watchbill.domain.pauses import Scope
from watchbill.domain.questions import QuestionState
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import OPEN, TaskState
from watchbill.operator import matching, naming, plain, sieve
from watchbill.operator.actors import Actor
from watchbill.operator.auditing import Audited
from watchbill.operator.budgeting import budgeting
from watchbill.operator.bulk import bulk
from watchbill.operator.commands import Commands
from watchbill.operator.doors import ROOT, Plain
from watchbill.operator.faults import envelope, fault_of, hint_of
from watchbill.operator.happening import happening
from watchbill.operator.holding import holding
from watchbill.operator.insight import insight
from watchbill.operator.moments import MOMENT
from watchbill.operator.noticing import noticing
from watchbill.operator.outlook import Outlook
from watchbill.operator.outside import outside
from watchbill.operator.queries import (
    burning,
    costs,
    forecasts,
    prices,
    questions,
    recurring,
    runs,
    sessions,
    status,
    tasks,
)
from watchbill.operator.reading import Read
from watchbill.operator.reconciling import reconciling
from watchbill.operator.reporting import reporting
from watchbill.operator.reviewing import reviewing
from watchbill.operator.rostering import rostering
from watchbill.operator.sessioning import sessioning
from watchbill.operator.steering import steering
from watchbill.operator.treating import treating
from watchbill.operator.unknown import refuse_unknown
from watchbill.operator.viewers import Viewers
from watchbill.state.accounts import By
from watchbill.state.engine import Connection

_MAX_HOURS = 24 * 14
_MAX_ROWS = 1000
_METHODS = ("DELETE", "GET", "POST")  # that the API knows
_LONGEST_DRAIN = 24 * 3600.0  # seconds

Hours = Annotated[int, Query(ge=1, le=_MAX_HOURS)]
Limit = Annotated[int, Query(ge=1, le=_MAX_ROWS)]
Moment = Annotated[str, WithJsonSchema({"type": "string", "pattern": MOMENT})]


class WhySaid(BaseModel):
    why: str = "asked for by hand"


class DrainSaid(BaseModel):
    within_seconds: Annotated[float, Field(ge=0, le=_LONGEST_DRAIN, strict=True)] | None = None  # None: as configured
    who: str = ""
    why: str = ""


class Given(BaseModel):
    """An answer: words, the number of an option, or both."""

    text: str = ""
    option: Annotated[int, Field(strict=True)] | None = None


def create_app(
    read: Read, commands: Commands, outlook: Callable[[], Outlook], viewers: Viewers | None = None
) -> FastAPI:
    """The application. `outlook` is asked anew for every answer: a reload swaps the bill, a test the clock.

    `viewers`: None where nobody can watch, for nothing happens.
    """
    app = FastAPI(
        title="watchbill", version=__version__, docs_url=None, redoc_url=None, openapi_url=f"{ROOT}/openapi.json"
    )
    api = APIRouter(prefix=ROOT, dependencies=[Depends(refuse_unknown)])
    unchanged = [Depends(matching.unchanged(read))]
    api.include_router(_reads(read, outlook))
    api.include_router(_runs(read, outlook))
    api.include_router(happening(read, outlook, viewers))
    api.include_router(_forecasts(read, outlook))
    api.include_router(_writes(read, commands), dependencies=unchanged)
    api.include_router(_orders(commands, outlook))
    api.include_router(budgeting(read, commands, outlook))
    api.include_router(rostering(read, commands, outlook))
    api.include_router(steering(read, commands, outlook), dependencies=unchanged)
    api.include_router(reconciling(read, commands, outlook))
    api.include_router(sessioning(read, commands, outlook))
    api.include_router(reviewing(read, commands, outlook), dependencies=unchanged)
    api.include_router(treating(read, commands, outlook))
    api.include_router(holding(read, commands, outlook))
    api.include_router(insight(read, commands, outlook))
    api.include_router(bulk(read, commands, outlook))
    api.include_router(reporting(read, commands, outlook))
    api.include_router(noticing(read, outlook))
    app.include_router(api)
    app.include_router(outside(read, outlook))
    app.add_middleware(
        Audited, read=read, now=lambda: outlook().now, tell=lambda name, /, **facts: commands.tell(name, **facts)
    )
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # as FastAPI itself says to do it
    app.add_exception_handler(WatchbillError, _refuse)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _broken(commands))
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    from watchbill.operator.openapi import describe  # noqa: PLC0415 - memory for those only who ask for it

    return describe(app)


def _reads(read: Read, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/state")
    async def state() -> Plain:
        return await read(lambda conn: status.status(conn, outlook()))

    @router.get("/tasks")
    async def task_list(
        *,
        state: Annotated[list[TaskState] | None, Query()] = None,
        repo: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the API
        text: str | None = None,
        filter: str | None = None,  # noqa: A002 - the same
        limit: Limit | None = None,
        cursor: str | None = None,
    ) -> Plain:
        """Those that fit, in the order of work; with a limit, `next` is the cursor of those after them."""
        states = frozenset(state) if state else OPEN | {TaskState.FAILED}
        chosen = sieve.parse(filter, sieve.OF_TASKS) if filter else None
        wanted = tasks.Filter(states=states, repo=repo, type=type, text=text, sieve=chosen)
        answer = await read(lambda conn: tasks.listing(conn, outlook(), wanted, limit=limit, cursor=cursor))
        await naming.refuse_unknown(read, outlook().bill, answer["tasks"], repo=repo, type=type)
        return answer

    @router.get("/tasks/{task}")
    async def task(task: str, response: Response) -> Plain:
        """Its `ETag` goes into `If-Match` of what is done to it, so that it is done to what was seen and nothing newer."""
        answer = await read(lambda conn: tasks.one(conn, outlook(), TaskId(task)))
        response.headers["ETag"] = await matching.tag(read, answer["id"])
        return answer

    return router


def _runs(read: Read, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/runs")
    async def run_list(
        task: str | None = None, provider: str | None = None, state: RunState | None = None, limit: Limit = 50
    ) -> Plain:
        of_task = TaskId(await naming.named(read, outlook().bill, Scope.TASK, task)) if task else None
        answer = await read(
            lambda conn: runs.listing(conn, outlook().now, task=of_task, provider=provider, state=state, limit=limit)
        )
        await naming.refuse_unknown(read, outlook().bill, answer["runs"], provider=provider)
        return answer

    @router.get("/runs/{run}")
    async def run(run: str, *, prompt: bool = False) -> Plain:
        return await read(lambda conn: runs.one(conn, outlook().now, RunId(run), prompt=prompt))

    @router.get("/runs/{run}/prompt", response_class=PlainTextResponse)
    async def prompt(run: str) -> str:
        """What its provider was told at its beginning."""
        told: str = (await read(lambda conn: runs.one(conn, outlook().now, RunId(run), prompt=True)))["prompt"]
        return told

    @router.get("/runs/{run}/transcript")
    async def transcript(run: str) -> Plain:
        """What was said in it, step by step; of one whose work was dropped, what was dropped."""

        def said(conn: Connection) -> Plain:
            steps = sessions.said_in(conn, runs.get(conn, RunId(run)))
            return {"generated_at": plain.stamp(outlook().now), "run": run, "steps": steps}

        return await read(said)

    @router.get("/runs/{run}/events")
    async def run_events(run: str, limit: Limit = 100) -> Plain:
        """What happened in it of late, the newest first."""
        return await read(lambda conn: runs.happened(conn, outlook().now, RunId(run), limit))

    @router.get("/questions")
    async def question_list(state: QuestionState | None = None) -> Plain:
        return await read(lambda conn: questions.listing(conn, outlook(), state))

    @router.get("/questions/{question}")
    async def question(question: str) -> Plain:
        return await read(lambda conn: questions.one(conn, outlook(), QuestionId(question)))

    @router.get("/costs")
    async def cost_list(by: By = By.PROVIDER, since: Moment | None = None, until: Moment | None = None) -> Plain:
        return await read(lambda conn: costs.costs(conn, outlook(), by, since=since, until=until))

    return router


def _forecasts(read: Read, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/tasks/{task}/why")
    async def why(task: str) -> Plain:
        return await forecasts.why(read, outlook(), TaskId(task))

    @router.get("/plan")
    async def plan(hours: Hours = 24, at: AwareDatetime | None = None) -> Plain:
        return await forecasts.plan(read, outlook(), timedelta(hours=hours), at=at)

    @router.get("/recurring")
    async def recurring_list() -> Plain:
        return await read(lambda conn: recurring.listing(conn, outlook()))

    @router.get("/costs/forecast")
    async def cost_forecast() -> Plain:
        return await read(lambda conn: burning.forecast(conn, outlook()))

    @router.get("/prices")
    async def price_list() -> Plain:
        return prices.prices(outlook())

    return router


def _writes(read: Read, commands: Commands) -> APIRouter:
    router = APIRouter()

    async def named(task: str) -> TaskId:
        found = await read(lambda conn: tasks.get(conn, TaskId(task)))
        return found.id

    @router.post("/tasks/{task}/cancel")
    async def cancel(task: str, why: WhySaid | None = None) -> Plain:
        return plain.task(await commands.cancel(await named(task), (why or WhySaid()).why))

    @router.post("/runs/{run}/cancel")
    async def cancel_run(run: str, why: WhySaid | None = None) -> Plain:
        """Cancels the task that it works on: a run alone would begin again."""
        found = await read(lambda conn: runs.live(conn, RunId(run)))
        return plain.task(await commands.cancel(found.task, (why or WhySaid()).why))

    @router.post("/runs/{run}/retry")
    async def retry_run(run: str) -> Plain:
        """Queues the task that it worked on, with all its attempts before it."""
        found = await read(lambda conn: runs.get(conn, RunId(run)))
        return plain.task(await commands.retry(found.task))

    @router.post("/tasks/{task}/retry")
    async def retry(task: str) -> Plain:
        return plain.task(await commands.retry(await named(task)))

    @router.post("/tasks/{task}/accept")
    async def accept(task: str) -> Plain:
        return plain.task(await commands.accept(await named(task)))

    @router.post("/questions/{question}/answer")
    async def answer(question: str, given: Given) -> Plain:
        found = await read(lambda conn: questions.get(conn, QuestionId(question)))
        return plain.question(await commands.answer(found.id, questions.said(found, given.text, given.option)))

    return router


def _orders(commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.post("/refresh", status_code=202)
    async def refresh() -> Plain:
        """Look at the queues and plan now."""
        await commands.refresh()
        return {
            "asked": True,
            "queued": True,
            "coalesced": False,
            "requested_at": plain.stamp(outlook().now),
            "operations": ["poll", "reconcile"],
        }

    @router.post("/config/reload")
    async def reload(*, wait: bool = False) -> Plain:
        return plain.configuration(await commands.reload(wait=wait))

    @router.post("/drain", status_code=202)
    async def drain(said: DrainSaid, actor: Actor) -> Plain:
        """The daemon leaves: runs go to their checkpoints, and what is not there in time breaks off."""
        within = None if said.within_seconds is None else timedelta(seconds=said.within_seconds)
        leaving = await commands.drain(within, who=said.who or actor, why=said.why)
        return {"runs": list(leaving.runs), "within_seconds": leaving.within.total_seconds()}

    @router.post("/web/sign-in")
    async def sign_in() -> Plain:
        link = await commands.sign_in()
        return {"url": link.url, "lasts_seconds": int(link.lasts.total_seconds())}

    @router.post("/repos/{repo}/sync")
    async def sync(repo: str) -> Plain:
        """Fetch its branches and read its queues now; what that brought of its target."""
        came = await commands.sync(RepoName(repo))
        return {
            "repo": came.repo,
            "target": came.target,
            "was": came.was,
            "now": came.now,
            "count": came.count,
            "commits": [{"commit": commit, "subject": subject} for commit, subject in came.commits],
            "rewritten": came.rewritten,
        }

    @router.post("/repos/{repo}/promote")
    async def promote(repo: str) -> Plain:
        done = await commands.promote(RepoName(repo))
        return {"repo": done.repo, "target": done.target, "commit": done.commit, "why": done.why}

    @router.get("/runs/{run}/diff", response_class=PlainTextResponse)
    async def diff(run: str) -> str:
        return await commands.run_diff(RunId(run))

    return router


def _broken(commands: Commands) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def answer(request: Request, error: Exception) -> JSONResponse:
        commands.tell("daemon.fault", error=repr(error), where=f"{request.method} {request.url.path}")
        return JSONResponse(envelope("failed", f"this is a fault of watchbill's own: {error!r}", ""), status_code=500)

    return answer


async def _refuse(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, WatchbillError), "it is registered for these"
    fault = fault_of(error)
    return JSONResponse(envelope(fault.code, str(error), hint_of(error, request.path_params)), status_code=fault.status)


async def _bad_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "it is registered for these"
    wrong = "; ".join(f"{_named(detail['loc'])}: {detail['msg']}" for detail in error.errors())
    return JSONResponse(envelope("bad_question", wrong, ""), status_code=400)


def _named(place: tuple[str | int, ...]) -> str:
    """The parameter's name, without where it was sent."""
    return ".".join(map(str, place[1:])) or str(place[0])


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "it is registered for these"
    headers = dict(error.headers or {})
    if "Allow" in headers:  # of one route: its path may have others
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    code = "not_found" if error.status_code == 404 else "bad_question"  # noqa: PLR2004 - HTTP's own numbers
    return JSONResponse(envelope(code, str(error.detail), ""), status_code=error.status_code, headers=headers)


def _methods(request: Request) -> set[str]:
    """Everything that may be asked at its path."""
    return {
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.router.routes
        )
    }
