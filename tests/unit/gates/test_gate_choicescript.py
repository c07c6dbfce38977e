"""ChoiceScript: each rule of the language that a scene can break, and what it lets pass."""

import textwrap
from pathlib import Path

import pytest

from watchbill.domain.findings import Severity
from watchbill.gates.choicescript.gate import GATE

STARTUP = """\
*title A game
*scene_list
  startup
  other
*create strength 50
*create name "Jo"
*create_array item 3 ""
*achievement hero visible 10 Hero
  Be brave.
  You were brave.
Welcome, ${name}.
*finish
"""
OTHER = "*label inside\nText.\n*finish\n"


@pytest.fixture
def rules(found):
    """Rule and line of the findings in one scene of a small game (or in its startup.txt)."""

    def look(text: str, startup: str = STARTUP, path: str = "scenes/scene.txt"):
        files = {"startup.txt": startup, "scenes/other.txt": OTHER, path: textwrap.dedent(text)}
        return found(GATE, files, path)

    return look


def branches(*bodies: str) -> str:
    """A *choice whose options have these bodies."""
    options = "".join(f"  #Option {n}\n" + textwrap.indent(body, "    ") + "\n" for n, body in enumerate(bodies))
    return f"*choice\n{options}*label end\n*finish\n"


# What is a scene


def test_scenes_are_beside_a_startup_file_or_in_a_folder_of_that_name(found) -> None:
    files = {
        "game/startup.txt": STARTUP,
        "game/other.txt": OTHER,
        "game/notes.txt": "*x",
        "notes.txt": "*x",
        "README.txt": "*x",
    }
    lone = {"scenes/a.txt": "*goto nowhere", "scenes/README.txt": "*x", "docs/scenes/list.txt": "*x marks the spot"}

    assert found(GATE, files) == [("unknown-command", 1)]
    assert found(GATE, lone) == [("unknown-label", 1)]


def test_a_scene_in_a_folder_inside_is_one_when_somebody_goes_there(found) -> None:
    files = {
        "scenes/startup.txt": STARTUP + "*goto_scene town/gate inn\n",
        "scenes/other.txt": OTHER,
        "scenes/town/gate.txt": "*label inn\n*goto gone\n",
        "scenes/town/draft.txt": "*goto gone\n",
    }

    assert found(GATE, files) == [("unknown-label", 2)]


def test_a_text_file_named_startup_alone_is_no_game(found) -> None:
    assert found(GATE, {"startup.txt": "Press the button.\n*x", "other.txt": "*x"}) == []


def test_a_sound_game_has_no_findings(found) -> None:
    assert found(GATE, {"startup.txt": STARTUP, "scenes/other.txt": OTHER}) == []


def test_a_scene_that_is_not_utf8_is_read_no_further(found) -> None:
    assert found(GATE, {"startup.txt": STARTUP, "other.txt": b"*x\nb\xffd\n"}, "other.txt") == [("encoding", 2)]


# Lines and indentation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*if true\n  a\n*if true\n\tb\n*if true\n\tc\n", [("tabs-and-spaces", 4)]),
        ("*if true\n \ta\n", [("tabs-and-spaces", 2)]),
        ("*if true\n\u00a0a\n", [("indentation", 2)]),
        ("a\n  b\n", [("indent-increase", 2)]),
        ("*set strength 1\n  b\n", [("indent-increase", 2)]),
        ("*if true\n  a\n  *comment x\n    b\n", [("indent-increase", 4)]),
        ("*if true\n    a\n  b\n", [("indent-decrease", 3)]),
        ("*if true\n    a\n  *comment b\n    c\n", [("indent-decrease", 3), ("indent-increase", 4)]),
        ("#An option\n", [("option-outside-choice", 1)]),
        ("*Caw!*\n", [("unknown-command", 1)]),
    ],
)
def test_line_is_refused(rules, text, expected) -> None:
    assert rules(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a\n      *comment indented as you like\nb\n",
        "[i]*Caw!*[/i]\n* a bullet\n** bold **\n*\n",
        "*goto end\n    dead text may stand anywhere\n*label end\n",
        "*LINE_BREAK\n*Page_Break Go on, ${name}\n",
        "*if true\n\ta\n\n\t\n*if true\n\tb\n",
    ],
)
def test_line_passes(rules, text) -> None:
    assert rules(text) == []


