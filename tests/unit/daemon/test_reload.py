"""Reload: built and checked aside, put in force whole or not at all; what runs keeps what it began with."""

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon import hiring, reload
from watchbill.daemon.service import Service
from watchbill.domain.errors import ConfigError
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.money import usd
from watchbill.domain.outcomes import TurnEnd
from watchbill.domain.ports import ProbeResult, Provider, TurnRequest
from watchbill.domain.tasks import TaskState
from watchbill.operator.outlook import ConfigFacts
from watchbill.providers.scripted import finish
from watchbill.state import tasks

pytestmark = pytest.mark.anyio

CLAUDE, GPT, REPO, OTHER = ProviderName("claude"), ProviderName("gpt"), RepoName("repo"), RepoName("other")
DONE = steps(WRITE, finish("done"))
SECOND = """
[[repo]]
name = "other"
path = "other"

[provider.local]"""


def world(tmp_path: Path, **more: Any) -> World:
    return World(root=tmp_path, scripts={"claude": DONE, "gpt": DONE}, **more).make()


def edit(here: World, old: str, new: str) -> None:
    """The owner saves the configuration."""
    place = here.root / "watchbill.toml"
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new))


def drop(here: World, name: str) -> None:
    """The owner takes a provider out of the configuration."""
    place = here.root / "watchbill.toml"
    place.write_text(re.sub(rf"\[provider\.{name}\]\n(.+\n)*", "", place.read_text()))


class Held:
    """A provider that answers when it may, and remembers whether it was closed."""

    def __init__(self, provider: Any) -> None:
        self.name = provider.name
        self.provider = provider
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.closed = False

    async def turn(self, request: TurnRequest) -> TurnEnd:
        assert not self.closed, "a run outlived its provider"
        self.asked.set()
        await self.may_answer.wait()
        answer: TurnEnd = await self.provider.turn(request)
        return answer

    async def probe(self) -> ProbeResult:
        raise NotImplementedError

    async def aclose(self) -> None:
        self.closed = True


def hold(service: Service, name: ProviderName = CLAUDE) -> Held:
    held = Held(service.providers[name])
    service.providers[name] = held  # type: ignore[index]
    return held


async def reloaded(service: Service) -> ConfigFacts:
    facts = await service.reloader.reload()
    assert facts.problems == ()
    return facts


async def test_new_caps_bind_at_once(tmp_path: Path) -> None:
    here = world(tmp_path, budget="daily_usd = 5")
    async with here.service() as service:
        edit(here, "daily_usd = 5", "daily_usd = 2")
        facts = await reloaded(service)

        assert service.orders.standing.bill.caps.day == usd(2)
    assert facts.changed == ("budget.daily_usd",)
    assert here.said("config.reloaded") == [
        {"path": str(tmp_path / "watchbill.toml"), "changed": ("budget.daily_usd",), "needs_restart": ()}
    ]


async def test_a_bad_configuration_changes_nothing_and_is_told_with_its_lines(tmp_path: Path) -> None:
    here = world(tmp_path, daemon="max_parallel = 2")
    async with here.service() as service:
        before = service.orders.standing
        edit(here, "max_parallel = 2", "max_paralel = 2")
        edit(here, 'kind = "local"', 'kind = "locale"')
        facts = await service.reloader.reload()

        assert service.orders.standing is before
        await settle(service)
    assert here.show("notes.md") == "# Notes\n"
    assert len(facts.problems) == 1  # tables that cannot be read have no cross-checks yet
    assert facts.problems[0].startswith("watchbill.toml:")
    assert "daemon.max_paralel" in facts.problems[0]
    assert facts.rejected_at is not None
    assert [said["problems"] for said in here.said("config.rejected")] == [facts.problems]


async def test_a_mended_configuration_takes_the_rejection_back(tmp_path: Path) -> None:
    here = world(tmp_path, daemon="max_parallel = 2")
    async with here.service() as service:
        edit(here, "max_parallel = 2", "max_parallel = 0")
        assert (await service.reloader.reload()).problems
        assert "rejected" in service.reloader.status
        edit(here, "max_parallel = 0", "max_parallel = 4")
        await reloaded(service)

        assert service.orders.standing.bill.max_parallel == 4
        assert service.reloader.status == "on watch"


async def test_what_cannot_be_built_is_rejected_like_what_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(kind: str) -> Callable[[object], Provider]:
        raise RuntimeError(f"the package of {kind} is broken")

    here = world(tmp_path)
    async with here.service() as service:
        before = service.orders.standing
        monkeypatch.setattr(hiring, "load_factory", explode)
        edit(here, 'kind = "local"', 'kind = "local"\ncommand_timeout = "1m"')
        facts = await service.reloader.reload()

        assert service.orders.standing is before
    assert "the package of local is broken" in facts.problems[0]


