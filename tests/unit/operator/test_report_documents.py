"""Reports as people read them: Markdown, HTML and characters; and the folder that they lie in."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from operator_makers import NOVEL, NOW, begin, end, land, outlook, put

from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.queries import management, periods, scenes
from watchbill.operator.reports import html, markdown, period, run, standing, texts
from watchbill.operator.reports.document import Document, Point, Points, Rows, Text, Tile, Tiles
from watchbill.operator.reports.shelf import RUNS, STANDING, Shelf
from watchbill.scheduling.progress import Count
from watchbill.state import progress
from watchbill.state.engine import Connection

DAY = timedelta(days=1)
EVIL = "<script>alert(1)</script> | [x](http://e) `a`"


class Tags(HTMLParser):
    """Every tag that is opened, and whether all are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)
        assert not [
            name
            for name, value in attrs
            if name.startswith("on") or (name != "xmlns" and (value or "").startswith("http"))
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def a_full_week(conn: Connection) -> None:
    for back in range(5):
        put(conn, f"t{back}", title=EVIL)
        land(conn, f"t{back}", at=NOW - back * DAY - timedelta(hours=1))
        counts = [Count(path="scenes/a.txt", words=100 - back, lines=1, bytes=9, placeholders=0)]
        progress.put(conn, NOVEL, (NOW - back * DAY).date(), counts)
    for number in range(10):
        put(conn, f"vain{number}")
        end(conn, begin(conn, f"vain{number}"), RunState.FAILED, TaskState.FAILED, "it broke\nwith more")


def test_a_report_is_one_file_that_loads_nothing_and_runs_nothing(conn: Connection) -> None:
    a_full_week(conn)

    page = html.write(period.document(periods.weekly(conn, outlook(now=NOW + timedelta(hours=1)))))

    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not {"script", "link", "img", "iframe"} & set(tags.seen)
    assert tags.seen.count("svg") == 6
    assert len(set(re.findall(r'aria-labelledby="(\S+) ', page))) == 6
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_what_others_wrote_makes_no_markup(conn: Connection) -> None:
    a_full_week(conn)

    text = markdown.write(period.document(periods.daily(conn, outlook())))

    assert r"\<script>alert(1)\</script> \| \[x\](http://e) \`a\`" in text
    assert "and 2 more" in text  # of ten that need somebody, eight are shown
    assert "it broke" in text
    assert "with more" not in text.split("## What was done")[0]


def test_a_day_on_which_nothing_happened_says_so(conn: Connection) -> None:
    text = markdown.write(period.document(periods.daily(conn, outlook())))

    assert text.startswith("# Tuesday, 24 November 2026\n")
    assert "Nothing landed. No run ended." in text
    assert "Nothing has run yet." in text


def test_since_last_has_its_own_title(conn: Connection) -> None:
    assert period.document(periods.since_last(conn, outlook(), "ada")).title == "Since you last asked"
    assert period.document(periods.weekly(conn, outlook())).title == "Week 48 of 2026"


def test_a_run_is_told_with_its_end_its_gates_and_its_calls(conn: Connection) -> None:
    put(conn, "a")
    landed = land(conn, "a")

    text = markdown.write(run.document(run.run_report(conn, landed.id)))

    assert "# run-1: Write a" in text
    assert "**End:** ✓ landed (passes)" in text
    assert "a.md:3 choicescript/unknown-label: no label dune" in text
    assert "| call-1 | claude-1 | settled | 1,200 | 300 | $0.08 |" in text


def test_the_status_and_the_scenes_are_told_for_people(conn: Connection) -> None:
    a_full_week(conn)
    seen = outlook(parted_repos={NOVEL: ("a.md",)})
    day = NOW.date()

    status = markdown.write(standing.document(management.standing(conn, seen)))
    told = markdown.write(texts.document(day, scenes.scenes(conn, seen, day, day)))

    assert "watchbill/main does not merge with main: a.md" in status
    assert "## Scene completion" in status
    assert "- **Words:** 100 (+1 since the count before)" in told
    assert "Words, day by day" in told


def test_a_status_of_a_young_installation_says_that_there_is_nothing_to_do(conn: Connection) -> None:
    text = markdown.write(standing.document(management.standing(conn, outlook())))

    assert "None: go on." in text
    assert "No text is counted" in markdown.write(
        texts.document(NOW.date(), scenes.scenes(conn, outlook(), NOW.date(), NOW.date()))
    )


@pytest.mark.parametrize(
    ("values", "marks"), [((), ""), ((0.0, 0.0), "▁▁"), ((None, 3.0), "·█"), ((1.0, 1000.0), "▁█")]
)
def test_a_sparkline_is_one_character_a_value(values: tuple[float | None, ...], marks: str) -> None:
    assert markdown.sparkline(values) == marks


def test_every_block_has_its_words_in_both_forms() -> None:
    document = Document(
        title="T",
        subtitle="",
        blocks=(
            Tiles(tiles=[Tile(title="A", value="1")]),
            Text(text="plain"),
            Points(points=[Point(text="do", command="run `x`")]),
            Rows(columns=("A", "B>"), rows=[("1", "2")], note="noted"),
        ),
    )

    text, page = markdown.write(document), html.write(document)

    for word in ("plain", "noted", "do", "1", "2"):
        assert word in text
        assert word in page
    assert "`` run `x` ``" in text


def test_a_period_tells_what_was_taken_back_what_is_worth_changing_and_why_it_is_not_well(conn: Connection) -> None:
    put(conn, "a")
    land(conn, "a")
    told = periods.daily(conn, outlook(now=NOW + timedelta(hours=1), daemon=None, disk_used=0.95))
    back = {"task": "a", "title": "Write a", "who": "ada", "state": "done", "why": "it bores"}
    looks = {**told["work"], "ended": 0, "idle_looks": 3}

    text = markdown.write(period.document({**told, "taken_back": [back]}))
    quiet = markdown.write(period.document({**told, "landed": [], "work": looks}))

    assert "| a | Write a | ada | done | it bores |" in text
    assert "the state folder's disk is 95% full" in text
    assert "no daemon runs" in text
    assert "No run ended; 3 looks found no work." in quiet
    assert "9 runs ended." in markdown.write(period.document({**told, "landed": [], "work": {**looks, "ended": 9}}))


def test_a_text_is_held_against_words_or_bytes_and_a_status_names_what_speaks_against_it(conn: Connection) -> None:
    sized = {
        "target_words": None,
        "target_bytes": 1024,
        "path": "a.txt",
        "words": 1,
        "gained": 0,
        "tasks": 0,
        "complete": None,
    }

    assert texts.scene_rows([{**sized, "placeholders": 0}]).rows[0][3] == "1,024 bytes"
    assert texts.scene_rows([{**sized, "target_words": 7, "placeholders": 0}]).rows[0][3] == "7 words"
    assert "no daemon runs" in markdown.write(
        standing.document(management.standing(conn, outlook(daemon=None, disk_used=0.99)))
    )


def test_a_run_that_did_not_land_is_told_with_its_riders_and_conflicts(conn: Connection) -> None:
    put(conn, "a")
    begun = begin(conn, "a")
    end(conn, begun, RunState.FAILED, TaskState.FAILED, "it broke")
    report = run.run_report(conn, begun.id)
    more = {
        "riders": [{"task": "b", "landed": False}],
        "conflicts": [{"rung": "rebase", "worked": False, "paths": ["a.md"]}],
    }
    verdict = {"passes": True, "new": [], "debt": []}

    text = markdown.write(run.document({**report, **more, "verdicts": [verdict]}))

    assert "**End:** ✗ failed (it broke)" in text
    assert "Done with it: b" in text
    assert "| rebase | no | a.md |" in text
    assert "## Calls" not in text


# --- the shelf


def put_on(shelf: Shelf, name: str, at: datetime, size: int = 10, folder: str = RUNS) -> None:
    shelf.put(folder, name, {"json": '"' + "x" * (size - 2) + '"'}, at)


def test_a_report_is_found_by_its_name_and_by_no_path(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "logs")
    put_on(shelf, "run-1", NOW)
    (tmp_path / "secret.json").write_text("1")

    assert shelf.read("run-1", "json") is not None
    assert shelf.read("run-1", "html") is None
    assert shelf.read("../secret", "json") is None
    assert [one.name for one in shelf.listing()] == ["run-1"]
    assert shelf.has(RUNS, "run-1")


def test_git_never_sees_a_folder_of_reports(tmp_path: Path) -> None:
    put_on(Shelf(tmp_path), "run-1", NOW)

    assert (tmp_path / RUNS / ".gitignore").read_text() == "*\n"


def test_old_reports_go_and_then_the_oldest_of_too_many(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for days, name in enumerate(("new", "newer", "old", "ancient")):
        put_on(shelf, name, NOW - days * DAY, folder=STANDING)

    assert shelf.prune(before=NOW - 2.5 * DAY, size=20) == (2, 20)
    assert [one.name for one in shelf.listing()] == ["new", "newer"]
    assert shelf.listing()[0].at == NOW.astimezone(UTC)


def test_a_disk_that_takes_nothing_leaves_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path)
    put_on(shelf, "run-1", NOW)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        put_on(shelf, "run-2", NOW)

    assert sorted(path.name for path in (tmp_path / RUNS).iterdir()) == [".gitignore", "run-1.json"]