# *if


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*if true\nb\n", [("empty-if", 1)]),
        ("*if true", [("empty-if", 1)]),
        ("*if true\n*else\n  b\n", [("empty-if", 1)]),
        ("*if true\n  *choice\n*else\n  b\n", [("choice-without-options", 2), ("falls-into-else", 2)]),
        ("*else\n  a\n", [("else-without-if", 1)]),
        ("*if true\n  *finish\na\n*else\n  b\n", [("else-without-if", 4)]),
        ("*if true\n  *finish\n*else\n  *finish\n*elseif false\n  b\n", [("else-without-if", 5)]),
        ("*if true\n  *finish\n*else if true\n  b\n", [("else-text", 3)]),
        ("*if true\n  a\n*else\n  b\n", [("falls-into-else", 2)]),
        (
            "*if true\n  a\n  *stat_chart\n    text name\n*elseif false\n  *finish\n*else\n  b\n",
            [("falls-into-else", 4)],
        ),
        ("*if true\n  *if false\n    *finish\n*else\n  b\n", [("falls-into-else", 3)]),
    ],
)
def test_if_is_refused(rules, text, expected) -> None:
    assert rules(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "*if true\n  *finish\n*comment between\n*elseif strength > 5\n  *finish\n*else\n  b\n",
        "*if true\n  a\n*if true\n  b\n",
        "*if true\n  *finish\n*else\n    a\n  b\n",
        "*if true\n  *if false\n    *finish\n  *else\n    *return\n*else\n  b\n",
        "*if true\n  *goto x\n  *label x\n  *goto_scene other\n*else\n  b\n",
        "*if true\n  *goto x\n  dead\n*else\n  b\n*label x\n",
        "*if true\n  *fake_choice\n    #A\n      *finish\n    #B\n      *finish\n*else\n  b\n",
    ],
)
def test_if_passes(rules, text) -> None:
    assert rules(text) == []


def test_with_implicit_control_flow_bodies_may_be_fallen_out_of(rules) -> None:
    startup = STARTUP.replace("*create name", "*create implicit_control_flow true\n*create name")
    text = "*if true\n  a\n*else\n  b\n*choice\n  #A\n    a\n  #B\n  #C\n    c\n"

    assert rules(text, startup) == []
    assert rules(text, startup.replace("flow true", "flow false")) != []


