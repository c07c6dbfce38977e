"""Notices: which events people are told of, and in what words. Whatever is not here is routine, and silent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Facts = Mapping[str, Any]  # of an event, as the journal has them: a moment is its text

LONG = timedelta(minutes=15)  # a hold that ends before is a vendor's way of pacing, and no news
_SHOWN = 500  # characters of a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What somebody is told: of what, why, and what to do about it."""

    event: str  # its name in the journal
    subject: str  # what it is about: two on one subject within a while become one
    word: str  # how it stands with that now
    title: str
    why: str = ""
    command: str = ""  # what settles it, or shows more
    page: str = ""  # where the web page shows it
    after: str = ""  # only news where this word was the last that was told on the subject
    times: int = 1  # changes on the subject that it stands for


def notice_of(name: str, facts: Facts, at: datetime, title: str = "") -> Notice | None:
    """What there is to tell of an event; None for routine. `title` is its task's, where it has one.

    >>> notice_of("task.review", {"task": "t7", "run": "r1", "why": "a protected path"}, datetime.max, "Kael").command
    'watchbill review show t7'
    """
    made = _WORDS.get(name)
    return None if made is None else made(name, facts, at, title)


def settled_by(name: str, facts: Facts) -> str:
    """The subject that an event settles, so that what still waits to be told of it need not be; "" for none.

    >>> settled_by("task.approved", {"task": "t7"}), settled_by("run.started", {"run": "r1"})
    ('task t7', '')
    """
    kind, fact = _SETTLES.get(name, ("", ""))
    return f"{kind} {facts[fact]}" if fact else kind


def _task(word: str, said: str, command: str, page: str = "tasks") -> "_Words":
    def words(name: str, facts: Facts, _at: datetime, title: str) -> Notice:
        task = facts["task"]
        return Notice(
            event=name,
            subject=f"task {task}",
            word=word,
            title=f"{said}: {title or task}",
            why=_why(facts),
            command=command.format(**facts),
            page=f"/{page}/{task}",
        )

    return words


def _reverted(name: str, facts: Facts, _at: datetime, title: str) -> Notice:
    """Of its run: that a person settles the task elsewhere makes it no less true."""
    return Notice(
        event=name,
        subject=f"landing {facts['run']}",
        word="reverted",
        title=f"Taken back: {title or facts['task']}",
        why=_why(facts),
        command=f"watchbill run show {facts['run']}",
        page=f"/runs/{facts['run']}",
    )


def _question(name: str, facts: Facts, _at: datetime, title: str) -> Notice:
    waits = "its task waits for your answer" if facts["waits"] else "its task goes on by its own recommendation"
    return Notice(
        event=name,
        subject=f"question {facts['question']}",
        word="asked",
        title=f"Question: {facts['title']}",
        why=f"{title or facts['task']}: {waits}",
        command=f"watchbill question show {facts['question']}",
        page="/review#questions",
    )


