"""The settings of watchbill.toml: every key with its unit, its meaning, and the reason for its default."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from watchbill.config.batch import Batch
from watchbill.config.budget import Budget
from watchbill.config.collaboration import Collaboration
from watchbill.config.forms import Argv, HoursText, Name, Share, Span, Text, Zone
from watchbill.config.health import Health
from watchbill.config.lore import Lore
from watchbill.config.notify import Notify
from watchbill.config.provider import Provider
from watchbill.config.recurring import Recurring
from watchbill.config.reports import Reports, Retention
from watchbill.config.routing import Ladder, Routing
from watchbill.config.rules import OnFail, Rule
from watchbill.config.saving import Saving
from watchbill.config.section import Section
from watchbill.config.traces import Traces
from watchbill.config.web import Web
from watchbill.domain.claims import Widen
from watchbill.domain.questions import OnQuestion
from watchbill.domain.tasks import Autonomy, Delivery
from watchbill.scheduling.bill import Mode, SlotPolicy

STAGES: Mapping[str, tuple[str, ...]] = {
    "polish": ("write",),
    "continuity": ("write", "polish", "lore"),
    "test": ("code", "fix", "refactor"),
    "qa": ("write", "code", "fix", "refactor"),
}


class Sandbox(StrEnum):
    AUTO = "auto"  # the best that the machine has; none there: refuse to run the repository's code
    NONE = "none"  # the owner's own risk


class Daemon(Section):
    """The watch: its clock, its pace and its limits."""

    zone: Zone = ZoneInfo("UTC")
    """IANA time zone in which hours are read. UTC, because it has no hour twice and none missing."""

    state_dir: Path | None = None
    """Folder of the database, the clones, the logs and the socket. Relative to this file. Default: $WATCHBILL_STATE_DIR,
    else systemd's $STATE_DIRECTORY, else one folder per configuration under ~/.local/state/watchbill, so that two
    configurations never share a ledger by accident. A change needs a restart."""

    tick_min: Span = timedelta(seconds=15)
    """Shortest pause between two looks while work is pending: soon enough for people, free for the machine."""

    tick_max: Span = timedelta(minutes=15)
    """Longest pause without work. Changes of a queue wake the daemon at once, so this is only a net."""

    peak_hours: HoursText = "9-11,14-16"
    """Hours of the day, in `zone`, with the short pauses: when people most often add work."""

    off_peak_factor: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] = 2.0
    """How many times longer the pauses are outside `peak_hours`."""

    max_parallel: Annotated[int, Field(ge=1, le=64)] = 3
    """Runs at once, over all providers and repositories. Three keeps the cost of a bad idea small."""

    drain_timeout: Span = timedelta(minutes=10)
    """How long running work may take to reach a checkpoint after SIGTERM; then it is stopped and goes on after the start."""

    session_soft: Span = timedelta(minutes=60)
    """A run older than this is asked to hand over at its next checkpoint."""

    session_stale: Span = timedelta(minutes=90)
    """A run older than this, which was asked to hand over and did not, is stopped; another provider goes on with its session."""

    session_dead: Span = timedelta(minutes=120)
    """A run older than this is stopped, with every process that it started."""

    session_tokens: Annotated[int, Field(ge=4_000)] = 60_000
    """Tokens, about, that the transcript of a session may have when another run takes it up: the brief and the last steps stay
    whole, of what is older a line each. Sixty thousand: what a hand-off to another vendor, whose cache is cold, may cost."""

    lease_ttl: Span = timedelta(minutes=2)
    """How long a run's right to its task outlives its last sign of life. Renewed well before; two minutes survive a busy
    machine and free the task of a dead run soon."""

    slot_policy: SlotPolicy = SlotPolicy.PREFER
    """`strict`: the literal rota. `prefer`: a task stays where it is warm and free hours can be borrowed. `off`: hours
    do not matter. `prefer`, because a strict rota breaks prompt caches and lets work wait beside an idle provider."""

    borrow_after: Span = timedelta(minutes=30)
    """Under `prefer`: how long a task waits for its provider's hour before an idle one may take it."""

    auto_resume: bool = True
    """Whether an account that a limit put on hold is tried again by itself once the limit's reset has passed. Without it
    every limit's hold waits for `watchbill provider reset`; a provider that was sick or unreachable returns all the same."""

    wide_after: Span = timedelta(hours=2)
    """A task that needs several files, a folder, a glob or a whole repository goes before later ones on the same files once it
    has waited this long: else it never would."""

    stages: Mapping[Text, tuple[Text, ...]] = Field(default_factory=lambda: dict(STAGES))
    """Task types and what they wait for: open tasks of those types on the same files come first. {} for none. By default polish
    waits for writing, a continuity check for whatever changes the text, tests for code, fixes and refactoring, and QA for
    writing and code."""

    mode: Mode = Mode.FULL
    """How much starts by itself. `manual`: only what you let go (`watchbill task release`, `once --task`). `gradual`: a few
    tasks a day, each on a branch of its own. `full`: everything, since a task in a queue is meant to be done."""

    gradual_per_day: Annotated[int, Field(ge=1, le=1000)] = 3
    """Under `gradual`: tasks that may begin in a day of `zone`. Three can be read over breakfast."""


