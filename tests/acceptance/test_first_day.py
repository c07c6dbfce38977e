"""The first day: an owner comes from another orchestrator, asks the doctor, and lets the daemon begin."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harness import KEY, QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

REAL = Path(__file__).parents[3] / "shared" / "data" / "aethromoor"
CONDITION_FALSE = 3
OLD = {
    "ai_providers": {
        "anthropic_claude": {
            "enabled": True,
            "api_key_secret": "CLAUDE_KEY",  # a variable's name
            "models": ["claude-3-opus-20240229"],
            "rate_limits": {"requests_per_minute": 50},
            "schedule_slots": [0, 6, 12, 18],
        },
        "local_automation": {"enabled": True, "schedule_slots": "continuous"},
    },
    "scheduling": {"round_robin": {"enabled": False}},
}


def checks(town: Town, *args: str) -> dict[str, list[dict[str, Any]]]:
    """The doctor's findings by check, beside the whole's exit code under ""."""
    said = town.run("doctor", *args, "--json")
    by_check: dict[str, list[dict[str, Any]]] = {"": [{"code": said.code}]}
    for found in said.json["checks"]:
        by_check.setdefault(found["check"], []).append(found)
    return by_check


def verdicts(found: list[dict[str, Any]]) -> list[str]:
    return [each["verdict"] for each in found]


def test_the_doctor_looks_beside_a_daemon_and_without_one(town: Town) -> None:
    town.write(QUEUE, "- [ ] Dig [provider:: nobody]\n")
    town.key.chmod(0o644)
    before = checks(town)
    with town.serve() as daemon:
        daemon.wait("task.waiting")
        beside = checks(town, "--fix")
        daemon.wait("daemon.tick_idle", count=2)
    after = checks(town)

    assert verdicts(before["database"]) == ["ok"]
    assert verdicts(before["keys"]) == ["warn"]
    assert f"process {daemon.process.pid} holds the state folder and answers" in beside["holder"][0]["words"]
    assert verdicts(beside["keys"]) == ["ok"]
    assert set(verdicts(after["database"])) == {"ok"}
    assert verdicts(after["queues"]) == ["ok"]
    assert town.key.stat().st_mode & 0o777 == 0o600
    assert {each[""][0]["code"] for each in (before, beside, after)} == {0}
    assert KEY not in json.dumps([before, beside, after])


def test_the_doctor_mends_what_a_kill_left(town: Town, player: Player) -> None:
    player.steps, player.pace = {"Dig": [write("well.md", f"{depth}\n") for depth in range(99)]}, 0.1
    town.write(QUEUE, "- [ ] Dig [files:: well.md]\n")
    daemon = town.start()
    daemon.wait("run.tool", count=2)
    daemon.kill()
    (town.state / "repos" / "town.git" / "packed-refs.lock").touch()

    broken = checks(town)
    mended = town.run("doctor", "--fix")
    whole = checks(town)

    for check in ("holder", "worktrees", "clones"):
        assert "warn" in verdicts(broken[check]), broken[check]
        assert verdicts(whole[check]) == ["ok"], whole[check]
    assert "mending: delete" in mended.out
    player.steps, player.pace = {"Dig": [write("well.md", "Deep.\n"), finish()]}, 0.0
    with town.serve() as again:
        again.wait("task.landed")


def test_the_doctor_asks_providers_online_and_fails_with_their_words(town: Town, vendor: FakeVendor) -> None:
    gone = town.provider("gpt", "openai", "http://127.0.0.1:9/v1", "fake-2")
    well = checks(town, "--online")
    town.config.write_text(town.config.read_text() + gone)
    sick = checks(town, "--online")
    unasked = checks(town)

    assert (verdicts(well["providers"]), well[""][0]["code"]) == (["ok"], 0)
    assert (verdicts(sick["providers"]), sick[""][0]["code"]) == (["ok", "fail"], CONDITION_FALSE)
    assert (verdicts(unasked["providers"]), unasked[""][0]["code"]) == (["not checked"] * 2, 0)
    assert vendor.calls == []


def test_the_doctor_without_a_configuration_says_where_to_begin(town: Town) -> None:
    town.config.write_text("[daemon]\nmax_paralel = 1\n")

    said = town.run("doctor")

    assert said.code == CONDITION_FALSE
    assert "watchbill.toml:2: daemon.max_paralel" in said.out
    assert "ok          git" in said.out


def test_an_owner_of_another_orchestrator_gets_a_daemon_that_begins(town: Town) -> None:
    town.write(QUEUE, "- [ ] Dig [provider:: nobody]\n")
    (town.home / "old.json").write_text(json.dumps(OLD))
    town.config.unlink()

    told = town.run("-C", "town", "init", "--from", "../old.json", "--yes")

    assert told.code == 0, told
    assert "claude-3-opus-20240229 was retired on 2026-01-05" in told.out
    made = (town.repo / "watchbill.toml").read_text()
    town.config.write_text(
        made.replace('path = "."', 'path = "town"').replace("[daemon]", '[daemon]\nstate_dir = "state"')
    )
    (town.repo / "watchbill.toml").unlink()
    assert town.run("config", "check").code == 0
    with town.serve() as daemon:
        assert daemon.wait("daemon.ready")["repos"] == ["town"]


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the first user's files are not at {REAL}")
def test_the_first_users_own_files_become_a_configuration_that_plans(town: Town) -> None:
    files = [
        word for name in ("multi-ai-config.json", "automation-settings.json") for word in ("--from", str(REAL / name))
    ]

    told = town.run("-C", "town", "init", *files, "--force", "--yes", "--json")

    fates = told.json["imports"]
    assert len({(line["file"], line["key"]) for line in fates}) == len(fates)
    assert told.json["written"]
    said = town.run("--config", str(town.repo / "watchbill.toml"), "plan", "--json")
    assert said.code == 0, said