def _alert(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return _money(name, facts, "alert", f"Budget {facts['window']}: {facts['share']:.0%} used")


def _cap(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    until = f"paid work waits until {facts['until']}" if facts.get("until") else "paid work waits"
    return _money(name, facts, "paused", f"Budget {facts['window']}: used up", why=f"{until}; free work goes on")


def _room(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return _money(name, facts, "resumed", f"Budget {facts['window']}: work goes on", after="paused")


def _money(name: str, facts: Facts, word: str, title: str, *, why: str = "", after: str = "") -> Notice:
    return Notice(
        event=name,
        subject=f"budget {facts['window']}",
        word=word,
        title=title,
        why=why,
        command="watchbill budget",
        page="/budget",
        after=after,
    )


def _over_bound(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    who = f"{facts['model']} of {facts['provider']}"
    cost, bound = (facts[f"{of}_micro_usd"] / 1_000_000 for of in ("cost", "bound"))
    return Notice(
        event=name,
        subject=f"call {facts['call']}",
        word="over_bound",
        title=f"{who} is stopped: a call cost more than its bound",
        why=f"it cost ${cost:.4f}, its bound was ${bound:.4f}",
        command=f"watchbill provider allow {facts['provider']} {facts['model']} -m WHY",
        page="/providers",
    )


def _held(name: str, facts: Facts, at: datetime, _title: str) -> Notice | None:
    until = facts.get("until")
    if until is not None and _moment(until) - at < LONG:
        return None
    when = "until you act" if until is None else f"until {until}"
    of = f" ({facts['model']})" if facts["model"] else ""
    return _down(name, facts, f"{facts['kind']}{of}, {when}")


def _broken(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    again = f"; next try {facts['until']}" if facts.get("until") else ""
    return _down(name, facts, f"{_why(facts)}{again}")


def _down(name: str, facts: Facts, why: str) -> Notice:
    provider = facts["provider"]
    return Notice(
        event=name,
        subject=f"provider {provider}",
        word="down",
        title=f"Provider {provider} is down",
        why=f"{why}; its hours go to the others",
        command=f"watchbill provider show {provider}",
        page="/providers",
    )


def _back(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    provider = facts["provider"]
    return Notice(
        event=name,
        subject=f"provider {provider}",
        word="back",
        title=f"Provider {provider} is back",
        why="it is given work again",
        command=f"watchbill provider show {provider}",
        page="/providers",
        after="down",
    )


def _retiring(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return Notice(
        event=name,
        subject=f"model {facts['provider']} {facts['model']} {facts['at']}",
        word="retiring",
        title=f"Model {facts['model']} of {facts['provider']} retires",
        why=f"on {facts['at']}",
        command=f"watchbill provider models {facts['provider']}",
        page="/providers",
    )


def _parted(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return Notice(
        event=name,
        subject=f"line {facts['repo']}",
        word="parted",
        title=f"{facts['repo']}: {facts['target']} and the integration branch do not merge",
        why=f"in {', '.join(facts['paths'])}; work goes on without your commits",
        command="watchbill status",
    )


def _rejoined(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return Notice(
        event=name,
        subject=f"line {facts['repo']}",
        word="rejoined",
        title=f"{facts['repo']}: {facts['target']} and the integration branch merge again",
        after="parted",
        command="watchbill status",
    )


def _repo(word: str, said: str, command: str) -> "_Words":
    def words(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
        return Notice(
            event=name,
            subject=f"repo {facts['repo']}",
            word=word,
            title=f"{facts['repo']}: {said}",
            why=_why(facts),
            command=command.format(**facts),
        )

    return words


def _recurring(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return Notice(
        event=name,
        subject=f"recurring {facts['entry']}",
        word="failed",
        title=f"Recurring {facts['entry']} could not look for its work",
        why=_why(facts),
        command="watchbill recurring",
    )


def _rejected(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    problems = facts["problems"]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Notice(
        event=name,
        subject="configuration",
        word="rejected",
        title="A changed configuration was rejected; the last good one stays in force",
        why=f"{_short(problems[0])}{more}" if problems else "",
        command=f"watchbill --config {facts['path']} config check",
        page="/config",
    )


def _stuck(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return Notice(
        event=name,
        subject="daemon",
        word="stuck",
        title=f"The daemon makes no progress: {', '.join(facts['parts'])}",
        why="look at the disks, then restart it",
        command="watchbill doctor",
    )


def _unstuck(name: str, _facts: Facts, _at: datetime, _title: str) -> Notice:
    return Notice(
        event=name,
        subject="daemon",
        word="unstuck",
        title="The daemon goes on",
        after="stuck",
        command="watchbill status",
    )


def _fault(name: str, facts: Facts, _at: datetime, _title: str) -> Notice:
    return Notice(
        event=name,
        subject=f"fault {facts['where']}",
        word="fault",
        title=f"Something unexpected failed: {facts['where']}",
        why=f"{_short(str(facts['error']))}; the daemon goes on",
        command="watchbill events --kind daemon.fault",
        page="/events",
    )


def _why(facts: Facts) -> str:
    paths = facts.get("paths")
    return f"in {', '.join(paths)}" if paths else _short(str(facts.get("why") or ""))


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _SHOWN else f"{one_line[: _SHOWN - 1]}…"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_Words = Callable[[str, Facts, datetime, str], Notice | None]

_WORDS: Mapping[str, _Words] = {
    "task.review": _task("review", "Review", "watchbill review show {task}", "review"),
    "task.quarantined": _task("quarantined", "Set aside after failing thrice in the same way", "watchbill task show {task}"),
    "task.failed": _task("failed", "Failed", "watchbill task retry {task}"),
    "task.reverted": _reverted,
    "conflict.escalated": _task("conflict", "A conflict waits for you", "watchbill review show {task}", "review"),
    "landing.undo_failed": _task("undo_failed", "Could not be taken back", "watchbill run diff {run}"),
    "question.asked": _question,
    "budget.alert": _alert,
    "budget.paused": _cap,
    "budget.resumed": _room,
    "cost.over_bound": _over_bound,
    "provider.held": _held,
    "provider.breaker_opened": _broken,
    "provider.breaker_closed": _back,
    "provider.released": _back,
    "provider.reset": _back,
    "provider.retiring": _retiring,
    "landing.parted": _parted,
    "landing.rejoined": _rejoined,
    "head.broken": _repo("broken", "its head is broken, and that is not ours to revert", "watchbill events --kind head.broken"),
    "setup.failed": _repo("setup", "a set-up command failed, so its programs cannot be run", "watchbill events --kind setup.failed"),
    "recurring.failed": _recurring,
    "config.rejected": _rejected,
    "daemon.stuck": _stuck,
    "daemon.unstuck": _unstuck,
    "daemon.fault": _fault,
}  # fmt: skip

_SETTLES: Mapping[str, tuple[str, str]] = {
    "task.approved": ("task", "task"),
    "task.rejected": ("task", "task"),
    "task.landed": ("task", "task"),
    "task.verified": ("task", "task"),
    "task.cancelled": ("task", "task"),
    "question.answered": ("question", "question"),
    "question.withdrawn": ("question", "question"),
    "config.reloaded": ("configuration", ""),
}

TOLD = frozenset(_WORDS)  # the events that people may be told of
DIGEST = "digest"  # the daily one; it is no event, and has its own setting
HEARD = TOLD | frozenset(_SETTLES)