class Command(Section):
    """A program of the repository that checks a change. It runs in the sandbox, on the exact tree that would land."""

    name: Name
    """How findings call it."""

    argv: Argv
    """The program and its arguments; no shell reads it."""

    match: tuple[Text, ...] = ("**",)
    """It runs when a changed path matches one of these."""

    timeout: Span = timedelta(minutes=5)
    """It is killed, and has failed, after this."""

    on_fail: OnFail = OnFail.ROLLBACK
    """`rollback`: a new failure keeps the change from landing. `review`: the same, and you are asked instead of the
    provider. `warn`: it is only reported."""


class Repo(Section):
    """A repository to work on. The daemon works in its own clone; your branch, index and files stay untouched."""

    name: Name
    """How it is called everywhere."""

    path: Path
    """The repository, absolute or relative to this file."""

    share: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1.0
    """How much of the work it gets beside other repositories: of two with 2 and 1, the first gets two runs for each one of
    the second. Priority goes before; within one, whoever is furthest behind its share goes first. What local
    automation does beside the watch does not count."""

    target: Text = "main"
    """The branch that work is based on."""

    integration: Text = "watchbill/main"
    """The branch that passing work lands on under `integration`, so that tasks build on each other and you merge when
    you like."""

    queue: Annotated[tuple[Text, ...], Field(min_length=1)] = ("docs/AI_TASK_QUEUE.md",)
    """Markdown files with the tasks, relative to the repository. The default is the name that public repositories use."""

    questions: Text = "docs/AI_QUESTIONS.md"
    """Markdown file, relative to the repository, in which models ask and you answer. It is made with the first question and
    edited in your worktree, never staged."""

    on_question: OnQuestion = OnQuestion.WAIT
    """What a task does that asked: `wait` for your answer, or `proceed` by the model's own recommendation, provisionally,
    while the question stays listed. A task's `on_question` goes before it. `wait`: a question is only asked where a wrong
    guess is dear."""
    handoff: str | None = None
    """Markdown file, relative to the repository, in which one marked section tells status, next tasks, history and questions,
    for people and for agents that work here without watchbill. What stands outside the markers is never touched. Default:
    docs/AI_SESSION_HANDOFF.md where that is there; a file that is named here is made. "" keeps none."""

    inbox: Text | None = None
    """A folder for single tasks, relative to the repository: each markdown file in it is one task, with its fields as front
    matter. Files are moved to its done/ when their task has ended well and to its refused/ when they cannot be read or are
    there already. None by default, since it moves files of yours; `watchbill task add` works without."""

    mode: Mode | None = None
    """How much starts by itself here: `manual`, `gradual` or `full`. Default: as the daemon's."""

    gradual_per_day: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Under `gradual`: tasks that may begin in a day here. Default: as the daemon's. A repository with its own `mode` or
    number counts by itself, the others together."""

    delivery: Delivery = Delivery.INTEGRATION
    """Where passing work goes: `integration`, `branch` (one per task), `land` (the target itself), `patch` (a file)."""

    autonomy: Autonomy = Autonomy.MEDIUM
    """Of tasks that state none. `high` lands, `medium` lands like `high`, `low` waits for review."""

    low_waits: bool = True
    """Whether tasks of low autonomy wait for your review before they land."""

    aliases: Mapping[str, tuple[Text, ...]] = Field(default_factory=dict)
    """Words of the queue that stand for files, for instance { "All scene files" = ["scenes/**"] }."""

    human_editing: Span = timedelta(minutes=10)
    """How long tasks leave a file alone that you changed in your worktree and did not commit, or that an editor has open there.
    Ten minutes: as long as one thinks about a paragraph. "1s" all but switches it off."""

    widen: Widen = Widen.ASKED
    """Whether a task gets files that its queue does not name: `never`; `asked`: what its model asks for beforehand, where
    nobody has it, while what an agent changed unasked waits until you accept the task; `free`: that, too. `asked`, because a
    change that nobody asked for is often a mistake."""

    protected: tuple[Text, ...] = ()
    """Paths whose change always waits for review, beside the built-in ones (CI, agent rules, hooks, this file) and what people
    tell the daemon here: `queue`, `inbox`, `questions`, `handoff` and `rules`."""

    unprotected: tuple[Text, ...] = ()
    """Built-in protected patterns that do not count here, written exactly as built in; a file of `rules` that one covers may
    then be changed as well."""

    rules: tuple[Text, ...] = ("AI_WORKER_RULES.md", "AGENTS.md", "CLAUDE.md")
    """Files with the repository's rules, told to every provider; those that exist are used."""

    canon: tuple[Text, ...] = ()
    """Files or globs with facts that work must not contradict, for instance ["lore/**"]."""

    gates: Mapping[str, bool] = Field(default_factory=dict)
    """Built-in checks switched on or off by name, for instance { choicescript = false }. All are on: a check that does not
    apply costs nothing."""

    commands: tuple[Command, ...] = ()
    """Programs of the repository that check a change, as [[repo.commands]]."""

    setup: tuple[Argv, ...] = ()
    """Programs and arguments that install what `commands` need, one after another, for instance [["python3", "-m", "venv", ".venv"],
    [".venv/bin/pip", "install", "--require-hashes", "-r", "requirements.txt"]]. They run in the sandbox, with network and
    without secrets, in a folder that holds the target branch's lock files only, and again only when those, or they, change."""

    setup_files: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """Globs of the files that `setup` may read. Default: lock files by their usual names."""

    setup_timeout: Span = timedelta(minutes=20)
    """Each of them is killed, and has failed, after this."""

    rule: tuple[Rule, ...] = ()
    """Rules of your own for what stands in changed files, as [[repo.rule]]."""

    sandbox: Sandbox = Sandbox.AUTO
    """`auto`: the repository's programs run without network in the best sandbox here, or not at all. `none`: at your own
    risk."""

    plain_markers: bool = False
    """Whether only `[ ]` and `[x]` are written into the queue, as GitHub shows them; else also `[→]`, `[?]` and `[!]`."""

    comments: bool = True
    """Whether a finished task gets one comment line in the queue with run, cost and commit."""

    max_file_bytes: Annotated[int, Field(ge=1)] = 1_000_000
    """Bytes that a file of a change may have: nobody reviews more."""

    max_files: Annotated[int, Field(ge=1)] = 50
    """Files that a change may touch: more is a sign of a run astray."""

    max_lines: Annotated[int, Field(ge=1)] = 5_000
    """Lines that a change may add and remove together."""

    max_deleted: Share = 0.5
    """How much of a file that stays may be gone after a change, 0 to 1, white space aside: half of a chapter that is missing was
    lost, not polished. Files of less than 2,000 characters are free, and what another file of the change gained was moved."""

    max_deleted_together: Share = 0.5
    """The same of all files of a change together, removed files too. More waits for your review."""

    binary: tuple[Text, ...] = ()
    """Paths or globs where binary files may be written, for instance ["assets/**"]. None by default: nobody can read their diff."""

    brief_tokens: Annotated[int, Field(ge=1_000)] = 24_000
    """Tokens that the brief may have, about: room for rules, canon and the target files, without paying for all of it."""

    max_repairs: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a provider may mend what the checks refused, within one run. Two: the third try rarely helps."""


class Settings(BaseSettings):
    """watchbill.toml."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, env_file=None)

    daemon: Daemon = Daemon()
    budget: Budget = Budget()
    repo: tuple[Repo, ...] = ()
    provider: Mapping[Name, Provider] = Field(default_factory=dict)
    routing: Routing = Routing()
    saving: Saving = Saving()
    health: Health = Health()
    collaboration: Collaboration = Collaboration()
    recurring: tuple[Recurring, ...] = ()
    ladder: tuple[Ladder, ...] = ()
    batch: Batch = Batch()
    lore: Lore = Lore()
    reports: Reports = Reports()
    retention: Retention = Retention()
    web: Web = Web()
    notify: Notify = Notify()
    traces: Traces = Traces()
