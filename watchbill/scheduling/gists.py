"""Gists: what of a decision makes it news when it changes."""

from itertools import permutations

from watchbill.scheduling.decisions import Decision, GiveUp, Reason, Relieve, Start, Wait

# From the one to the other, others' starts and ends move whoever waits for its turn to and fro.
_TURNS = frozenset(
    (("wait", str(before)), ("wait", str(now)))
    for before, now in (
        *permutations((Reason.BEHIND, Reason.PROVIDER_BUSY, Reason.PARALLEL_LIMIT), 2),
        (Reason.FILE_CLAIMED, Reason.BEHIND),
    )
)


def is_news(before: tuple[str, str] | None, now: tuple[str, str]) -> bool:
    """Not where it waits as before, and only who is before it is another.

    >>> is_news(("wait", "behind"), ("wait", "provider_busy")), is_news(("wait", "behind"), ("wait", "file_claimed"))
    (False, True)
    """
    return before != now and (before, now) not in _TURNS


def subject(decision: Decision) -> str:
    return decision.run if isinstance(decision, Relieve) else decision.task


def gist(decision: Decision) -> tuple[str, str]:
    """Kind and reason: what makes a decision a changed one."""
    match decision:
        case Start(provider=provider, model=model):
            return ("start", f"{provider} {model}".strip())
        case Wait(binding=binding):
            return ("wait", binding.reason)
        case Relieve(why=why):
            return ("relieve", why)
        case GiveUp(why=why):
            return ("give_up", why)
    return ("set_aside", decision.why)
