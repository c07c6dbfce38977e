"""Configurations: whatever text stands there, it is in force or it is a list of complaints, never anything else."""

from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.config import advice, bill_values, provider_values, reference, repo_values
from watchbill.config.load import Loaded, parse
from watchbill.config.problems import BadConfig
from watchbill.config.settings import Settings

FUZZED = examples(250, part=80)


def _keys(schema: dict[str, Any]) -> list[str]:
    """Every key that the configuration knows, and what is almost one."""
    found = {name for part in (schema, *schema["$defs"].values()) for name in part.get("properties", {})}
    return sorted(found | {name[:-1] for name in found if len(name) > 3})


KEYS = st.one_of(st.sampled_from(_keys(reference.schema())), st.sampled_from(['"a b"', '""', "a.b", '"\\u0000"', "ä"]))
SCALARS = st.one_of(
    st.sampled_from(
        ["true", "false", "0", "-1", "1e400", "-inf", "nan", "999999999999999999999999", "0.5", "1.0000000000000000001",
         '"claude"', '""', '"1h"', '"99999999999999999999d"', '"-5m"', '"0-23/3"', '"25"', '"0-23/0"', '"Europe/Berlin"',
         '"../etc"', '"/etc/passwd"', '"Mars/Base"', '"env:A"', '"file:"', '"sk-ant-123"', '"local"', '"anthropic"',
         '"http://[::1"', '"https://a:b@c"', '"\\u0000"', '"**"', '"* * * * *"', '"@every"', "2026-01-01",
         "1979-05-27T07:32:00Z", "07:32:00", "0x1f", "1_000"]
    ),
    st.text(alphabet="abc*?/.\\:#$%{}~äß\u202e\ud83d\ude00", max_size=12).map(lambda text: f"'{text}'"),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(KEYS, inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key} = {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=5,
)
HEADERS = st.sampled_from(
    ["[daemon]", "[budget]", "[[repo]]", "[[repo.commands]]", "[provider.claude]", "[provider.local]", "[routing]",
     "[routing.weights]", "[[recurring]]", "[provider]", "[repo]", "[[provider.claude.models]]", "[x]", '[""]', "[[daemon]]"]
)  # fmt: skip
TABLES = st.builds(
    lambda header, pairs: "\n".join([header, *(f"{key} = {value}" for key, value in pairs)]),
    HEADERS,
    st.lists(st.tuples(KEYS, VALUES), max_size=5),
)
WELL = '[[repo]]\nname = "a"\npath = "a"\n[provider.local]\nkind = "local"\n'
TEXTS = st.one_of(
    st.lists(TABLES, max_size=5).map("\n".join),
    st.lists(TABLES, max_size=3).map(lambda tables: WELL + "\n".join(tables)),
    st.text(max_size=60),
)


def judged(text: str) -> Settings | None:
    try:
        return parse(text)
    except BadConfig as error:
        bad = error
    assert bad.problems
    assert all(problem.line >= 0 for problem in bad.problems)
    assert str(bad).encode("utf-8", "surrogatepass")
    return None


@FUZZED
@given(TEXTS)
@example(WELL + f"x = {'[' * 2000}{']' * 2000}")
@example(WELL + f"x = {'{a=' * 2000}1{'}' * 2000}")
@example(WELL + f"a{'.a' * 3000} = 1")
@example(WELL + f"x = {'9' * 5000}")
@example(WELL + "x = 1e99999999999999999999")
@example(WELL + "[daemon]\ntick_min = 1e400")
@example("[provider]\nbase_url = { absen = true }")
@example("[provider.models]\nkindd = 1\n[[provider.models.models]]\nidd = 1")
@example(WELL + "[budget]\ndaily_usd = nan")
@example(WELL + "[budget]\ndaily_usd = 1e999999")
@example(WELL + "x = 9223372036854775808")
@example(WELL + 'x = "\\ud800"')
def test_a_configuration_is_in_force_or_a_list_of_complaints(text: str) -> None:
    judged(text)


@FUZZED
@given(st.lists(st.tuples(KEYS, SCALARS), max_size=4), HEADERS)
def test_what_is_in_force_can_be_used(pairs: list[tuple[str, str]], header: str) -> None:
    settings_ = judged(WELL + "\n".join([header, *(f"{key} = {value}" for key, value in pairs)]))

    if settings_ is not None:
        loaded = Loaded(settings=settings_, path=Path("/nowhere/watchbill.toml"))
        bill_values.bill_of(settings_, set(settings_.provider))
        repo_values.repos_of(loaded)
        advice.advice_of(loaded, provider_values.providers_of(settings_, {}), loaded.places({}))
