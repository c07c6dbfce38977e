"""The document of a day, of a week, and of what happened since somebody asked last: the answer first, the reasons below."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from watchbill.operator import words, zoned
from watchbill.operator.doors import Plain
from watchbill.operator.drawing.trend import Line, Trend
from watchbill.operator.reports.document import (
    Block,
    Document,
    Heading,
    Mood,
    Point,
    Points,
    Rows,
    Text,
    Tile,
    Tiles,
)
from watchbill.operator.reports.texts import group_rows, scene_rows, words_by_day

_MOODS = {"healthy": Mood.GOOD, "warning": Mood.SO_SO, "critical": Mood.BAD}
_MOST = 25  # rows of a list of tasks or runs
_AT_A_GLANCE = 8  # of what needs a person: more are not taken in at once
_DIMENSIONS = {
    "provider": "Provider",
    "type": "Type",
    "repo": "Repository",
    "model": "Model",
    "task": "Task",
    "run": "Run",
}


def document(answer: Plain) -> Document:
    answer = zoned.answer(answer, ZoneInfo(answer["zone"]), datetime.fromisoformat(answer["generated_at"]))
    return Document(
        title=_title(answer),
        subtitle=_subtitle(answer),
        blocks=tuple(_blocks(answer)),
    )


def _blocks(answer: Plain) -> Iterator[Block]:
    yield Tiles(tiles=list(_tiles(answer)))
    yield from _needs(answer)
    yield from _done(answer)
    yield from _vain(answer)
    yield from _taken_back(answer)
    yield from _advice(answer)
    yield from _figures(answer)
    yield from _money(answer)
    yield from _trends(answer)
    yield from _scenes(answer)
    yield from _health(answer)


# --- the minute at breakfast


def _tiles(answer: Plain) -> Iterator[Tile]:
    work, before = answer["work"], answer["before"]
    landed = work["landed"]
    yield Tile(
        title="Done",
        value=f"{landed} task{'' if landed == 1 else 's'}",
        note=f"{work['ended']} runs, {work['in_vain']} in vain; {before['landed']} in the same time before",
        mood=Mood.GOOD if landed else Mood.PLAIN,
    )
    yield _cost_tile(answer)
    needs = len(answer["needs_you"])
    yield Tile(
        title="Needs you",
        value=str(needs) if needs else "nothing",
        note=", ".join(_kinds(answer["needs_you"])),
        mood=Mood.SO_SO if needs else Mood.GOOD,
    )
    health = answer["health"]
    yield Tile(
        title="Well",
        value=f"{health['health']}, {health['score']} of 100",
        note=health["deductions"][0]["why"].splitlines()[0] if health["deductions"] else "nothing speaks against it",
        mood=_MOODS[health["health"]],
    )


def _cost_tile(answer: Plain) -> Tile:
    spent, day = answer["work"]["spent_micro_usd"], answer["budget"]["day"]
    cap = day["cap_micro_usd"]
    month_cap = answer["budget"]["month"]["cap_micro_usd"]
    note = f"the month so far {words.usd(answer['month_micro_usd'])}" + (
        f" of {words.usd(month_cap)}" if month_cap is not None else ""
    )
    whole = answer["kind"] == "daily" and cap is not None
    return Tile(
        title="Cost",
        value=words.usd(spent) + (f" of {words.usd(cap)}" if whole else ""),
        note=note,
        mood=Mood.SO_SO if whole and spent >= cap else Mood.PLAIN,
    )


def _kinds(needs: Sequence[Plain]) -> list[str]:
    kinds = [each["kind"] for each in needs]
    return [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]


def _needs(answer: Plain) -> Iterator[Block]:
    if answer["needs_you"]:
        yield Heading(text="What needs you")
        yield Points(points=[_need(each) for each in answer["needs_you"][:_AT_A_GLANCE]])
        yield from _more(len(answer["needs_you"]), "watchbill status --json", shown=_AT_A_GLANCE)


def _need(each: Plain) -> Point:
    why = f": {each['why'].splitlines()[0]}" if each["why"] else ""
    return Point(text=f"{each['kind']}: {each['title']}{why}", command=each["command"])


def _done(answer: Plain) -> Iterator[Block]:
    yield Heading(text="What was done")
    if not answer["landed"]:
        yield Text(text="Nothing landed. " + _why_nothing(answer))
        return
    zone = ZoneInfo(answer["zone"])
    yield Rows(
        columns=("Task", "What", "Provider", "Where", "At", "Cost>"),
        rows=[
            (
                each["task"],
                each["title"],
                each["provider"],
                _where(each),
                clock(each["at"], zone),
                words.usd(each["cost_micro_usd"]),
            )
            for each in answer["landed"][-_MOST:]
        ],
    )
    yield from _more(len(answer["landed"]), "watchbill run list")


def _why_nothing(answer: Plain) -> str:
    work = answer["work"]
    if work["ended"]:
        return f"{work['ended']} runs ended."
    return "No run ended" + (f"; {work['idle_looks']} looks found no work." if work["idle_looks"] else ".")


def _where(each: Plain) -> str:
    return f"{each['repo']} {each['commit'][:10]}" if each["commit"] else f"{each['repo']}, {each['how']}"


def _vain(answer: Plain) -> Iterator[Block]:
    if answer["came_to_nothing"]:
        yield Heading(text="What came to nothing")
        yield Rows(
            columns=("Run", "What", "Provider", "How", "Why"),
            rows=[
                (each["run"], each["title"], each["provider"], each["state"], each["reason"])
                for each in answer["came_to_nothing"][-_MOST:]
            ],
        )
        yield from _more(len(answer["came_to_nothing"]), "watchbill run list")


def _taken_back(answer: Plain) -> Iterator[Block]:
    if answer["taken_back"]:
        yield Heading(text="What was taken back")
        yield Rows(
            columns=("Task", "What", "By", "How", "Why"),
            rows=[
                (each["task"], each["title"], each["who"], each["state"], each["why"])
                for each in answer["taken_back"][-_MOST:]
            ],
        )


def _advice(answer: Plain) -> Iterator[Block]:
    if answer["recommendations"]:
        yield Heading(text="What is worth changing")
        yield Points(points=[Point(text=each["evidence"], command=each["run"]) for each in answer["recommendations"]])


# --- the reasons


def _figures(answer: Plain) -> Iterator[Block]:
    told, zone = answer["figures"], ZoneInfo(answer["zone"])
    yield Heading(text="What the watch is worth")
    yield Rows(
        columns=("Figure", "Now", "Goal>", "Met>", "First week>"),
        rows=[(each["title"], each["words"], _goal(each), _met(each), each["before"]) for each in told["figures"]],
        note=f"Measured from {_day(told['since'], zone)} to {_day(told['until'], zone)}." + _baseline(told, zone),
    )
    yield Points(
        points=[Point(text=f"{each['title']}: {each['method']}.".replace("..", ".")) for each in told["figures"]]
    )


def _baseline(told: Plain, zone: ZoneInfo) -> str:
    if told["baseline"] is not None:
        return " The first week was counted once, when it was over; watchbill worked in it too."
    if told["baseline_on"] is None:
        return " Nothing has run yet."
    return f" Too early for what is held against the first week: that ends on {_day(told['baseline_on'], zone)}."


def _goal(each: Plain) -> str:
    return f"< {each['goal']:.0%}" if each["name"] == "wasted_runs" else f"{each['goal']:.0%}"


def _met(each: Plain) -> str:
    return {True: "yes", False: "no", None: "not yet"}[each["is_met"]]


def _money(answer: Plain) -> Iterator[Block]:
    if not any(answer["costs"].values()):
        return
    yield Heading(text="What it cost, by everything")
    for by, name in _DIMENSIONS.items():
        yield Rows(
            columns=(name, "Calls>", "Tokens in>", "Tokens out>", "Cost>"),
            rows=[
                (
                    each["name"],
                    str(each["calls"]),
                    f"{each['tokens_in']:,}",
                    f"{each['tokens_out']:,}",
                    words.usd(each["cost_micro_usd"]),
                )
                for each in answer["costs"][by][: _MOST if answer["kind"] == "weekly" else 8]
            ],
        )
    saved = answer["savings"]
    rate = saved["cache"]["hit_rate"]
    cached = "" if rate is None else f" Prompt caches served {rate:.0%} of the input."
    yield Text(
        text=f"{saved['calls_made']} calls made, {saved['calls_saved']} saved, worth {words.usd(saved['saved_micro_usd'])}; "
        f"{saved['merged']['runs_saved']} runs saved by merging; batches saved {words.usd(saved['batches']['saved_micro_usd'])}.{cached}"
    )


def _trends(answer: Plain) -> Iterator[Block]:
    trend = answer["trend"]
    if not trend:
        return
    first = date.fromisoformat(trend[0]["day"])

    def numbers(key: str) -> tuple[float | None, ...]:
        return tuple(float(each[key]) for each in trend)

    yield Heading(text="How it goes")
    yield Trend(
        title="Tasks landed and runs in vain, a day",
        unit="",
        first=first,
        lines=(Line(name="landed", values=numbers("landed")), Line(name="in vain", values=numbers("in_vain"))),
    )
    yield Trend(title="Cost, a day", unit="$", first=first, lines=(Line(name="cost", values=numbers("spent_usd")),))
    yield Trend(
        title="Calls made and saved, a day",
        unit="",
        first=first,
        lines=(Line(name="made", values=numbers("made")), Line(name="saved", values=numbers("taken"))),
    )
    yield Trend(
        title="Cost of a landed task",
        unit="$",
        first=first,
        lines=(Line(name="cost", values=tuple(_each(one["spent_usd"], one["landed"]) for one in trend)),),
    )
    yield Trend(
        title="From the first run to the landing, median",
        unit=" min",
        first=first,
        lines=(Line(name="minutes", values=tuple(_each(one["flow_seconds"], 60) for one in trend)),),
    )


def _each(whole: float | None, parts: int) -> float | None:
    return None if whole is None or not parts else whole / parts


def _scenes(answer: Plain) -> Iterator[Block]:
    told = answer["scenes"]
    if not told["texts"]:
        return
    yield Heading(text="How far the texts are")
    gained = "counted for the first time" if told["gained"] is None else f"{told['gained']:+,} in this time"
    yield Text(text=f"{told['words']:,} words, {gained}; {told['placeholders']} placeholders are left.")
    yield scene_rows(told["texts"])
    if told["groups"]:
        yield group_rows(told["groups"])
    yield from words_by_day(told)


def _health(answer: Plain) -> Iterator[Block]:
    yield Heading(text="Who worked, and how well all is")
    yield Rows(
        columns=("Provider", "Runs>", "Landed>", "Hours busy>", "Cost>"),
        rows=[
            (
                each["name"],
                str(each["runs"]),
                str(each["landed"]),
                f"{each['busy_hours']:.1f}",
                words.usd(each["cost_micro_usd"]),
            )
            for each in answer["providers"]
        ],
    )
    if answer["health"]["deductions"]:
        yield Points(
            points=[
                Point(text=f"-{less['points']}: {less['why'].splitlines()[0]}")
                for less in answer["health"]["deductions"]
            ]
        )
    counts = ", ".join(f"{count} {state}" for state, count in answer["counts"].items()) or "no tasks"
    yield Text(text=f"All tasks: {counts}.")


def _more(count: int, command: str, shown: int = _MOST) -> Iterator[Block]:
    if count > shown:
        yield Points(points=[Point(text=f"and {count - shown} more", command=command)])


# --- words


def clock(stamp: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(stamp).astimezone(zone):%d %b %H:%M}"


def _day(stamp: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(stamp).astimezone(zone):%d %B %Y}"


def _title(answer: Plain) -> str:
    if answer["kind"] == "since-last":
        return "Since you last asked"
    since = datetime.fromisoformat(answer["since"]).astimezone(ZoneInfo(answer["zone"]))
    if answer["kind"] == "weekly":
        year, week, _ = since.date().isocalendar()
        return f"Week {week} of {year}"
    return f"{since:%A}, {since.day} {since:%B %Y}"


def _subtitle(answer: Plain) -> str:
    zone = ZoneInfo(answer["zone"])
    until = clock(answer["until"], zone)
    so_far = "" if answer["is_over"] or answer["kind"] == "since-last" else ", not over yet"
    return f"{clock(answer['since'], zone)} to {until}{so_far}, {answer['zone']}. Written {clock(answer['generated_at'], zone)}."
