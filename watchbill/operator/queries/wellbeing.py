"""Wellbeing: the health of the whole system as an answer, each deduction named."""

from watchbill.domain.windows import WindowKind
from watchbill.operator.doors import Plain
from watchbill.operator.queries.look import Look
from watchbill.operator.queries.providers import judged
from watchbill.scheduling import health
from watchbill.scheduling.health import Whole
from watchbill.scheduling.snapshot import ProviderState
from watchbill.scheduling.turns import is_broken, is_held, is_paused

_PERIODS = (WindowKind.DAY, WindowKind.MONTH)


def of_all(seen: Look) -> Plain:
    found = health.health_of_all(_whole(seen))
    return {"score": found.score, **judged(found)}


def _whole(seen: Look) -> Whole:
    outlook, now = seen.outlook, seen.outlook.now
    usable = [terms.name for terms in outlook.bill.providers if terms.configured]
    state_by_name = {state.name: state for state in seen.snapshot.providers}
    return Whole(
        providers={name: health.health_of(seen.signs[name], now) for name in usable},
        out=frozenset(name for name in usable if _is_out(state_by_name[name], seen)),
        unconfigured=tuple(terms.name for terms in outlook.bill.providers if not terms.configured),
        daemon=_daemon(seen),
        configuration=next(iter(outlook.configuration.problems), "") if outlook.configuration else "",
        broken_repos=outlook.broken_repos,
        quarantined=tuple(sorted(seen.snapshot.quarantined)),
        used_up=tuple(
            str(state.window)
            for state in seen.snapshot.windows
            if state.window.kind in _PERIODS and state.left is not None and state.left < max(state.short, 1)
        ),
    )


def _is_out(state: ProviderState, seen: Look) -> bool:
    now = seen.outlook.now
    return is_broken(state, now) or is_held(state, now) or is_paused(state, now)


def _daemon(seen: Look) -> str:
    if seen.outlook.daemon is None:
        return "no daemon runs"
    return f"no progress for minutes: {', '.join(seen.outlook.stuck)}" if seen.outlook.stuck else ""
