"""Canons as their authors group them: families under one heading, pronouns over several sentences, names for some only."""

import pytest

from watchbill.gates.lore.canon import Alias
from watchbill.gates.lore.sources import markdown_form
from watchbill.gates.lore.sources.markdown_words import worded
from watchbill.gates.lore.sources.yaml_entries import alias_of

FAMILY = """# Harl Ferry

## The Vosters
They have kept the ferry for a century.

### Ida Voster
- Eyes: green
- Wife: none. She has never married

### Bram Voster
Also called: Old Bram; "Bee" is used by Ida only; Brock (used by Klara only)

- Mother: Klara Voster. Sister: Ida

## How things are
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

    assert people["bram_voster"]["aliases"] == ["Old Bram", "Bee (used by Ida only)", "Brock (used by Klara only)"]


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
        ("Brock (his short name, used by his brother Jory only)", "his brother Jory"),
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


@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [('*set side "north"', False), ('*set side "east"', True), ("*set side other_side", False)],
)
def test_a_text_is_one_of_those_that_the_canon_lists(found, line: str, is_wrong: bool) -> None:
    canon = "variables:\n  - {id: v, name: side, type: string, values: [north, south]}\n  - {id: o, name: other_side, type: string}\n"

    assert [rule for rule, _, _ in found(canon, f"*label a\n{line}\n", "ch1.txt")] == ["variable"] * is_wrong


def test_what_a_choice_offers_uses_the_worlds_words(found) -> None:
    canon = "banned_words:\n  - {id: b, words: [weekend]}\n"
    scene = "*choice\n    #Ask again on the weekend.\n        She laughs.\n        *finish\n"

    assert found(canon, scene, "ch1.txt") == [("banned-word", "b", "weekend")]


def test_voices_on_one_line_are_each_their_own(found) -> None:
    canon = (
        "# World\n\n## People\n\n### Ada\n- Eyes: grey\n\n### Moss\n- Eyes: brown\n\n## Style\n"
        '- Voices: Ada never says "please". Moss never uses contractions.\n'
    )

    assert [quote for _, _, quote in found(canon, '"Sit, please," said Ada. "I\'ll stand," said Moss.')] == [
        "please",
        "I'll",
    ]


def test_the_dead_are_not_at_their_desk_of_an_evening(found) -> None:
    canon = "entities:\n  - {id: lam, name: Brother Lam, kind: person}\ndeaths:\n  - {id: d, who: lam, chapter: 3}\n"

    assert found(canon, "Brother Lam was at his desk, as he was every evening.")
    assert not found(canon, "Brother Lam was at his desk the day the letter came.")


@pytest.mark.parametrize(
    ("line", "key", "never"),
    [
        ('Never use "tavern" or "saloon" in this book.', "banned_words", ["tavern", "saloon"]),
        ('The words "tavern" and "saloon" are never used in this novel.', "banned_words", ["tavern", "saloon"]),
        ('Do not use "gotten" in narration or speech.', "banned_words", ["gotten"]),
        ('Never "gray", always "grey".', "spelling", ["gray"]),
        ("Never leagues, never yards or fathoms as measures.", "units", ["league", "yard", "fathom"]),
    ],
)
def test_a_line_on_words_tells_where_it_holds_behind_them(line: str, key: str, never: list[str]) -> None:
    ((found, one),) = worded(line)

    assert found == key
    assert (one.get("words") or one.get("not") or one.get("never")) == never


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [("They drew water at the well of the mill house.", True), ("In Carrow she drew water at the well.", False)],
)
def test_what_a_house_has_none_of_others_may_have(found, text: str, is_wrong: bool) -> None:
    canon = "# W\n\n## Places\n\n### The mill house\n- There is no well.\n\n### Carrow\n- On the hill.\n"

    assert bool(found(canon, text)) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Mara laughed. She turned those green eyes of hers on him.", True),
        ("Mara laughed. She turned those brown eyes of hers on him.", False),
        ("Mara laughed. Jon turned those green eyes of his on her.", False),
    ],
)
def test_eyes_of_hers_are_hers(found, text: str, is_wrong: bool) -> None:
    canon = (
        "entities:\n  - {id: mara, name: Mara Teel, kind: person, pronouns: she, attributes: {eyes: brown}}\n"
        "  - {id: jon, name: Jon Teel, kind: person, pronouns: he, attributes: {eyes: green}}\n"
    )

    assert bool(found(canon, text)) is is_wrong
