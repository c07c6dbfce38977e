"""The hand-off note: goal, files and the last check, read off the transcript; nobody is asked for them."""

from tests.unit.domain.test_task_order import task
from watchbill.domain.handoff import with_facts
from watchbill.domain.sessions import HandOff
from watchbill.domain.transcript import Entry, Reply, ToolCall, ToolResult, Transcript


def used(number: int, tool: str, content: str = "ok", *, refused: bool = False, **args: str) -> list[Entry]:
    call = ToolCall(id=f"c{number}", name=tool, args=args)
    return [Reply(text="", tool_calls=(call,)), ToolResult(id=call.id, name=tool, content=content, refused=refused)]


def noted(*steps: list[Entry], note: HandOff | None = None) -> HandOff:
    entries = tuple(entry for one in steps for entry in one)
    return with_facts(note or HandOff(), task("a"), Transcript(entries=entries))


def test_files_that_were_written_are_named_once_each() -> None:
    found = noted(
        used(1, "write_file", path="a.md"),
        used(2, "edit_file", path="b.md"),
        used(3, "edit_file", path="b.md"),
        used(4, "edit_file", path="c.md", refused=True),
    )

    assert found.done == ("wrote a.md", "edited b.md (2 times)")
    assert found.goal == task("a").title


def test_the_last_check_is_evidence_and_what_was_written_since_is_said() -> None:
    checked = used(1, "check", "a.md:3: no label\n")

    assert noted(checked).evidence == ("the last check said: a.md:3: no label",)
    assert noted(checked, used(2, "write_file", path="a.md")).evidence == (
        "the last check said: a.md:3: no label; 1 files were written since",
    )
    assert noted(used(1, "read_file", path="a.md")).evidence == ()


def test_what_was_noted_before_stays_where_the_transcript_tells_nothing() -> None:
    note = HandOff(done=("wrote a.md",), decisions=("Kael is left-handed",))

    assert noted(note=note).done == ("wrote a.md",)
    assert noted(used(1, "read_file", path="a.md"), note=note).done == ("wrote a.md",)
    assert noted(note=note).decisions == note.decisions
