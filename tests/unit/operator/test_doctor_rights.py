"""What the doctor tries before the watch is left alone: rights of repositories and remotes, the checklist, and the bundle."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from operator_makers import begin, end, happened, land, put
from test_doctor import Ward

from tests.examples import examples
from watchbill.daemon import checkup, main
from watchbill.daemon.checkup import Wanted
from watchbill.domain.errors import StateError
from watchbill.domain.ports import ProcResult
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.gates.secrets import redacted
from watchbill.operator.cli.root import Options
from watchbill.operator.doctor import bundle, checks, golive, rights
from watchbill.operator.doctor.findings import Verdict
from watchbill.state.database import direct

pytestmark = pytest.mark.anyio


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def bare(folder: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", folder], check=True)


def refs(folder: Path) -> list[str]:
    listed = ["git", "-C", str(folder), "for-each-ref", "--format=%(refname)"]
    return subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()


async def told(ward: Ward) -> list[tuple[str, Verdict, str]]:
    return [(found.subject, found.verdict, found.words) for found in await rights.rights(ward.patient)]


async def test_a_repository_without_remotes_is_tried_itself_and_nothing_is_made(ward: Ward) -> None:
    assert await told(ward) == [("novel", Verdict.OK, "can be read, and watchbill/main can be pushed to it")]
    assert refs(ward.repo) == ["refs/heads/main"]


async def test_each_remote_is_read_and_pushed_to_without_a_change(ward: Ward, tmp_path: Path) -> None:
    bare(tmp_path / "origin.git")
    ward.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    ward.git("remote", "add", "gone", "https://me:canary-pw@127.0.0.1:9/x.git")
    hook = ward.repo / ".git/hooks/pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)

    found = {subject: (verdict, words) for subject, verdict, words in await told(ward)}

    assert found["novel: origin"] == (Verdict.OK, "can be read and pushed to")
    assert found["novel: gone"][0] is Verdict.WARN
    assert "canary-pw" not in repr(found)
    assert refs(tmp_path / "origin.git") == []
    assert not (tmp_path / "hooked").exists()


async def test_a_remote_that_takes_nothing_is_warned_of(ward: Ward, tmp_path: Path) -> None:
    bare(tmp_path / "origin.git")
    wrapper = tmp_path / "refuse"
    wrapper.write_text("#!/bin/sh\necho 'fatal: you may not push here' >&2\nexit 1\n")
    wrapper.chmod(0o755)
    ward.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    ward.git("config", "remote.origin.receivepack", str(wrapper))

    found = {subject: (verdict, words) for subject, verdict, words in await told(ward)}

    assert found["novel: origin"] == (
        Verdict.WARN,
        "can be read and not be pushed to: fatal: you may not push here",
    )


@pytest.mark.parametrize(
    ("delivery", "words"), [("patch", "can be read; nothing is written there"), ("land", "can be pushed to it")]
)
async def test_what_is_tried_is_what_the_delivery_needs(ward: Ward, delivery: str, words: str) -> None:
    ward.change('name = "novel"', f'name = "novel"\ndelivery = "{delivery}"')

    ((_, verdict, said),) = await told(ward)

    assert (verdict, words in said) == (Verdict.OK, True)


async def test_a_repository_that_is_not_there_or_has_no_target_fails(ward: Ward) -> None:
    ward.change('name = "novel"', 'name = "novel"\ntarget = "trunk"')
    assert (await told(ward))[0][1:] == (Verdict.FAIL, "has no branch trunk to read")

    shutil.rmtree(ward.repo / ".git")
    assert (await told(ward))[0][1] is Verdict.FAIL


async def test_a_branch_that_cannot_be_pushed_fails(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object) -> ProcResult:
        return ProcResult(code=1, stdout="", stderr="", timed_out=True)

    monkeypatch.setattr(rights, "_push", refused)

    assert (await told(ward))[0][1:] == (Verdict.FAIL, "can be read and not be pushed to: no answer within 20 s")


async def closed(ward: Ward) -> dict[str, Verdict]:
    return {entry.check: entry.found.verdict for entry in await checks.go_live(ward.patient)}


async def test_a_run_that_was_done_and_booked_closes_them(ward: Ward) -> None:
    ward.begin()
    with direct(ward.patient.folder.db) as conn:
        put(conn, "a")
        land(conn, "a")

    assert set((await closed(ward)).values()) == {Verdict.OK}


async def test_a_missing_key_is_open_and_one_of_a_provider_that_is_off_is_not(ward: Ward) -> None:
    ward.key.unlink()
    assert [found.subject for found in await golive.keys(ward.patient)] == ["claude"]

    ward.change('kind = "anthropic"', 'kind = "anthropic"\nenabled = false')
    assert [found.words for found in await golive.keys(ward.patient)] == ["no key is needed"]


class Answers:
    """A client that answers what it is told."""

    def __init__(self, rows: list[dict[str, object]], **total: float) -> None:
        self.said = {"/prices": {"rows": rows}, "/costs": {"total": total}}

    def get(self, path: str) -> object:
        return self.said[path]


@pytest.mark.parametrize(
    ("answers", "verdict", "words"),
    [
        (Answers([]), Verdict.OK, "nobody is billed"),
        (
            Answers([{"provider": "p", "model": "m", "priced": False, "why": "unknown"}], cost_micro_usd=0),
            Verdict.FAIL,
            "has no price: unknown",
        ),
        (
            Answers([{"priced": True}], cost_micro_usd=2, cost_usd=2, unknown_micro_usd=1, unknown_usd=1),
            Verdict.WARN,
            "is charged at its bound",
        ),
    ],
)
def test_costs_are_tracked_where_all_that_is_billed_has_a_price_and_was_booked(
    answers: Answers, verdict: Verdict, words: str
) -> None:
    found = next(iter(golive._costs(answers)))  # type: ignore[arg-type]

    assert (found.verdict, words in found.words) == (verdict, True)


async def test_a_git_that_does_not_merge_is_open(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    async def merges(*_: object) -> tuple[bool, bool]:
        return True, False

    async def breaks(*_: object) -> tuple[bool, bool]:
        raise OSError("no room")

    for tried in (merges, breaks):
        monkeypatch.setattr(golive, "_tried", tried)
        (found,) = await golive.conflicts(ward.patient)
        assert found.verdict is Verdict.FAIL


async def asked(ward: Ward, monkeypatch: pytest.MonkeyPatch, **wanted: object) -> int:
    assert ward.patient
    for name in [name for name in os.environ if name.startswith("WATCHBILL_")]:
        monkeypatch.delenv(name)
    return await checkup.doctor(Options(config=ward.repo / "watchbill.toml"), Wanted(**wanted))  # type: ignore[arg-type]


async def test_the_checklist_ends_with_3_while_something_is_open(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ward.begin()

    code = await asked(ward, monkeypatch, go_live=True, as_json=True)

    said = json.loads(capsys.readouterr().out)
    assert (code, said["verdict"]) == (3, "fail")
    assert [(each["check"], each["verdict"], bool(each["mend"])) for each in said["checks"]] == [
        ("keys", "ok", False),
        ("first run", "fail", True),
        ("cost tracking", "fail", True),
        ("conflicts", "ok", False),
    ]


async def test_the_doctor_tries_the_rights_and_writes_a_bundle_where_it_is_told(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ward.begin()
    place = tmp_path / "bundle.tar.gz"

    await asked(ward, monkeypatch, repos=True, bundle=place)

    said = capsys.readouterr().out
    with tarfile.open(place) as archive:
        names = archive.getnames()
        status = json.load(archive.extractfile("watchbill/status.json"))  # type: ignore[arg-type]
    assert "watchbill/main can be pushed to it" in said
    assert "look through it before you send it" in said
    assert names == [
        f"watchbill/{name}.json"
        for name in ("doctor", "settings", "versions", "status", "events", "runs", "budgets", "notices")
    ]
    assert status["config"].endswith("watchbill.toml")
    assert place.stat().st_mode & 0o777 == 0o600


async def test_a_bundle_that_cannot_be_written_is_said(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StateError, match="cannot write /nowhere/b: No such file"):
        await asked(ward, monkeypatch, bundle=Path("/nowhere/b"), as_json=True)


def test_the_checklist_is_asked_for_by_itself() -> None:
    said = CliRunner().invoke(main.root.group, ["doctor", "--go-live", "--bundle", "b.tgz"])

    assert said.exit_code == 2
    assert "--go-live is a list of its own" in said.output


async def test_a_bundle_is_written_where_no_configuration_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "watchbill.toml"
    config.write_text("[daemon]\nbananas = 1\n")
    monkeypatch.setenv("SOME_TOKEN", "watchbill.toml:2")
    place = tmp_path / "bundle.tar.gz"

    code = await checkup.doctor(Options(config=config), Wanted(bundle=place))

    with tarfile.open(place) as archive:
        names = archive.getnames()
        found = archive.extractfile("watchbill/doctor.json").read().decode()  # type: ignore[union-attr]
    assert (code, names) == (3, ["watchbill/doctor.json", "watchbill/versions.json"])
    assert "bananas: is no key here" in found
    assert "watchbill.toml:2" not in found
    assert "look through it before you send it" in capsys.readouterr().out


async def test_what_cannot_be_asked_is_in_the_bundle_as_that(ward: Ward) -> None:
    ward.state.mkdir()
    (ward.state / "watchbill.db").write_text("no database at all" * 100)

    made = await bundle.members(ward.patient, {})

    assert "could_not_be_asked" in json.loads(made["status.json"])


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40)
PLAIN = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for pair in value.items() for each in pair for text in texts(each))
        case list():
            yield from (text for each in value for text in texts(each))


@examples(25, part=12)
@given(canaries=st.lists(SECRETS, min_size=1, max_size=4), around=PLAIN, before=st.text(), after=st.text())
def test_no_secret_is_left_in_any_text_whatever_stands_around_it(
    canaries: list[str], around: object, before: str, after: str
) -> None:
    told = {f"{before}{one}{after}": [around, {"it": f"{before}{one}{after}"}] for one in canaries}

    left = json.loads(bundle._text(bundle.hide({"told": told}, canaries)))

    kept = "[secret]"
    assert not any(
        one in text.replace(kept, "") for text in texts(left) for one in canaries if one not in before + after
    )


async def test_no_secret_of_the_installation_is_in_the_bundle_wherever_it_got_to(ward: Ward, tmp_path: Path) -> None:
    canaries = ("sk-canary", 'an"address\\1', "a-token-of-mine", "Bearer-token-9")
    (tmp_path / "urls").write_text(f"json://user:{canaries[1]}@hooks.example/x\n")
    ward.text += (
        f'[notify]\ntargets = ["file:{tmp_path}/urls"]\n[traces]\nendpoint = "http://h.example"\nheaders = "env:H"\n'
    )
    ward.environ |= {"A_TOKEN": canaries[2], "H": f"Authorization={canaries[3]}", "EDITOR": "emacs"}
    ward.begin()
    with direct(ward.patient.folder.db) as conn:
        put(conn, "t", title=f"Use {' '.join(canaries)} here", note=f"it said {canaries[0]}")
        happened(conn, "daemon.fault", error=" ".join(canaries), where=canaries[0])
        end(conn, begin(conn, "t"), RunState.FAILED, TaskState.QUEUED, reason=" ".join(canaries))

    made = await bundle.members(ward.patient, {"checks": [{"words": " ".join(canaries)}]})

    left = [text for each in made.values() for text in texts(json.loads(each))]
    assert not any(canary in text for text in left for canary in canaries)
    assert any("Use [secret] [secret] [secret] [secret] here" in text for text in left)
    assert "could_not_be_asked" not in made["budgets.json"].decode()


def test_what_has_the_shape_of_a_key_is_hidden_though_nobody_knows_it() -> None:
    assert redacted(b"it said ghp_" + b"aB3" * 12, []) == b"it said [secret]"


def test_a_short_value_is_hidden_as_it_is() -> None:
    assert redacted(b"pw is hunt2", ["hunt2"]) == b"pw is [secret]"
