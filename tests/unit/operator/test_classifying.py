"""watchbill provider classify: signals in, one verdict a line out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchbill.operator.cli import root as cli
from watchbill.providers.oracle import judge
from watchbill.providers.oracle.signal import Signal
from watchbill.providers.oracle.verdict import Verdict

LIMIT = {
    "provider": "claude-code",
    "channel": "cli",
    "text": "You've hit your Opus limit · resets 3pm (Europe/Berlin)",
    "received_at": "2026-11-30T12:00:00Z",
}
FINE = {"status": 200, "body": {"stop_reason": "end_turn", "content": "429 is too many requests."}}


def classify(*words: str, stdin: str = "", code: int = 0) -> Result:
    result = CliRunner().invoke(cli.group, ["provider", "classify", *words], input=stdin, prog_name="watchbill")
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result


def test_each_signal_gets_its_verdict_on_a_line_with_the_documented_keys(tmp_path: Path) -> None:
    (tmp_path / "signals.jsonl").write_text(f"{json.dumps(LIMIT)}\n\n{json.dumps(FINE)}\n")

    first, second = classify("--file", str(tmp_path / "signals.jsonl"), "--json").stdout.splitlines()

    rule = json.loads(first).pop("rule")
    assert json.loads(first) == {
        "class": "Exhausted",
        "scope": "model",
        "window": "unknown",
        "resets_at": "2026-11-30T14:00:00Z",
        "retry_same_provider": False,
        "counts_as_attempt": False,
        "model": "opus",
        "rule": rule,
    }
    assert json.loads(second)["class"] == "Success"
    assert json.loads(second)["resets_at"] is None


def test_signals_come_from_stdin_and_verdicts_are_words_for_people() -> None:
    told = classify("--file", "-", stdin=json.dumps(LIMIT)).stdout

    assert told.startswith("Exhausted (model of opus, window unknown, again from ")


def test_a_line_that_is_no_signal_gets_an_error_on_its_place_and_the_others_their_verdict() -> None:
    lines = ["nonsense", json.dumps(FINE), '{"received_at": "soon"}']

    result = classify("--file", "-", "--json", stdin="\n".join(lines), code=1)
    first, second, third = map(json.loads, result.stdout.splitlines())

    assert (first["line"], first["error"]["code"]) == (1, "bad_signal")
    assert second["class"] == "Success"
    assert third["line"] == 3
    assert "received_at is no moment" in third["error"]["message"]


def test_an_error_for_people_says_the_mend() -> None:
    assert "→ docs/limits.md says" in classify("--file", "-", stdin="{", code=1).stdout


def test_bytes_that_are_no_text_are_no_signal() -> None:
    assert CliRunner().invoke(cli.group, ["provider", "classify", "--file", "-"], input=b"\xff\xfe\n").exit_code == 1


def test_a_file_that_is_not_there_is_a_question_of_usage() -> None:
    classify("--file", "nowhere.jsonl", code=2)


def test_a_fault_of_ours_on_one_line_does_not_take_the_others_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = [ZeroDivisionError("ours"), judge.classify]

    def faulty(signal: Signal) -> Verdict:
        raised = verdicts.pop(0)
        if isinstance(raised, Exception):
            raise raised
        return raised(signal)

    monkeypatch.setattr(judge, "classify", faulty)
    first, second = classify(
        "--file", "-", "--json", stdin=f"{json.dumps(FINE)}\n{json.dumps(FINE)}", code=1
    ).stdout.splitlines()

    assert "a fault of ours" in json.loads(first)["error"]["message"]
    assert json.loads(second)["class"] == "Success"
