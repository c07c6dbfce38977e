"""Usage exports: the shapes of vendors and our own, read into lines."""

import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.calls import Usage
from watchbill.domain.exports import Cell, Line, plain_model, sums
from watchbill.domain.money import usd
from watchbill.providers.exports import BadExport, parse

DAY = date(2026, 11, 24)


def page(*results: object, **bucket: object) -> str:
    dated = bucket or {"starting_at": "2026-11-24T00:00:00Z", "ending_at": "2026-11-25T00:00:00Z"}
    return json.dumps({"data": [{**dated, "results": list(results)}], "has_more": False, "next_page": None})


ANTHROPIC = {
    "uncached_input_tokens": 1500,
    "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
    "cache_read_input_tokens": 200,
    "output_tokens": 500,
    "model": "claude-sonnet-4-5-20250929",
    "service_tier": "standard",
}
OPENAI = {
    "object": "organization.usage.completions.result",
    "input_tokens": 1000,
    "output_tokens": 500,
    "input_cached_tokens": 800,
    "num_model_requests": 5,
    "model": "gpt-5.2-2025-12-11",
}
OPENAI_BUCKET = {"object": "bucket", "start_time": 1795478400, "end_time": 1795564800}


def test_anthropics_usage_report_counts_caches_as_input() -> None:
    export = parse(page(ANTHROPIC))

    usage = Usage(tokens_in=3200, tokens_out=500, cache_read=200, cache_write=1500)
    assert export.lines == (Line(day=DAY, model="claude-sonnet-4-5-20250929", usage=usage, cost=None),)
    assert export.shape == "Anthropic's usage report"


def test_anthropics_cost_report_is_in_cents() -> None:
    tokens = {"amount": "123.78912", "currency": "USD", "cost_type": "tokens", "model": "claude-sonnet-4-5"}
    search = {**tokens, "cost_type": "web_search", "model": None}

    (line,) = parse(page(tokens, search)).lines

    assert (line.cost, line.usage) == (usd("1.2378912"), None)


def test_openais_usage_report_has_caches_in_its_input() -> None:
    export = parse(page(OPENAI, **OPENAI_BUCKET))

    usage = Usage(tokens_in=1000, tokens_out=500, cache_read=800)
    assert export.lines == (Line(day=DAY, model="gpt-5.2-2025-12-11", usage=usage, cost=None, calls=5),)


def test_openais_cost_report_names_the_model_in_its_line_item() -> None:
    cost = {"object": "organization.costs.result", "amount": {"value": 0.06, "currency": "usd"}, "project_id": None}

    (line,) = parse(page({**cost, "line_item": "gpt-5.2, input"}, **OPENAI_BUCKET)).lines

    assert (line.day, line.model, line.cost) == (DAY, "gpt-5.2", 60_000)


def test_several_pages_are_one_list() -> None:
    first = json.loads(page(ANTHROPIC)) | {"has_more": True}

    assert len(parse(json.dumps([first, json.loads(page(ANTHROPIC))])).lines) == 2


def test_an_empty_report_has_no_line() -> None:
    assert parse(page()).lines == ()
    assert parse("[]").lines == ()


def test_anthropics_console_is_read() -> None:
    export = parse(
        "\ufeffusage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
        "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
        "usage_output_tokens,web_search_count\r\n"
        "2026-11-24,claude-sonnet-4-5-20250929,mine,Default,standard,≤ 200k,100,20,3,4000,50,0\r\n"
    )

    (line,) = export.lines
    assert line.usage == Usage(tokens_in=4123, tokens_out=50, cache_read=4000, cache_write=23)
    assert (line.day, export.shape) == (DAY, "Anthropic's console CSV")


def test_openais_usage_csv_leaves_spans_without_use_out() -> None:
    export = parse(
        "start_time,end_time,start_time_iso,model,input_tokens,output_tokens,input_cached_tokens,num_model_requests\n"
        "1795478400,1795564800,2026-11-24T00:00:00+00:00,gpt-5.2,100,20,10,2\n"
        "1795564800,1795651200,2026-11-25T00:00:00+00:00,,,,,\n"
    )

    (line,) = export.lines
    assert (line.day, line.model, line.calls, line.usage) == (
        DAY,
        "gpt-5.2",
        2,
        Usage(tokens_in=100, tokens_out=20, cache_read=10),
    )