# *choice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*choice\na\n", [("choice-without-options", 1)]),
        ("*choice", [("choice-without-options", 1)]),
        ("*choice\n  a\n  #B\n    *finish\n", [("expected-option", 2)]),
        ("*choice\n  *set strength 1\n    b\n  #B\n    *finish\n", [("expected-option", 2)]),
        ("*choice\n  *hide_reuse\n  #B\n    *finish\n", [("expected-option", 2)]),
        ("*choice\n  *caw\n  #B\n    *finish\n", [("unknown-command", 2)]),
        ("*choice\n  #A\n  #B\n    *finish\n", [("empty-option", 2)]),
        ("*choice\n  #A\n    *finish\n  #B\n", [("empty-option", 4)]),
        ("*choice\n  #A\n    *finish\n  #A\n    *finish\n", [("duplicate-option", 4)]),
        ("*choice\n  #A\n    *finish\n    #B\n    *finish\n", [("option-outside-choice", 4)]),
        ("*choice\n    #A\n      *finish\n  #B\n    *finish\n    #C\n      *finish\n", [("option-outside-choice", 6)]),
        ("*choice\n  #A\n    *finish\n  *comment x\n    y\n  #B\n    *finish\n", [("indent-increase", 5)]),
        ("*choice\n  *if strength > 5 #A\n    *finish\n", [("option-condition", 2)]),
        ("*choice\n  *if (true) and (false) #A\n    *finish\n", [("expression", 2)]),
        ("*choice\n  *selectable_if true #A\n    *finish\n", [("option-condition", 2)]),
        ("*choice\n  *if (true) *hide_reuse #A\n    *finish\n", [("option-condition", 2)]),
        ("*choice\n  *if true\n  #A\n    *finish\n", [("empty-if", 2)]),
        ("*choice\n  #A\n    *finish\n  *else\n    #B\n      *finish\n", [("else-without-if", 4)]),
        (
            "*choice\n  *if true\n    #A\n      *finish\n  *elseif (true) #B\n    #B\n      *finish\n",
            [("else-text", 5), ("unknown-variable", 5)],
        ),
        (
            "*choice color toy\n  #Red\n    #Car\n      *finish\n  #Blue\n    #Doll\n      *finish\n",
            [("suboptions", 5)],
        ),
        ("*choice a-b\n  #A\n    *finish\n", [("choice-group", 1)]),
        ("*choice color toy\n  #Red\n    text\n", [("choice-without-options", 2), ("expected-option", 3)]),
    ],
)
def test_choice_is_refused(rules, text, expected) -> None:
    assert rules(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "*choice\n  #A\n    *finish\n  *comment x\n  #B\n    *finish\n",
        "*choice\n  *hide_reuse #A\n    *finish\n  *disable_reuse *if (strength > 5) #A\n    *finish\n",
        '*choice\n  *hide_reuse *selectable_if (name = "#1") #A\n    *finish\n  *allow_reuse #B\n    *finish\n',
        "*choice\n  *random_weight (2 + 3) #A\n    *finish\n  *random_weight 2 #B\n    *finish\n",
        "*choice\n  *if strength > 5\n    #A\n      *finish\n  *elseif false\n    #A\n      *finish\n  *else\n    #A\n      *finish\n  #A\n    *finish\n",
        "*choice\n    #A\n        *finish\n  #B\n    *finish\n",
        '*choice\n  *if (name # 1) = "J"\n    #A\n      *finish\n',
        "*choice\n  *print name\n    *finish\n",
        "*choice color toy\n  #Red\n    #Car\n      *finish\n    #Doll\n      *finish\n  #Blue\n    #Car\n      *finish\n    #Doll\n      *finish\n",
        "*fake_choice\n  #A\n  #B\n    b\n  #C\nafter\n",
    ],
)
def test_choice_passes(rules, text) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    "body",
    [
        "a",
        "*page_break",
        "*gosub end",
        "*if true\n  *finish",
        "*if true\n  *finish\n*elseif false\n  *finish",
        "*choice\n  #A\n    *finish\n  #B\n    b",
        "*fake_choice\n  #A\n    *finish\n  #B",
        "*finish\n*label x\na",
        "*goto_random_scene allow_no_selection\n  other",
    ],
)
def test_an_option_may_not_run_into_the_next(rules, body) -> None:
    assert "falls-out-of-option" in {rule for rule, _ in rules(branches(body, "*finish"))}


@pytest.mark.parametrize(
    "body",
    [
        *(
            "*goto end",
            "*goto_scene other",
            "*finish",
            "*ending",
            "*return",
            "*restart",
            "*abort",
            "*bug",
            "*gotoref name",
        ),
        "*if true\n  *finish\n*else\n  *goto end",
        "*choice\n  #A\n    *finish\n  #B\n    *finish",
        "*goto_random_scene\n  other\n  *allow_reuse *if (strength > 2) other",
        "*finish\n*if true\n  *label x\n  *return\nb",
        "*script this.lineNum = 1",
    ],
)
def test_an_option_ends_in_a_transfer(rules, body) -> None:
    assert rules(branches(body, "*finish")) == []


def test_falling_out_of_the_last_option_is_a_warning(tree) -> None:
    scene = {"startup.txt": STARTUP, "other.txt": branches("*finish", "a")}

    (finding,) = GATE.check(tree(scene), ["other.txt"])

    assert (finding.rule, finding.line, finding.severity) == ("falls-out-of-choice", 5, Severity.WARNING)


