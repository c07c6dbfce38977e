"""The registry of events: every name that may be logged, with its level, fields and meaning. Printed into docs/events.md."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    name: str
    level: str  # debug | info | warning | error
    fields: tuple[str, ...]
    help: str


def _spec(name: str, level: str, fields: str, help_: str) -> EventSpec:
    return EventSpec(name=name, level=level, fields=tuple(fields.split()), help=help_)


EVENTS: tuple[EventSpec, ...] = (
    _spec("daemon.started", "info", "version pid state_dir", "The daemon holds the state folder and has recovered."),
    _spec("daemon.ready", "info", "providers repos", "Timers and watchers run; work can start."),
    _spec(
        "daemon.stopping", "info", "why", "A signal or a fault asked for the end; running work goes to its checkpoint."
    ),
    _spec("daemon.stopped", "info", "", "Everything is put away; the state folder is free."),
    _spec("daemon.tick_idle", "debug", "next", "Nothing is ready: no call, no worktree, no cost."),
    _spec("daemon.recovered", "info", "runs calls commits", "What the last holder left was put in order at start."),
    _spec(
        "agents.reaped", "warning", "processes", "Processes that agents of the last holder had left behind were killed."
    ),
    _spec("daemon.fault", "error", "error where", "Something unexpected failed; the daemon went on."),
    _spec("daemon.stuck", "error", "parts", "Parts make no progress; the service manager hears of no life any more."),
    _spec("daemon.unstuck", "info", "parts", "They go on."),
    _spec("clock.jumped", "warning", "by asleep", "The wall clock was set, or the machine slept; both in seconds."),
    _spec("clock.put_right", "info", "names", "What a clock that ran ahead had put off too far waits no longer."),
    _spec("config.loaded", "info", "path", "The configuration is in force."),
    _spec("config.reloaded", "info", "path changed needs_restart", "A new configuration is in force, for new runs."),
    _spec("config.rejected", "error", "path problems", "A changed configuration is bad; the last good one stays."),
    _spec("control.asked", "info", "actor method path status", "Somebody asked for a change, and this came of it."),
    _spec("web.listening", "info", "address", "The page and the control API are served on loopback too."),
    _spec("web.unavailable", "warning", "address why", "They cannot be served there; it is tried again."),
    _spec("queue.read", "info", "repo path tasks unreadable", "A queue file was read."),
    _spec("queue.unreadable", "warning", "repo path line why", "A line of a queue could not be read; the rest was."),
    _spec("queue.written", "debug", "repo path task marker", "A task's marker was set in its queue."),
    _spec("queue.write_put_off", "warning", "repo path why", "A marker could not be written now; it is tried again."),
    _spec("question.asked", "info", "question task repo title waits", "A model asked its people something."),
    _spec("question.answered", "info", "question task how", "A person answered; the task goes on with it."),
    _spec("question.withdrawn", "info", "question task how", "A question is no longer asked, and has no answer."),
    _spec("questions.read", "info", "repo path open unreadable", "The questions file was read."),
    _spec("questions.unreadable", "warning", "repo path line why", "An answer could not be understood."),
    _spec(
        "questions.written", "debug", "repo path questions", "Questions, or their answers, were written into the file."
    ),
    _spec(
        "questions.write_put_off", "warning", "repo path why", "The file could not be written now; it is tried again."
    ),
    _spec("handoff.written", "debug", "repo path", "The repository's hand-off file tells how things stand now."),
    _spec("handoff.write_put_off", "warning", "repo path why", "It could not be written now; it is tried again."),
    _spec("inbox.taken", "info", "box file task", 'A file of an inbox became a task; "" is the state folder\'s inbox.'),
    _spec("inbox.refused", "warning", "box file why", "A file of an inbox cannot be a task; it is moved to refused/."),
    _spec("inbox.unreadable", "warning", "box file line why", "A field of an inbox's file could not be read."),
    _spec("inbox.put_away", "info", "box file task to", "A file was moved out of its inbox, since its task has ended."),
    _spec("inbox.put_off", "warning", "box file why", "A file could not be read or moved now; it is tried again."),
    _spec("pause.set", "info", "scope of until who why", "A person stopped something; work under way hands over."),
    _spec("pause.lifted", "info", "scope of", "A person lets it go on."),
    _spec("pause.lapsed", "info", "scope of", "A pause came to its end by itself."),
    _spec(
        "daemon.drain_asked",
        "info",
        "within who why",
        "A person has the daemon leave; running work goes to its checkpoint.",
    ),
    _spec(
        "lock.broken",
        "warning",
        "task run files who why",
        "A person took files from who held them; a run of it broke off, and its task is held.",
    ),
    _spec("daemon.halted", "warning", "file why", "The file WATCHBILL_STOP is there: no new work begins."),
    _spec("daemon.unhalted", "info", "file", "The file WATCHBILL_STOP is gone: work goes on."),
    _spec("task.released", "info", "task", "A person lets a task start, whatever the mode."),
    _spec("task.bumped", "info", "task provider", "A person made a task the next of its repository."),
    _spec("task.discovered", "info", "task repo title type", "A new task was found."),
    _spec("task.changed", "info", "task fields", "A task's text was changed in its queue."),
    _spec("task.proposed", "info", "task repo title", "A check of ours proposes a task."),
    _spec("task.waiting", "info", "task reason detail until", "Why a task does not run now changed."),
    _spec("task.landed", "info", "task run commit target", "A task's commit is on its target."),
    _spec("task.verified", "info", "task run", "Nothing is to be changed, says a check or a person."),
    _spec("task.review", "info", "task run why", "A task waits for a human."),
    _spec("task.requeued", "info", "task why", "A task goes back to the queue."),
    _spec("task.failed", "warning", "task why", "A task used up its attempts."),
    _spec("task.quarantined", "warning", "task runs why", "It failed thrice in the same way; a person has to look."),
    _spec("task.cancelled", "info", "task why", "A task was cancelled."),
    _spec("task.reverted", "warning", "task run commit revert why", "A landed change was undone."),
    _spec("task.approved", "info", "task who tree edited", "A person approved this exact tree; it lands as it is."),
    _spec("task.rejected", "info", "task who why", "A person wants it done anew, and said how."),
    _spec("recurring.found", "info", "entry occurrence found made", "A recurring entry found work; it became tasks."),
    _spec("recurring.idle", "info", "entry occurrence", "A recurring entry found nothing: no task, no run, no cost."),
    _spec("recurring.failed", "warning", "entry occurrence why", "A recurring entry could not look for its work."),
    _spec("run.started", "info", "run task provider model token attempt riders", "A provider begins its stint."),
    _spec("run.stage", "debug", "run task stage", "A run comes to its next stage: work, gate or land."),
    _spec("run.turn", "debug", "run call tools cost", "A model answered."),
    _spec("call.saved", "info", "run task by call tokens cost", "The stored answer of an identical request was taken."),
    _spec("run.tool", "debug", "run tool refused", "A tool was carried out."),
    _spec("run.gated", "info", "run new debt passes", "The gates judged a tree."),
    _spec("claim.granted", "info", "run task patterns why", "A run under way was given more files."),
    _spec("claim.refused", "info", "run task patterns why", "A run asked for files that it cannot have now."),
    _spec("claim.offered", "info", "run task patterns", "A run changed free files unasked; accepting it grants them."),
    _spec("run.ended", "info", "run task state why cost", "A run came to its end."),
    _spec("ladder.escalated", "info", "task run from_step to_step", "A step was not good enough; the next one begins."),
    _spec("session.handed_over", "info", "session task from_provider why", "The work goes on with another run."),
    _spec("session.taken_over", "warning", "task run from_provider why", "A stale run is stopped; another goes on."),
    _spec(
        "session.compacted", "info", "session task run before after", "A transcript was shortened; in tokens, about."
    ),
    _spec("session.hand_over_asked", "info", "task run to why", "A person has a session handed over."),
    _spec(
        "session.reviewed",
        "info",
        "task run drafter approved round comments",
        "Another vendor read a draft: it lands, or its author goes on with the comments.",
    ),
    _spec("session.resumed", "info", "session task run checkpoint", "A run continues what another began."),
    _spec(
        "session.caught_up",
        "info",
        "session task run paths",
        "A run goes on upon what others landed in its files meanwhile.",
    ),
    _spec("provider.setback", "warning", "provider kind scope until message", "A provider gave no usable answer."),
    _spec(
        "provider.held",
        "warning",
        "provider model kind until",
        "An account, or one model of it, is put on hold; without `until`, until a person acts.",
    ),
    _spec("provider.released", "info", "provider", "A hold's time is over: one run tries whether it is well."),
    _spec("provider.paced", "debug", "provider seconds", "A request waits for its provider's own limits of a minute."),
    _spec("model.started", "info", "provider weights sandboxed seconds", "The worker of a local model can be asked."),
    _spec("model.failed", "warning", "provider why", "The worker of a local model could not be started."),
    _spec("model.stopped", "info", "provider why", "The worker of a local model ended: idle, or why."),
    _spec("provider.probed", "debug", "provider well message", "A free probe asked whether a provider is well."),
    _spec("provider.breaker_opened", "warning", "provider model until why", "It failed in a row; it is left alone."),
    _spec("provider.breaker_half_open", "info", "provider model", "A probe found it well: one run may try it."),
    _spec("provider.breaker_closed", "info", "provider model", "It answers again."),
    _spec("provider.reset", "warning", "provider models holds who why", "A person says that it is well."),
    _spec("provider.scored", "debug", "provider score before", "The health of a provider changed; 0 to 100."),
    _spec("provider.retiring", "warning", "provider model at", "A model will be retired soon, or was."),
    _spec("lease.lost", "warning", "run task", "A run's lease is no longer its own; it stops and writes nothing."),
    _spec("cost.settled", "debug", "call cost bound", "A call was booked."),
    _spec("cost.unknown", "warning", "call why", "Nobody can say what a call cost; its bound stays charged."),
    _spec(
        "batch.collected", "debug", "call task run provider", "A turn that may wait is put beside others for a batch."
    ),
    _spec("batch.sent", "info", "batch provider requests vendor_id", "A batch is with its vendor."),
    _spec("batch.found", "info", "batch vendor_id", "A batch that was sent before a crash was found at its vendor."),
    _spec(
        "batch.doubtful", "warning", "batch provider why", "Nobody knows whether the vendor has it; it is looked for."
    ),
    _spec("batch.refused", "warning", "batch provider why", "A batch was not taken, and costs nothing."),
    _spec(
        "batch.trouble",
        "warning",
        "batch provider why",
        "A vendor could not be asked about a batch; it is asked again.",
    ),
    _spec("batch.withdrawn", "info", "batch provider", "No task waits for a batch any more; the vendor was told."),
    _spec(
        "batch.ended", "info", "batch provider outcomes saved", "Every request of a batch is settled, each by itself."
    ),
    _spec("budget.refused", "warning", "window left wanted", "A call did not fit into a budget and was not sent."),
    _spec("budget.alert", "warning", "window share", "A budget window reached its alert share."),
    _spec(
        "cost.over_bound",
        "error",
        "call provider model cost_micro_usd bound_micro_usd",
        "A call cost more than its bound; its model is stopped.",
    ),
    _spec(
        "cost.lowered", "info", "call cost before who why", "A person, or an export, said what an unknown call cost."
    ),
    _spec("provider.allowed", "warning", "provider model who why", "A person lets a stopped model be asked again."),
    _spec("budget.paused", "warning", "window until", "A call did not fit: work waits until the window has room."),
    _spec("budget.resumed", "info", "window", "A budget window turned or has room again; work goes on."),
    _spec(
        "budget.raised", "warning", "of amount_micro_usd until who why", "A person lets a budget have more for a while."
    ),
    _spec("budget.raise_ended", "info", "of amount_micro_usd", "A raise came to its end by itself."),
    _spec("budget.overage", "warning", "provider until who why", "A person lets a provider cost money beyond credits."),
    _spec("schedule.watch_changed", "info", "on_watch", "The watch changed hands."),
    _spec(
        "schedule.overridden",
        "warning",
        "number provider hours until who why",
        "A person gives hours to a provider for a while.",
    ),
    _spec("schedule.cleared", "warning", "numbers providers who why", "A person has the hours be as they are written."),
    _spec("landing.committed", "info", "run commit target", "A commit was put onto its target."),
    _spec("landing.conflict", "warning", "run paths", "A change does not merge onto its target."),
    _spec("conflict.predicted", "warning", "run task other paths", "A run under way would not merge as things stand."),
    _spec("conflict.cleared", "info", "run task other", "It would merge again."),
    _spec("conflict.resolved", "info", "run paths how", "A change that did not merge onto its target does now."),
    _spec(
        "conflict.handed_back", "info", "run task paths", "A provider is given both sides of a conflict, and the base."
    ),
    _spec("conflict.escalated", "warning", "run task paths", "A conflict waits for a person."),
    _spec(
        "landing.put_out",
        "warning",
        "run task of gates",
        "Of so many changes that were to land together this one makes a command fail; the others land.",
    ),
    _spec("landing.undo_failed", "warning", "undoing task run why", "A landed change could not be undone by itself."),
    _spec("landing.parted", "warning", "repo target paths", "An integration branch and its target do not merge."),
    _spec("landing.rejoined", "info", "repo target", "An integration branch and its target merge again."),
    _spec(
        "landing.rewritten",
        "warning",
        "repo branch was now gone",
        "Commits were taken off a branch, and so off what builds on it; of what landed the named runs went with them.",
    ),
    _spec("landing.published", "debug", "repo ref commit", "A branch is shown in the owner's repository."),
    _spec("landing.taken", "info", "repo ref task", "An offered branch was merged or dropped; its files are free."),
    _spec("landing.put_off", "warning", "repo ref why", "A branch could not be shown in the owner's repository now."),
    _spec(
        "gate.flaky",
        "warning",
        "repo commit gates said",
        "A command failed, and passed when it was run again on the same tree: nothing follows from it. `said`: how it failed.",
    ),
    _spec("head.broken", "warning", "repo commit who why", "What breaks the head is not ours to revert."),
    _spec("setup.made", "info", "repo environment seconds bytes", "The set-up commands of a repository were run."),
    _spec("setup.reused", "debug", "repo environment seconds", "An environment was there already; waited for so long."),
    _spec("setup.failed", "error", "repo why", "A set-up command of a repository failed; its programs cannot be run."),
    _spec("head.validated", "info", "repo commit findings new", "A new head of the target branch was checked."),
    _spec("notify.sent", "info", "notice target title", "Somebody was told something."),
    _spec("notify.put_off", "warning", "notice target why next", "A target did not take a notice; it is tried again."),
    _spec("notify.failed", "error", "notice target why", "A target did not take a notice, and it is not tried again."),
    _spec("notify.unaddressed", "warning", "target why", "A target's address cannot be read; the others are told."),
    _spec("report.written", "debug", "path", "A report was written."),
    _spec("report.failed", "warning", "path why", "A report could not be written now; it is tried again."),
    _spec("report.baseline", "info", "since until", "The first week is counted: later figures are held against it."),
    _spec(
        "retention.swept",
        "info",
        "events decisions transcripts prompts audits patches worktrees refs reports bytes",
        "What was old enough was removed; how many of each, and bytes of files.",
    ),
)

EVENT_BY_NAME: Mapping[str, EventSpec] = {spec.name: spec for spec in EVENTS}
