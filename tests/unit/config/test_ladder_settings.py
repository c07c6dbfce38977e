"""Ladders in watchbill.toml: only where something can tell good work from bad."""

import pytest

from watchbill.config import bill_values
from watchbill.config.load import parse
from watchbill.config.problems import BadConfig

REPO = '[[repo]]\nname = "novel"\npath = "."\n'
COMMAND = '[[repo.commands]]\nname = "tests"\nargv = ["pytest"]\n'
PROVIDERS = '[provider.a]\nkind = "scripted"\nmodels = [{ id = "m" }, { id = "n" }]\n[provider.local]\nkind = "local"\n'
STEPS = 'steps = [{ provider = "a", model = "m" }, { provider = "a", model = "n", effort = "low" }]\n'


def ladder(types: str = "fix", steps: str = STEPS, more: str = "") -> str:
    return f'[[ladder]]\ntypes = ["{types}"]\n{steps}{more}\n'


def wrongs(text: str) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        parse(text)
    return [f"{problem.key} {problem.wrong}" for problem in caught.value.problems]


def test_ladder_of_a_checked_type_is_taken() -> None:
    bill = bill_values.bill_of(parse(f"{REPO}{COMMAND}{PROVIDERS}{ladder()}"), {"a"})

    (one,) = bill.ladders
    assert [step.name for step in one.steps] == ["a/m", "a/n (low)"]
    assert one.repos is None


def test_no_ladder_is_the_default() -> None:
    assert bill_values.bill_of(parse(f"{REPO}{PROVIDERS}"), {"a"}).ladders == ()


@pytest.mark.parametrize(
    "gate",
    [
        "",
        "gates = { python = false }\n",
        "gates = { markdown = true }\n",
        f'{COMMAND}on_fail = "warn"\n',
    ],
)
def test_ladder_is_refused_where_no_check_is_worth_trusting(gate: str) -> None:
    said = wrongs(f"{REPO}{gate}{PROVIDERS}{ladder()}")

    assert said == ["ladder[1] serves novel, which has no check worth trusting"]


def test_parser_that_the_owner_names_is_worth_trusting() -> None:
    assert parse(f"{REPO}gates = {{ choicescript = true }}\n{PROVIDERS}{ladder('code')}")


def test_ladder_of_prose_is_refused_whatever_the_repository_checks() -> None:
    said = wrongs(f"{REPO}{COMMAND}{PROVIDERS}{ladder('polish')}")

    assert said == ["ladder[1].types names polish, and no check tells good prose from bad"]


def test_owner_may_trust_all_the_same() -> None:
    assert parse(f"{REPO}{PROVIDERS}{ladder('write', more='trust_checks = true')}")


def test_only_the_repositories_that_are_served_have_to_check() -> None:
    other = REPO.replace("novel", "site").replace('"."', '"site"')

    assert parse(
        f"{REPO}{COMMAND}{other}{PROVIDERS}{ladder(more=chr(10) + 'repos = [' + chr(34) + 'novel' + chr(34) + ']')}"
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (ladder("juggling"), "ladder[1].types[1] is no task type"),
        (ladder(more='repos = ["nove"]'), "ladder[1].repos[1] is not configured here"),
        (
            ladder(steps='steps = [{ provider = "b", model = "m" }, { provider = "a", model = "m" }]\n'),
            "ladder[1].steps[1].provider is not configured here",
        ),
        (
            ladder(steps='steps = [{ provider = "a" }, { provider = "a", model = "m" }]\n'),
            "ladder[1].steps[1] names no model",
        ),
        (
            ladder(steps='steps = [{ provider = "local" }, { provider = "a", model = "x" }]\n'),
            "ladder[1].steps[2].model is no model of a",
        ),
        (
            ladder(steps='steps = [{ provider = "a", model = "m" }, { provider = "a", model = "m" }]\n'),
            "ladder[1].steps[2] is there twice",
        ),
        (f"{ladder()}{ladder()}", "ladder[2].types has a type that an earlier ladder serves there"),
        (f"{ladder()}[routing]\nmax_attempts = 1\n", "ladder[1].steps has more steps than routing.max_attempts"),
    ],
)
def test_mistakes_of_a_ladder_are_named(text: str, wrong: str) -> None:
    assert wrong in wrongs(f"{REPO}{COMMAND}{PROVIDERS}{text}")
