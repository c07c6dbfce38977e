"""ChoiceScript: variables and scenes in the habits of their authors, and what a scene does against them."""

import pytest

from tests.unit.gates.lore.conftest import judge

LISTED = """
variables:
  - {id: v1, name: trust, type: number, range: "0-100", initial: 50}
  - {id: v2, name: lamp_lit, type: boolean, initial: false}
  - {id: v3, name: rank, type: string, values: [boy, mate, master], initial: boy}
scenes:
  - {id: s1, name: quay, labels: [start, ferry, home]}
  - {id: s2, name: loft}
"""
BY_NAME = """
variables:
  trust: number 0 to 100, starts at 50
  lamp_lit: true/false, starts as false
  rank: {type: string, one_of: [boy, mate, master], starts_as: boy}
scenes:
  quay: [start, ferry, home]
  loft: []
"""
TABLE = """# Tides
## Variables
| Name | Type | Range | Starts at |
|---|---|---|---|
| trust | number | 0-100 | 50 |
| lamp_lit | boolean | | false |
| rank | string | boy, mate, master | "boy" |
## Scenes
- quay: start, ferry, home
- loft
"""
BULLETS = """# Tides
## Stats
- `trust` (number, 0 to 100, starts at 50)
- `lamp_lit`: true/false, starts as false
- `rank`: one of "boy", "mate", "master"; begins as "boy"
## Scene list
- `quay` (labels: start, ferry, home)
- `loft` (no labels)
"""


@pytest.mark.parametrize("canon", [LISTED, BY_NAME, TABLE, BULLETS])
@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [
        ("*set trust 150", True),
        ('*set trust "high"', True),
        ("*set lamp_lit 3", True),
        ("*set rank 4", True),
        ('*set rank "captain"', True),
        ("*create trust 40", True),
        ('*create rank "master"', True),
        ("*create lamp_lit true", True),
        ('*if (rank = "captain")', True),
        ("*goto_scene attic", True),
        ("*goto_scene quay cellar", True),
        ("*set trust 80", False),
        ("*set trust +10", False),
        ('*set rank "mate"', False),
        ('*set rank "$!{name}"', False),
        ("*create trust 50", False),
        ('*create rank "boy"', False),
        ('*if (rank = "mate")', False),
        ("*goto_scene quay ferry", False),
        ("*goto_scene loft", False),
    ],
)
def test_a_game_keeps_to_its_variables_and_scenes(canon: str, line: str, is_wrong: bool) -> None:
    found = judge(canon).check("quay.txt", f"*label start\n{line}\n  The tide turned.\n*finish\n")

    assert bool(found) is is_wrong