async def test_a_provider_of_no_installed_kind_is_rejected(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        edit(here, "[provider.local]", '[provider.new]\nkind = "scripted"\n\n[provider.local]')

        assert "no provider kind 'scripted'" in (await service.reloader.reload()).problems[0]


async def test_a_file_that_is_gone_is_rejected(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        (tmp_path / "watchbill.toml").unlink()

        assert "cannot be read" in (await service.reloader.reload()).problems[0]


async def test_what_did_not_change_keeps_its_client(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        before = dict(service.providers)
        edit(here, 'id = "scripted-claude"', 'id = "scripted-claude-2"')
        await reloaded(service)

        assert service.providers[ProviderName("local")] is before[ProviderName("local")]
        assert service.providers[CLAUDE] is not before[CLAUDE]


async def test_a_running_run_keeps_its_provider_until_its_end_and_no_longer(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        held = hold(service)
        await service.ticker.tick()
        await held.asked.wait()
        drop(here, "claude")
        await reloaded(service)
        await service.retired.close_unused()
        was_open = not held.closed
        held.may_answer.set()
        await service.dispatcher.idle()
        await service.retired.close_unused()

        assert was_open
        assert held.closed
        assert CLAUDE not in service.providers
        assert await ends_of(service, "one") == [("claude", "landed")]


async def test_a_running_run_keeps_its_repositorys_terms(tmp_path: Path) -> None:
    here = world(tmp_path, repo='delivery = "branch"')
    async with here.service() as service:
        held = hold(service)
        await service.ticker.tick()
        await held.asked.wait()
        edit(here, 'delivery = "branch"', 'delivery = "integration"')
        await reloaded(service)
        held.may_answer.set()
        await service.dispatcher.idle()
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert here.show("notes.md", "watchbill/one") == "# Notes\n"


async def test_a_start_that_was_planned_for_a_provider_that_is_gone_does_not_happen(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        plan = await service.ticker.tick(narrow=lambda seen: seen.__class__())
        assert plan.starts == ()
        whole = await _plan(service)
        drop(here, "claude")
        await reloaded(service)

        assert await service.dispatcher.start(whole.starts[0]) is None
        assert (await task_of(service, "one")).state is TaskState.QUEUED


async def _plan(service: Service) -> Any:
    from watchbill.scheduling import planner
    from watchbill.state import snapshot

    now, bill = service.parts.clock.now(), service.orders.standing.bill
    seen = await service.parts.database.submit(lambda conn: snapshot.load(conn, bill, now))
    return planner.plan(seen, bill, now)


async def test_a_new_repository_is_opened_and_worked_on(tmp_path: Path) -> None:
    here = world(tmp_path)
    _second(here)
    async with here.service() as service:
        edit(here, "\n[provider.local]", SECOND)
        await reloaded(service)
        await settle(service)

        assert set(service.repos) == {REPO, OTHER}
        assert (await task_of(service, "two")).state is TaskState.LANDED


def _second(here: World) -> None:
    other = World(root=here.root / "elsewhere", scripts={}, files=_queue("- [ ] Another [id:: two] [files:: notes.md]"))
    other.make()
    (here.root / "other").symlink_to(other.path)


def _queue(entry: str) -> Mapping[str, str]:
    return {**FILES, "docs/AI_TASK_QUEUE.md": f"# Queue\n\n{entry}\n"}


async def test_open_tasks_of_a_repository_that_is_gone_wait_and_say_so(tmp_path: Path) -> None:
    here = world(tmp_path)
    _second(here)
    async with here.service() as service:
        edit(here, "\n[provider.local]", SECOND)
        await reloaded(service)
        await service.ticker.tick(narrow=lambda seen: seen.__class__())
        edit(here, SECOND, "\n[provider.local]")
        await reloaded(service)
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert (await task_of(service, "two")).state is TaskState.QUEUED
        assert list(service.ticker.broken) == [OTHER]
        waits = [said["detail"] for said in here.said("task.waiting") if said["task"] == "two"]
        assert "no longer in the configuration" in str(waits[-1])
        now = service.parts.clock.now()
        await service.parts.database.submit(lambda conn: tasks.move(conn, TaskId("two"), TaskState.CANCELLED, now=now))
        await service.ticker.tick()
        assert service.ticker.broken == {}


async def test_a_repository_is_opened_once_in_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        scratch = tmp_path / "state/repos/repo.git/watchbill/spool-of-a-run"
        scratch.write_text("in use")
        edit(here, 'path = "repo"', 'path = "repo"\nmax_files = 7')
        await reloaded(service)

        assert scratch.exists()
        assert service.repos[REPO].limits.files == 7


async def test_queues_are_read_anew_when_their_words_mean_something_else(tmp_path: Path) -> None:
    here = world(tmp_path, files=_queue("- [ ] Do it [id:: one] [files:: The notes]"))
    async with here.service() as service:
        await service.ticker.tick(narrow=lambda seen: seen.__class__())
        before = (await task_of(service, "one")).claims
        edit(here, 'path = "repo"', 'path = "repo"\naliases = { "The notes" = ["notes.md"] }')
        await reloaded(service)
        await service.ticker.tick(narrow=lambda seen: seen.__class__())

        assert before == ("**",)
        assert (await task_of(service, "one")).claims == ("notes.md",)


async def test_what_needs_a_restart_is_named_and_left_as_it_was(tmp_path: Path) -> None:
    here = world(tmp_path, daemon="max_parallel = 2")
    async with here.service() as service:
        edit(here, 'state_dir = "state"', 'state_dir = "elsewhere"')
        first = await reloaded(service)
        edit(here, "max_parallel = 2", "max_parallel = 1")
        second = await reloaded(service)
        await settle(service)

    assert first.needs_restart == second.needs_restart == ("daemon.state_dir",)
    assert second.changed == ("daemon.max_parallel",)
    assert not (tmp_path / "elsewhere").exists()


async def test_many_wishes_are_one_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_QUIET", 0.02)
    here = world(tmp_path)
    async with here.service() as service:
        running = asyncio.create_task(service.reloader.run())
        for _ in range(1_000):
            service.reloader.ask()
        await here.hears("config.reloaded")
        await asyncio.sleep(0.1)
        running.cancel()

    assert len(here.said("config.reloaded")) == 1


async def test_wishes_that_never_end_are_obeyed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_QUIET", 0.002)
    here = world(tmp_path)

    async def wish(service: Service) -> None:
        while True:
            service.reloader.ask()
            await asyncio.sleep(0)

    async with here.service() as service:
        running = [asyncio.create_task(service.reloader.run()), asyncio.create_task(wish(service))]
        await here.hears("config.reloaded")
        for job in running:
            job.cancel()


async def test_who_asks_during_a_reload_gets_a_later_one_and_shares_it(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        first = asyncio.create_task(service.reloader.reload())
        await asyncio.sleep(0)
        later = [asyncio.create_task(service.reloader.reload()) for _ in range(5)]
        await asyncio.gather(first, *later)

    assert len(here.said("config.reloaded")) == 2


async def test_people_are_told_of_a_rejection_by_control(tmp_path: Path) -> None:
    here = world(tmp_path, daemon="max_parallel = 2")
    async with here.service() as service:
        edit(here, "max_parallel = 2", "max_parallel = 3")
        facts = await service.control.reload(wait=True)
        edit(here, "max_parallel = 3", "max_parallel = 0")
        with pytest.raises(ConfigError, match=r"what was in force stays:\nwatchbill.toml:\d+: daemon.max_parallel"):
            await service.control.reload(wait=True)
        asked = await service.control.reload(wait=False)

        assert facts.reloads == 1
        assert asked.problems


async def test_a_queue_file_that_the_new_configuration_names_is_watched(tmp_path: Path) -> None:
    here = world(tmp_path, files={**FILES, "docs/more.md": "# More\n"}, daemon='tick_max = "24h"')
    stop = asyncio.Event()
    async with here.built() as service:
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("task.landed", task="one")
        edit(here, 'path = "repo"', 'path = "repo"\nqueue = ["docs/AI_TASK_QUEUE.md", "docs/more.md"]')
        await reloaded(service)
        await here.hears("queue.read", path="docs/more.md")
        (here.path / "docs/more.md").write_text("- [ ] More [id:: more] [files:: more.md]\n")
        await here.hears("task.discovered", task="more")
        stop.set()
        await serving


async def test_a_client_that_cannot_be_closed_is_an_event_and_no_more(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        held = hold(service)
        held.aclose = _explode  # type: ignore[method-assign]
        edit(here, 'id = "scripted-claude"', 'id = "scripted-claude-2"')
        await reloaded(service)
        await service.retired.close_unused()

    assert [said["where"] for said in here.said("daemon.fault")] == ["closing claude"]


async def _explode() -> None:
    raise OSError("the socket is stuck")


async def test_a_provider_whose_key_is_gone_is_told_although_no_setting_changed(tmp_path: Path) -> None:
    here = world(tmp_path)
    place = here.root / "watchbill.toml"
    key = tmp_path / "key"
    key.write_text("sk-canary\n")
    key.chmod(0o600)
    vendor = f'[provider.vendor]\nkind = "anthropic"\napi_key = "file:{key}"\nmodels = [{{ id = "m" }}]\n'
    async with here.service() as service:
        place.write_text(place.read_text() + "\n" + vendor)
        assert (await reloaded(service)).fell_out == ()
        key.unlink()
        facts = await reloaded(service)

    assert facts.changed == ()
    assert [said.split(":")[0] for said in facts.fell_out] == ["vendor"]
    assert any(note.startswith("provider.vendor: not in use: ") for note in facts.notes)
