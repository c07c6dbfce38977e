"""Task types: stated, tagged, or found by rules that are data."""

import pytest

from watchbill.domain.ids import RepoName
from watchbill.intake.entries import Entry, Mark
from watchbill.intake.grammar import parse
from watchbill.intake.inference import FALLBACK, RULES, STRENGTH_WORDS, TYPES, infer, meant_by


def entry(text: str) -> Entry:
    return parse(text, "q.md", RepoName("r")).entries[-1]


def kind(text: str, default: str = "") -> str:
    return infer(entry(text), default=default).type


def test_the_field_wins_over_everything() -> None:
    found = infer(entry("# Docs\n- [ ] Fix the bug #polish [type:: lore]"))

    assert (found.type, found.reason) == ("lore", "its type field says so")


def test_the_tag_wins_over_the_rules() -> None:
    found = infer(entry("- [ ] Fix the bug #someday #Polish"))

    assert (found.type, found.reason) == ("polish", "its tag #polish says so")


def test_an_unknown_type_is_handed_back_and_the_rules_go_on() -> None:
    found = infer(entry("- [ ] Fix the bug [type:: juggling]"))

    assert (found.type, found.unknown) == ("fix", "juggling")


def test_a_reason_quotes_what_it_saw() -> None:
    assert infer(entry("- [ ] Fix the bug")).reason == "it mends something broken (title: “Fix”)"


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("- [ ] Scene 4: The stairs", "write"),
        ("- [ ] Write the prologue", "write"),
        ("- [ ] Implement the drowned ending", "write"),
        ("- [ ] Polish the keeper's voice", "polish"),
        ("- [ ] Enhance dialogue consistency", "polish"),
        ("- [ ] Check canon for the moons", "qa"),
        ("- [ ] Check the continuity of chapters 1 to 5", "continuity"),
        ("- [ ] Continuity check of the harbour arc", "continuity"),
        ("- [ ] Fix the continuity of chapter 3", "fix"),
        ("- [ ] Extend the lore of the moons", "lore"),
        ("- [ ] Add an export command", "code"),
        ("- [ ] Implement weather system", "code"),
        ("- [ ] Crash when the lamp is lit twice", "fix"),
        ("- [ ] Refactor the parser", "refactor"),
        ("- [ ] Add unit tests for the parser", "test"),
        ("- [ ] Review the harbour arc", "review"),
        ("- [ ] Update README", "docs"),
        ("- [ ] Investigate slow start", "analysis"),
        ("- [ ] Balance courage gains", "balance"),
        ("- [ ] Run QuickTest", "validate"),
        ("- [ ] Format the scenes", "format"),
        ("- [ ] Run the linter", "lint"),
        ("- [ ] Verify every ending", "qa"),
        ("# Bugs\n- [ ] The lamp", "fix"),
        ("- [ ] The lamp\n  - Files: src/lamp.py", "code"),
        ("- [ ] The lamp\n  - Files: `lore/lamp.md`", "lore"),
        ("- [ ] The lamp", FALLBACK),
    ],
)
def test_rules_read_title_headings_and_files(text: str, type_: str) -> None:
    assert kind(text) == type_


def test_the_default_counts_where_no_rule_does() -> None:
    assert (kind("- [ ] The lamp", default="write"), kind("- [ ] Fix it", default="write")) == ("write", "fix")


def test_a_default_that_nobody_knows_is_handed_back() -> None:
    assert infer(entry("- [ ] The lamp"), default="juggling").unknown == "juggling"


def test_every_rule_and_word_means_a_known_type() -> None:
    assert {rule.type for rule in RULES} <= TYPES
    assert {type_ for types in STRENGTH_WORDS.values() for type_ in types} <= TYPES


@pytest.mark.parametrize("word", ["Bug Fixing", "bug-fixing", "BUG_FIXING", "fix"])
def test_words_are_known_in_every_spelling(word: str) -> None:
    assert meant_by(word) == ("fix",)


def test_the_first_users_queue_gets_sensible_types(real_queue: str) -> None:
    entries = [one for one in parse(real_queue, "q.md", RepoName("r")).entries if one.mark is Mark.OPEN]
    found = [infer(one).type for one in entries]

    assert found == (
        ["write"] * 19
        + ["code"]
        + ["polish"] * 3
        + ["balance", "code", "write"]
        + ["validate"]
        + ["qa"] * 3
        + ["docs"] * 4
    )
