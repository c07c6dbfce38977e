"""Pictures: truthful at every size, safe with every name, and told in a table as well."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import inf, nan
from xml.etree import ElementTree  # noqa: ICN001 - said in full
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.operator import picture_makers as makers
from watchbill.domain.money import MicroUsd
from watchbill.operator.drawing import attempts, burndown, heat, matrix, score, shapes, strip, trend
from watchbill.operator.drawing.picture import Picture, Table, style
from watchbill.operator.drawing.scales import Clock, nice

WIDTHS = (320.0, 559.0, 560.0, 1400.0)
SVG = "{http://www.w3.org/2000/svg}"
every_picture = pytest.mark.parametrize("name", makers.PICTURES)
texts = some.text(some.characters(codec=None), max_size=80)
moments = some.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware
amounts = some.integers(0, 10**15).map(MicroUsd)


def sound(picture: Picture) -> ElementTree.Element:
    """A document without a number that is none, without style or script, with everything inside its frame."""
    root = ElementTree.fromstring(picture.svg())
    left, top, width, height = (float(part) for part in root.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    names = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(names) == len(set(names))
    assert root.attrib["aria-labelledby"].split() == names
    for each in root.iter():
        assert each.tag.removeprefix(SVG) in {"svg", "title", "desc", "rect", "line", "circle", "path", "text"}
        assert not {name for name in each.attrib if name in ("style", "fill", "stroke") or name.startswith("on")}
        for x, y in corners(each):
            assert -0.01 <= x <= width + 0.01, (each.attrib, x, width)
            assert -0.01 <= y <= height + 0.01, (each.attrib, y, height)
    assert all(len(row) == len(picture.table.columns) for row in picture.table.rows)
    return root


def corners(each: ElementTree.Element) -> Iterator[tuple[float, float]]:
    at = each.attrib
    match each.tag.removeprefix(SVG):
        case "rect":
            x, y = float(at["x"]), float(at["y"])
            yield from ((x, y), (x + float(at["width"]), y + float(at["height"])))
        case "line":
            yield from ((float(at["x1"]), float(at["y1"])), (float(at["x2"]), float(at["y2"])))
        case "circle":
            yield float(at["cx"]), float(at["cy"])
        case "text":
            x, room = float(at["x"]), shapes.wide(each.text or "") * 0.8  # about: no font is at hand
            begin = {"start": x, "middle": x - room / 2, "end": x - room}[at["text-anchor"]]
            yield from ((begin, float(at["y"])), (begin + room, float(at["y"])))
        case "path":
            yield from ((float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", at["d"]))


@every_picture
@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_inside_the_frame_at_every_width(name, width):
    sound(makers.PICTURES[name](width))


@every_picture
def test_a_picture_says_its_title_a_sentence_and_a_table(name):
    picture = makers.PICTURES[name](960)

    assert picture.title
    assert picture.said.endswith((".", "?"))
    ElementTree.fromstring(picture.table_html())
    assert f"<caption>{shapes.words(picture.title)}</caption>" in picture.table_html()
    assert picture.table.markdown().count("\n") == len(picture.table.rows) + 2


@every_picture
def test_a_picture_stands_alone_with_its_own_style(name):
    alone = makers.PICTURES[name](960).standalone()

    assert "<style>" in alone
    ElementTree.fromstring(alone)


@given(texts, texts)
def test_no_name_breaks_out_of_a_picture(who, what):
    pictures = (
        strip.draw(makers.a_strip(2, name=who or "x"), width=400),
        attempts.draw(makers.some_attempts(2, title=what or "x"), width=960),
        heat.draw(makers.a_heat(provider=who), width=360, name=what),
    )

    for picture in pictures:
        sound(picture)
        ElementTree.fromstring(picture.table_html())
        assert "\n" not in picture.table.markdown().splitlines()[2]


def test_markup_in_names_is_text():
    drawn = strip.draw(makers.a_strip(1, name="<b onclick='x'>&"), width=2000)

    assert "<b" not in drawn.svg() + drawn.table_html() + drawn.table.markdown()
    assert "&lt;b onclick=" in drawn.svg()


def test_what_no_document_holds_is_replaced_and_what_turns_text_around_is_dropped():
    assert shapes.words("a\x00b\ud800c\u202ed") == "a\ufffdb\ufffdcd"


def test_what_is_no_number_is_never_drawn():
    for value in (nan, inf):
        with pytest.raises(ValueError, match="cannot be drawn"):
            shapes.box("x", value, 0, 1, 1)


def test_a_pipe_in_a_name_makes_no_column():
    assert Table(columns=("a",), rows=(("x|y",),)).markdown().endswith("| x\\|y |\n")


@given(some.floats(0, 1e15, allow_nan=False), some.integers(1, 6))
def test_ticks_rise_evenly_from_zero_past_the_highest(most, count):
    ticks = nice(most, count)

    assert ticks[0] == 0
    assert ticks == sorted(set(ticks))
    assert ticks[-1] >= most * (1 - 1e-9)
    assert len(ticks) <= count + 2


@given(
    moments,
    some.integers(1, 60 * 24 * 40),
    some.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_an_axis_of_time_only_rises_and_its_times_are_round(begin, minutes, zone):
    end, where = begin + timedelta(minutes=minutes), ZoneInfo(zone)
    clock = Clock(begin=begin, end=end, left=10, right=900)
    times = list(clock.times(where, 40))

    assert times == sorted(set(times))
    assert all(begin <= at <= end and at.astimezone(where).minute == 0 for at in times)
    places = [clock.x(at) for at in times]
    assert places == sorted(places)
    assert all(begin <= at <= end for at in clock.days(where, 30))


def test_repeated_and_skipped_hours_keep_the_axis_in_order():
    berlin = ZoneInfo("Europe/Berlin")
    for day in (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)):
        clock = Clock(begin=day, end=day + timedelta(hours=24), left=0, right=960)
        places = [clock.x(at) for at in clock.times(berlin, 30)]
        assert places == sorted(set(places))


@given(some.lists(some.tuples(moments, amounts), max_size=12), amounts, some.none() | amounts, moments)
def test_every_burn_down_stays_in_its_frame(points, held, cap, now):
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    spent = tuple(
        burndown.Taken(at=at, amount=amount)
        for at, amount in zip(sorted(at for at, _ in points), sorted(amount for _, amount in points), strict=True)
    )
    burn = burndown.Burn(
        window="this year", begin=begin, now=now, end=end, zone=makers.ZONE, cap=cap, spent=spent, held=held
    )

    sound(burndown.draw(burn, width=700, name="burn"))


@given(some.dictionaries(some.tuples(texts, texts), amounts, max_size=30))
def test_the_sums_of_a_matrix_are_the_sums_of_its_cells(found):
    drawn = matrix.draw(matrix.Matrix(title="t", down="d", across="a", amounts=found), width=500, name="m")

    sound(drawn)
    assert drawn.said == "Nothing was spent." or burndown.show(MicroUsd(sum(found.values()))) in drawn.said


@given(some.lists(some.none() | some.floats(0, 1e12, allow_nan=False), max_size=400))
def test_every_trend_stays_in_its_frame(values):
    lines = (trend.Line(name="one", values=tuple(values)),)

    sound(trend.draw(trend.Trend(title="t", unit="$", first=makers.NOW.date(), lines=lines), width=500, name="t"))


@given(some.lists(some.integers(0, 100), max_size=30))
def test_every_score_stays_in_its_frame(values):
    sound(score.draw(makers.a_score(*values), name="s"))


@pytest.mark.parametrize("width", [300, 360, 1000])
def test_the_strip_explains_all_of_its_marks_at_every_width(width: float) -> None:
    said = strip.draw(makers.a_strip(), width=width).svg()

    assert [
        key for key in ("own hours", "worked", "came to nothing", "planned", "kept from work") if key not in said
    ] == []


def test_what_went_on_at_once_is_counted_once():
    begin = makers.NOW
    stints = tuple(
        strip.Stint(
            begin=begin + timedelta(minutes=since),
            end=begin + timedelta(minutes=until),
            doing=strip.Doing.GOOD,
            said="",
        )
        for since, until in ((0, 30), (10, 20), (20, 50), (70, 80))
    )

    assert strip.busy(strip.Row(provider="p", stints=stints), begin, begin + timedelta(minutes=75)) == timedelta(
        minutes=55
    )


def test_a_bar_lies_where_its_time_is():
    """To a pixel: from 06:00 to 12:00 of a day is its second quarter."""
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    stint = strip.Stint(
        begin=begin + timedelta(hours=6), end=begin + timedelta(hours=12), doing=strip.Doing.GOOD, said="here"
    )
    day = strip.Strip(
        begin=begin,
        now=begin + timedelta(hours=13),
        end=begin + timedelta(hours=24),
        zone=ZoneInfo("UTC"),
        rows=(strip.Row(provider="p", stints=(stint,)),),
    )
    root = ElementTree.fromstring(strip.draw(day, width=1000).svg())
    bar = next(each for each in root.iter(f"{SVG}rect") if "stint good" in each.attrib["class"] and len(each))

    left, right = 104, 1000 - 12
    assert float(bar.attrib["x"]) == pytest.approx(left + (right - left) / 4, abs=1)
    assert float(bar.attrib["width"]) == pytest.approx((right - left) / 4, abs=1)


def test_thousands_of_runs_are_drawn_as_few_shapes():
    drawn = strip.draw(makers.a_busy_strip(), width=960)

    assert drawn.svg().count("<rect") < 2_000
    assert len(drawn.svg()) < 300_000


def test_the_minutes_of_an_hour_are_in_the_table():
    found = strip.draw(makers.a_strip(1), width=960).table

    assert found.columns[0] == "provider"
    assert found.rows[0][0] == "claude"
    assert "13" in found.rows[0]


def shine(colour: str) -> float:
    """The relative luminance of WCAG, of #rrggbb."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((shine(one), shine(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_what_is_written_in_a_colour_or_on_one_can_be_read(place: int) -> None:
    """Names in their hue on the paper, amounts on the shades of a matrix: 4.5, as WCAG wants of small text."""

    def colour(name: str) -> str:
        found = re.findall(rf"--{name}: (?:var\(--[\w-]+, )?(#[0-9a-f]{{6}})", style())
        return str(found[place])

    paper, ink = colour("p-paper"), colour("p-ink")
    names = {f"hue-{each}": contrast(colour(f"hue-{each}"), paper) for each in range(strip.HUES)}
    dark = {
        f"heat-{each}": contrast(colour(f"heat-{each}"), colour("on-heat"))
        for each in (matrix.SHADES - 1, matrix.SHADES)
    }
    pale = {f"heat-{each}": contrast(colour(f"heat-{each}"), ink) for each in range(1, matrix.SHADES - 1)}

    assert {name: found for name, found in {**names, **dark, **pale}.items() if found < 4.5} == {}


def test_each_class_has_a_colour():
    """No shape falls back to black on a dark page."""
    drawn = {
        word
        for draw in makers.PICTURES.values()
        for words in re.findall(r'class="([^"]+)"', draw(960).svg())
        for word in words.split()
    }
    bare = {
        "picture",
        "others",
        "end",
        "live",
        "value",
        "level-0",
        "shade-0",
    }  # what they are said by stands beside them

    assert {word for word in drawn - bare if f".{word}" not in style()} == set()