def test_our_own_csv_may_name_requests() -> None:
    export = parse(
        "day,model,tokens_in,tokens_out,cost_usd,calls,call,request_id\n2026-11-24,m,10,2,0.5,1,call-3,req_1\n\n,,,,,,,\n"
    )

    assert export.lines == (
        Line(
            day=DAY,
            model="m",
            usage=Usage(tokens_in=10, tokens_out=2),
            cost=usd("0.5"),
            calls=1,
            call="call-3",
            request_id="req_1",
        ),
    )
    assert export.lines[0].is_request


def test_our_own_csv_may_tell_money_only() -> None:
    (line,) = parse("day,model,cost_usd\n2026-11-24T23:30:00-02:00,m,0.5\n").lines

    assert (line.day, line.usage, line.is_request) == (date(2026, 11, 25), None, False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "neither JSON nor CSV"),
        ("hello", "neither JSON nor CSV"),
        ("{", "it is not JSON"),
        ("[1]", "it is no page"),
        ('{"data": {}}', "it is no page"),
        ('{"data": [], "has_more": true}', "more pages follow"),
        ('{"data": [{}]}', "bucket 1 has no list of results"),
        ('{"data": [{"results": [3]}]}', "bucket 1 has a result that is no object"),
        (page({"words": 3}), "no export that is known here"),
        (page({**ANTHROPIC, "model": None}), "it names no model: export it grouped by model"),
        (page({**ANTHROPIC, "output_tokens": -3}), "bucket 1 cannot be read: output_tokens is -3"),
        (page({"amount": "-5", "model": "m"}), "an export with credits in it proves nothing"),
        (page({"amount": "much", "model": "m"}), "bucket 1 cannot be read"),
        (page({"amount": 5, "line_item": "m"}), "bucket 1 cannot be read"),
        (page(OPENAI, start_time="soon"), "bucket 1 cannot be read"),
        ("a,b\n1,2\n", "no export that is known here"),
        ("day,model,cost_usd\n2026-11-24,m,1\nsoon,m,1\n", "line 3 cannot be read"),
        ("day,model,price\n2026-11-24,m,1\n", "there is no column 'price'"),
        ("day,model,tokens_in,tokens_out\n2026-11-24,m,1\n", "line 2 has not as many fields"),
        ("day,model,tokens_in,tokens_out\n2026-11-24,m,1,234,5\n", "line 2 has not as many fields"),
        ("day,model,cost_usd,call\n2026-11-24,m,1,call-1\n2026-11-24,m,2,call-1\n", "call-1 stands in it 2 times"),
        ("day,model,cost_usd,request_id\n2026-11-24,m,1,r\n2026-11-25,m,1,r\n", "r stands in it 2 times"),
        (page({**ANTHROPIC, "output_tokens": 2.5}), "bucket 1 cannot be read: output_tokens is 2.5"),
        (
            page({**ANTHROPIC}, {"model": "m", "output_tokens": 3}),
            "bucket 1 has a result without uncached_input_tokens",
        ),
    ],
)
def test_what_is_no_export_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(BadExport, match=why.replace("(", ".")):
        parse(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadExport):
        assert parse(text).shape


@given(st.lists(st.tuples(st.sampled_from(["m", "m-20250101", "n"]), st.integers(0, 99), st.integers(0, 99))))
def test_sums_lose_nothing(parts: list[tuple[str, int, int]]) -> None:
    lines = [Line(day=DAY, model=m, usage=Usage(tokens_in=i, tokens_out=o), cost=usd(i), calls=1) for m, i, o in parts]

    found = sums(lines)

    assert set(found) == {Cell(DAY, plain_model(m)) for m, _, _ in parts}
    assert sum(line.usage.tokens_in for line in found.values() if line.usage) == sum(i for _, i, _ in parts)
    assert sum(line.cost or 0 for line in found.values()) == sum(usd(i) for _, i, _ in parts)
    assert sum(line.calls or 0 for line in found.values()) == len(parts)
    assert sums(found.values()) == found


def test_what_one_line_does_not_tell_its_sum_does_not() -> None:
    told = Line(day=DAY, model="m", usage=Usage(tokens_in=1), cost=usd(1), calls=1)

    (found,) = sums([told, Line(day=DAY, model="m", usage=None, cost=None)]).values()

    assert (found.usage, found.cost, found.calls) == (None, None, None)