def test_of_several_groups_only_the_very_last_option_may_fall_out(rules) -> None:
    text = "*choice a b\n  #A\n    #C\n      c\n  #B\n    #C\n      c\n"

    assert rules(text) == [("falls-out-of-option", 4), ("falls-out-of-choice", 7)]


# Labels and scenes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*label a\n*label A\n", [("duplicate-label", 2)]),
        ("*label\n*label two words\n", [("label", 1), ("label", 2)]),
        ("*goto nowhere\n", [("unknown-label", 1)]),
        ("*goto\n", [("unknown-label", 1)]),
        ("*gosub nowhere strength 5\n", [("unknown-label", 1)]),
        ("*label a\n*gosub a unknown\n", [("unknown-variable", 2)]),
        ("*goto_scene nowhere\n", [("unknown-scene", 1)]),
        ("*goto_scene other nowhere\n", [("unknown-label", 1)]),
        ("*gosub_scene other inside unknown\n", [("unknown-variable", 1)]),
        ("*goto_random_scene\n  other\n  nowhere\n", [("unknown-scene", 3)]),
    ],
)
def test_jump_is_refused(rules, text, expected) -> None:
    assert rules(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "*label Here\n*goto here\n",
        "*goto {name}\n",
        "*gosub {name}\n",
        "*goto_scene {name} {name}\n",
        "*goto_scene other Inside\n",
        "*gosub_scene other inside strength (strength + 1)\n",
        "*redirect_scene scene\n",
        '*gosub a 1 "x"\n*finish\n*label a\n*params x y\n${x} ${Y} ${param_1} ${param_count}\n*return\n',
    ],
)
def test_jump_passes(rules, text) -> None:
    assert rules(text) == []


def test_removing_a_label_is_seen_in_the_scene_that_goes_there(found) -> None:
    files = {"startup.txt": STARTUP, "other.txt": "*finish\n", "a.txt": "*goto_scene other inside\n"}

    assert found(GATE, files) == [("unknown-label", 1)]


