"""Faults that callers handle by name. Planned ends of work are values: see outcomes."""

from datetime import datetime

from watchbill.domain.money import MicroUsd, show


class WatchbillError(Exception):
    """Base of every fault that watchbill words for its reader: what failed, why, what to do next."""


class IllegalMove(WatchbillError):
    """A state machine was asked for a transition that its table does not have."""


class LeaseLost(WatchbillError):
    """The holder's token is no longer the task's: somebody else holds it, or it ended. Stop, write nothing more."""


class ClaimTaken(WatchbillError):
    """A path that a run needs is held by another live run."""


class OverBudget(WatchbillError):
    """A reservation does not fit into a window or quota; nothing was sent. `cap` is what that has when it is untouched.

    Amounts are micro-dollars (of money, or of what credits are worth) unless `unit` says tokens or runs.
    """

    def __init__(self, window: str, *, left: int, wanted: int, cap: int | None = None, unit: str = "") -> None:
        if unit:
            said = f"has {max(0, left):,} {unit} left, the call may take {wanted:,}"
        else:
            said = f"has {show(MicroUsd(max(0, left)))} left, the call may cost {show(MicroUsd(wanted))}"
        super().__init__(f"budget {window} {said}")
        self.window = window
        self.left = left
        self.wanted = wanted
        self.never_fits = cap is not None and wanted > cap


class AtRest(WatchbillError):
    """The account or the model is on hold, so nothing was sent. `until` is None while a person is waited for, or another run
    asks whether it is well again."""

    def __init__(self, of: str, *, kind: str, why: str, until: datetime | None) -> None:
        super().__init__(f"{of} rests: {why}")
        self.kind = kind
        self.until = until


class Unpriced(WatchbillError):
    """No price is known for a model, so no call to it can be bounded: not routable."""


class StoppedModel(Unpriced):
    """A call to this model once cost more than its bound: its price is not to be trusted until a person looked."""


class ToolRefused(WatchbillError):
    """A model's tool call asked for something it may not have; the text goes back to the model."""


class PathRefused(ToolRefused):
    """A path leaves the worktree, follows a link, or names something protected."""


class ConfigError(WatchbillError):
    """The configuration cannot be used; the text names file, line, key and the mend."""


class StateError(WatchbillError):
    """The state folder cannot be used: newer schema, another daemon, damaged file."""


class StateHeld(StateError):
    """Another process holds the state folder; it may let go of it."""


class StateFull(StateError):
    """The disk of the state folder has no room; there may be some again soon."""


class StateNewer(StateError):
    """A newer watchbill wrote the state: this one would misread it."""


class StateLost(StateError):
    """The state folder was removed or replaced under its holder: what it writes, nobody will find."""


class GitError(WatchbillError):
    """A git command failed; carries its argv and stderr."""


class NotCommittable(GitError):
    """What stands in a worktree is nothing that a commit can hold."""


class Unsafe(WatchbillError):
    """Repository code was to run and no sandbox is available."""


class SetupFailed(Unsafe):
    """A repository's set-up commands failed, so its programs cannot be run; carries the command and the end of what it said."""
