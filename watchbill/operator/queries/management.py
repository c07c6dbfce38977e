"""Management as an answer: workers, queue, scenes, branches, health and advice in one look.

The names of the first keys are those of the orchestrator that many come from, so that what reads its status files reads ours.
"""

from watchbill.domain.tasks import OPEN, TaskState
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import advice, attention, costs, providers, scenes, wellbeing
from watchbill.operator.queries.look import Look, look
from watchbill.scheduling import reporting
from watchbill.state import conflicts, heads
from watchbill.state.engine import Connection

VERSION = 1


def standing(conn: Connection, outlook: Outlook) -> Plain:
    """How everything stands now."""
    seen = look(conn, outlook)
    health = wellbeing.of_all(seen)
    today = reporting.day_of(outlook.report_terms.zone, outlook.now)
    texts = scenes.scenes(conn, outlook, today, today)
    return {
        "report": VERSION,
        "timestamp": plain.stamp(outlook.now),
        "health_score": health["score"],
        "health": health,
        "configuration": {
            "file": outlook.config,
            "mode": outlook.bill.mode,
            "api_key_configured": any(terms.configured and terms.models for terms in outlook.bill.providers),
        },
        "workers": {each["name"]: _worker(each) for each in providers.each(conn, seen)},
        "task_queue": _queue(conn),
        "scene_completion": {each["path"]: _scene(each) for each in texts["texts"]},
        "task_groups": {each["group"]: _group(each) for each in texts["groups"]},
        "merge_conflicts": list(_branches(conn, seen)),
        "recommendations": advice.told(conn, seen),
        "needs_you": list(attention.needs_you(conn, seen)),
        "budget": costs.budget(conn, outlook),
        "disk_used": round(outlook.disk_used, 4),
    }


def _worker(each: Plain) -> Plain:
    return {
        "exists": each["state"] != "unconfigured",
        "status": each["state"],
        "note": each["note"],
        "score": each["score"],
        "hours": each["hours"],
        "on_watch": each["on_watch"],
        "runs_24h": each["runs_24h"],
        "landed_24h": each["landed_24h"],
        "verified_24h": each["verified_24h"],
        "cost_24h_usd": each["cost_24h_usd"],
    }


_COUNTS = "SELECT state, count(*) AS tasks FROM tasks GROUP BY state"


def _queue(conn: Connection) -> Plain:
    by_state = {row["state"]: row["tasks"] for row in conn.execute(_COUNTS)}
    counts = {state: by_state.get(state, 0) for state in TaskState}
    done = counts[TaskState.LANDED] + counts[TaskState.VERIFIED]
    return {
        "total_pending": counts[TaskState.QUEUED] + counts[TaskState.PROPOSED],
        "in_progress": counts[TaskState.RUNNING],
        "needs_review": counts[TaskState.REVIEW],
        "completed": done,
        "failed": counts[TaskState.FAILED],
        "total": done + counts[TaskState.FAILED] + sum(counts[state] for state in OPEN),
    }


def _scene(each: Plain) -> Plain:
    complete = each["complete"]
    return {
        "words": each["words"],
        "lines": each["lines"],
        "placeholders": each["placeholders"],
        "target_words": each["target_words"],
        "tasks_done": each["tasks_done"],
        "tasks": each["tasks"],
        "estimated_complete": None if complete is None else int(complete * 100),
    }


def _group(each: Plain) -> Plain:
    return {"tasks_done": each["tasks_done"], "tasks": each["tasks"], "words": each["words"]}


def _branches(conn: Connection, seen: Look) -> list[Plain]:
    """Our branches against the owner's, and runs under way that would not merge as things stand."""
    told: list[Plain] = []
    for terms in seen.outlook.bill.repos:
        if heads.last(conn, terms.name) is not None or terms.name in seen.outlook.parted_repos:
            paths = list(seen.outlook.parted_repos.get(terms.name, ()))
            told.append(_branch(terms.integration, terms.name, terms.target, paths))
    told += [_branch(one.run, "", one.other, list(one.paths)) for one in conflicts.predicted(conn)]
    return told


def _branch(branch: str, repo: str, against: str, paths: list[str]) -> Plain:
    return {"branch": branch, "repo": repo, "against": against, "has_conflicts": bool(paths), "paths": paths}