# Variables and expressions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*set courage 1\n", [("unknown-variable", 1)]),
        ("*set strength courage\n", [("unknown-variable", 1)]),
        ("*if courage > 1\n  a\n", [("unknown-variable", 1)]),
        ("${courage} and $!{Courage}\n", [("unknown-variable", 1)]),
        ("*input_text courage\n", [("unknown-variable", 1)]),
        ("*rand courage 1 6\n", [("unknown-variable", 1)]),
        ("*rand strength 1\n", [("arguments", 1)]),
        ("*input_number strength 1 2 3\n", [("arguments", 1)]),
        ("*input_number 5 1 2\n", [("expression", 1)]),
        ("*set strength bag[strength]\n", [("unknown-variable", 1)]),
        ("${item_4}\n", [("unknown-variable", 1)]),
        ("*temp x courage\n", [("unknown-variable", 1)]),
        ("*temp 5x\n", [("variable-name", 1)]),
        ("*temp choice_x 1\n*temp and 1\n*temp\n", [("variable-name", n) for n in (1, 2, 3)]),
        ("*temp_array 5x 3\n*params choice_x\n", [("variable-name", 1), ("variable-name", 2)]),
        ("*create courage 1\n", [("startup-only", 1)]),
        ("*achievement hero visible\n", [("startup-only", 1)]),
        ("*achieve villain\n", [("unknown-achievement", 1)]),
        ("*page_break ${courage}\n", [("unknown-variable", 1)]),
        (branches("*finish", "*finish").replace("Option 1", "${courage}"), [("unknown-variable", 4)]),
        ("*choice\n  *if (courage) #A\n    *finish\n", [("unknown-variable", 2)]),
        ("*choice\n  *if courage\n    #A\n      *finish\n", [("unknown-variable", 2)]),
    ],
)
def test_variable_is_refused(rules, text, expected) -> None:
    assert rules(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "*temp courage\n*set Courage 5\n${COURAGE}\n",
        '*set strength 5\n*set strength +5\n*set strength %+ 10\n*set strength %-10\n*set name &"!"\n*set strength-5\n',
        "*set strength (strength + 5) * 2\n*set strength round(strength / 3) modulo 2\n",
        "*set strength (strength * (strength - 2)) + (strength ^ 2)\n*set name name#1\n",
        '*if not(strength > 5) and (name = "a \\"b\\" ${strength}")\n  a\n',
        "*if ((strength > 5) and (strength < 9)) or (strength != 7)\n  a\n",
        "${item[strength]} ${item[1]} ${item_3} ${item_count} ${{name}} @{(strength > 5) a|b${name}} @!!{strength a|b|c}\n",
        "*temp_array grid 2 0\n*temp_array deep strength\n*set grid[1] 5\n*set grid_2 5\n*set deep_99 1\n*set {name} 5\n",
        "*rand strength 1 6\n*input_number strength 0 (strength+1)\n*input_text name long\n",
        "*if choice_randomtest\n  a\n*if (implicit_control_flow) or (true)\n  b\n*print strength\n",
        '*achieve HERO\n*setref name 5\n*comment ${courage} "\n*line_break\n$ { not one\n',
    ],
)
def test_variable_passes(rules, text) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    "expression",
    [
        *("1 + 2 3", "(1 + 2 3)"),
        *(
            "strength > 5 and strength < 9",
            "(true and false and true)",
            "strength + 1 + 2",
            "not(true",
            "(true",
            "true)",
        ),
        *(
            "strength == 5",
            "strength >",
            "> 5",
            "strength AND true",
            "strength % 2",
            "strength ! 2",
            "strength strength",
        ),
        *('name = "open', "name = “curly”", "name = 'single'", "", "item[1", "((true)", "strength ? 1", "()"),
        *("(" * 50 + "1" + ")" * 50, '"${strength +}"'),
    ],
)
def test_expression_is_refused(rules, expression) -> None:
    assert rules(f"*if {expression}\n  a\n") == [("expression", 1)]


@pytest.mark.parametrize(
    "text",
    [
        *("${name", "${}", "@{strength}", "@{strength a}", "@{(strength > 5)a|b}", "@{(strength > 5 a|b}", "@{ a|b}"),
        *("@{strength a|@{strength b|c}}", "*set strength", "*set +5"),
    ],
)
def test_text_is_refused(rules, text) -> None:
    assert {rule for rule, _ in rules(text)} == {"expression"}


def test_variables_of_older_games_are_declared_out_of_sight(found) -> None:
    files = {
        "startup.txt": STARTUP,
        "other.txt": OTHER,
        "a.txt": "*set courage 1\n",
        "mygame.js": "stats = {courage: 50};",
    }

    assert found(GATE, files) == []
    assert found(GATE, {**files, "mygame.js": "stats = {};"}) == [("unknown-variable", 1)]


# startup.txt


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("Text\n*create x 1\n", [("startup-only", 2)]),
        ("*temp y\n*create x 1\n", [("startup-only", 2)]),
        ("*if true\n  *finish\n*create x 1\n", [("startup-only", 3)]),
        ("*create x -5\n*create y 1+1\n*create z\n", [("create-value", n) for n in (1, 2, 3)]),
        ('*create x "${x}"\n', [("create-value", 1)]),
        ("*create x 1\n*create X 2\n", [("duplicate-create", 2)]),
        ("*scene_list\n  startup\n  gone\n", [("unknown-scene", 3)]),
        ("*scene_list\n  startup\n    other\n", [("scene-list", 3)]),
        ("*scene_list\nText\n", [("scene-list", 1)]),
        ("*achievement Hero visible 10 T\n  a\n", [("achievement", 1)]),
        ("*achievement hero seen 101 T\n  a\n", [("achievement", 1), ("achievement", 1)]),
        ("*achievement hero visible\n", [("achievement", 1)]),
        ("*achievement hero visible 10 T\nText\n", [("achievement", 1)]),
        ("*achievement hero visible 10 T [b]\n  ${a}\n", [("achievement", 1), ("achievement", 2)]),
        (f"*achievement hero visible 10 {'T' * 51}\n  a\n", [("achievement", 1)]),
        ("*achievement hero visible 10 T\n  a\n  b\n  c\n", [("achievement", 4)]),
        ("*achievement hero hidden 10 T\n  secret\n  b\n", [("achievement", 1)]),
    ],
)
def test_startup_is_refused(rules, lines, expected) -> None:
    found = rules("*title T\n" + lines, path="startup.txt")

    assert found == [(rule, line + 1) for rule, line in expected]


