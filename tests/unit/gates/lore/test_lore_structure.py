"""Canons as their authors group them: families under one heading, pronouns over several sentences, names for some only."""

import pytest

from watchbill.gates.lore import markdown_form
from watchbill.gates.lore.canon import Alias
from watchbill.gates.lore.yaml_entries import alias_of

FAMILY = """# Harl Ferry

## The Vosters
They have kept the ferry for a century.

### Ida Voster
- Eyes: green
- Wife: none. She has never married

### Bram Voster
- Also called: Old Bram; "Bee" is used by Ida only
- Mother: Klara Voster. Sister: Ida

## The ship
The Patient Griet is a flat ferry. She has two sweeps, both of ash.

## Secrets
- Bram is not Klara's son. Ida learns it in chapter 3; Bram learns of it in chapter 8.

## Distances
| From | To | Time |
|---|---|---|
| Harl | Ost | 20 minutes by ferry |
| Ost | Wick | 2 days |
"""


def test_several_people_under_one_surname_are_people_each() -> None:
    people = {one["id"]: one for one in markdown_form.draft(FAMILY).raw["entities"]}

    assert {"ida_voster", "bram_voster"} <= people.keys()
    assert "vosters" not in people
    assert "relations" not in people["ida_voster"]
    assert people["bram_voster"]["relations"] == {"mother": "Klara Voster", "sister": "Ida"}


def test_a_name_in_quotes_is_used_by_whom_the_line_tells() -> None:
    people = {one["id"]: one for one in markdown_form.draft(FAMILY).raw["entities"]}

    assert people["bram_voster"]["aliases"] == ["Old Bram", "Bee (used by Ida only)"]


def test_a_pronoun_means_what_the_sentence_before_is_about() -> None:
    raw = markdown_form.draft(FAMILY).raw

    assert "The Patient Griet has two sweeps, both of ash" in [one["text"].rstrip(".") for one in raw["facts"]]
    assert [(one["who"], one["what"], one["chapter"]) for one in raw["knowledge"]] == [
        ("Ida", "that Bram is not Klara's son", "3"),
        ("Bram", "that Bram is not Klara's son", "8"),
    ]


def test_minutes_are_no_days() -> None:
    ways = {one["id"]: one for one in markdown_form.draft(FAMILY).raw["travel_days"]}

    assert ways["harl_ost"]["hours"] == "0.33"
    assert ways["ost_wick"]["days"] == "2"


@pytest.mark.parametrize(
    ("text", "only_by"),
    [
        ("Nessa (used by Tomas only)", "Tomas"),
        ("Branan (his first name, used by his brother Niall only)", "his brother Niall"),
        ("the Eel (used by the dockers only)", "the dockers"),
        ("Pip (only Ma calls him that)", "Ma"),
        ("Bee (only used by Ida and Bram)", "Ida and Bram"),
        ("Garrod Minor (staff)", ""),
    ],
)
def test_a_bracket_tells_who_alone_uses_a_name(text: str, only_by: str) -> None:
    assert alias_of(text) == Alias(text=text[: text.index(" (")], only_by=only_by)


DOCKS = """
entities:
  - {id: mara, name: Mara Teel, kind: person, pronouns: she, aliases: [the Eel (used by the dockers only), Mo (used by her brother and Jonas only), Viper (used by her enemies only)], relations: {brother: piet}}
  - {id: piet, name: Piet Teel, kind: person, pronouns: he, attributes: {trade: clerk}}
  - {id: jonas, name: Jonas, kind: person, pronouns: he, attributes: {trade: docker}}
"""


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ('"Mind the rope, Eel," said Piet.', True),
        ('"Mind the rope, Eel," said Jonas.', False),
        ('"Mind the rope, Eel," said a stranger.', False),
        ("The Eel went down to the water.", False),
        ('"Go home, Mo," said Piet.', False),
        ('"Go home, Mo," said Jonas.', False),
        ('"I go home," said Mara. "You may go too, Viper," said Piet.', False),
        ("*Dear Mo,*\n\n*All is well here.*\n\n*Your brother Piet*", False),
    ],
)
def test_names_of_a_group_and_of_kin_are_theirs(found, text: str, is_wrong: bool) -> None:
    assert [rule for rule, _, _ in found(DOCKS, text)] == ["alias"] * is_wrong


def test_a_fact_about_a_pronoun_makes_no_thing_of_it(judged) -> None:
    canon = "facts:\n  - {id: f, text: She has two airlocks.}\n"

    assert "She" not in [one.name for one in judged(canon).canon.entries]