@pytest.mark.parametrize(
    "lines",
    [
        '*create x 1.5\n*create y TRUE\n*comment c\n*create z "a \\"b\\""\n*create_array a 3 0\n*product p\n',
        "*scene_list\n  $ startup\n  $paid other\n",
        "*achievement hero hidden 10 T\n  Hidden\n\n  You did it.\n",
        "*bug choice_beta\n*create x 1\n",
    ],
)
def test_startup_passes(rules, lines) -> None:
    assert rules("*title T\n" + lines, path="startup.txt") == []


# *stat_chart


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("", [("stat-chart", 1)]),
        ("  strength Strength\n", [("stat-chart", 2)]),
        ("    text name\n  percent strength\n", [("stat-chart", 3)]),
        ("  text name Name\n    one\n    two\n", [("stat-chart", 4)]),
        ("  text courage\n", [("unknown-variable", 2)]),
        ("  opposed_pair strength\n", [("stat-chart", 2)]),
        ("  opposed_pair strength\n\n    Weakness\n", [("stat-chart", 2)]),
        ("  opposed_pair strength\n    A\n      a\n    B\n", [("stat-chart", 4)]),
        ("  opposed_pair Strong and Weak\n    strength\n", [("unknown-variable", 2)]),
        ("  text (strength + 1 Strength\n", [("expression", 2)]),
    ],
)
def test_stat_chart_is_refused(rules, block, expected) -> None:
    assert rules("*stat_chart\n" + block + "Text\n") == expected


def test_stat_chart_passes(rules) -> None:
    text = """\
        *stat_chart
          text name
            Definition
          text name Your name
          percent (strength * 2) Strength of ${name}
          percent (strength)
          opposed_pair strength
            Weakness
          opposed_pair strength
            Strength
            Weakness
          opposed_pair strength
            Strength
              Definition
            Weakness
              Definition
        Text
        """

    assert rules(text) == []


# Robustness


def test_deep_nesting_is_reported_and_not_followed(rules) -> None:
    ifs = "".join(" " * n + "*if true\n" for n in range(3000)) + " " * 3000 + "a\n"
    groups = "*choice " + " ".join("abc") * 500 + "\n" + "".join(" " * n + "#A\n" for n in range(1, 1500))

    assert ("too-deep", 61) in rules(ifs)
    assert rules("".join(" " * n + "*if true\n" for n in range(60))) == [("empty-if", 60)]
    assert "too-deep" in {rule for rule, _ in rules(groups)}


# The real scenes: somebody else's work, read where they are

REAL = Path(__file__).parents[4] / "shared" / "data" / "aethromoor" / "choicescript_game"


@pytest.mark.skipif(not REAL.is_dir(), reason="the first user's scenes are not beside this project")
def test_the_real_scenes_have_the_findings_that_were_read_through_by_hand(tree) -> None:
    files = {str(path.relative_to(REAL)): path.read_bytes() for path in REAL.rglob("*.txt")}

    findings = GATE.check(tree(files), sorted(files))

    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    assert counts == {
        "unknown-variable": 35,
        "unknown-scene": 20,
        "falls-into-else": 9,
        "expression": 9,
        "achievement": 5,
        "stat-chart": 3,
        "startup-only": 3,
        "duplicate-create": 1,
    }
