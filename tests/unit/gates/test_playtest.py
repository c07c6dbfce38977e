"""Play-testing ChoiceScript games: what stops playthroughs, what nobody reaches, and that the same seed plays the same."""

import pytest

from watchbill.domain.findings import Severity
from watchbill.gates.choicescript import evaluate, playtest
from watchbill.gates.choicescript.values import Trouble

HEAD = '*title T\n*scene_list\n  startup\n  second\n*create courage 50\n*create name ""\n*create brave false\n'


@pytest.fixture
def play(tree):
    """What play-testing a game says: {startup: …, second: …}; the head is put in front of startup."""

    def run(startup, second="The end.\n*finish\n", runs=20, head=HEAD, **more):
        files = {"game/startup.txt": head + startup, "game/second.txt": second}
        files |= {f"game/{name}.txt": text for name, text in more.items()}
        (played,) = playtest.play(tree(files), ["game/startup.txt", "game/second.txt"], runs=runs)
        return played

    return run


def told(played):
    start = HEAD.count("\n")
    return [(one.rule, one.path[5:-4], one.line - (start if "startup" in one.path else 0)) for one in played.findings]


GOOD = """
*temp luck 0
*rand luck 1 6
*input_text name
*label hub
*choice
  *if (courage > 20)
    #Leap, ${name}.
      *set courage %+ 10
      *goto on
  *elseif (courage > 10)
    #Crawl.
      *goto on
  *else
    #Hide.
      *goto on
  *hide_reuse #Wait.
    *set courage -25
    *gosub wait
    *goto hub
  *if (brave) #Never.
    *finish
  *selectable_if (luck > 0) #Ask.
    *goto_scene second ask
*label wait
*set brave false
*return
*label on
*if courage > 50
  Bold, @{(courage > 50) you|they} go.
  *page_break
  *goto out
*else
  Meek.
*fake_choice
  #A
  #B
    *comment fine
*label out
*finish
"""
SECOND = "Here.\n*finish\n*label ask\n*goto_random_scene\n  third\n"


def test_a_sound_game_has_no_finding_and_every_line_is_seen(play) -> None:
    played = play(
        GOOD, SECOND, runs=80, third="*gosub_scene fourth part 7\n*ending\n", fourth="*label part\n*params x\n*return"
    )

    assert told(played) == []
    assert (played.runs, played.ended) == (80, 80)
    assert played.visited > 0.9
    assert {path for path, _, _ in played.endings} == {"game/second.txt", "game/third.txt"}
    assert ("courage", 25.0, 55.0) in played.ranges or ("courage", 25.0, 50.0) in played.ranges


def test_ends_of_scenes_that_no_path_leads_to_are_told_apart_from_the_games_own(play) -> None:
    played = play("*goto_scene gone\n", "Here.\n*finish\n", runs=5)

    assert (played.runs, played.ended, played.whole) == (10, 5, (0, 5))
    assert "10 times: 5 came to an end (0 of the 5 from the game's beginning), at 1 place;" in playtest.summary(played)


def test_the_same_seed_plays_the_same(play) -> None:
    assert play(GOOD, SECOND) == play(GOOD, SECOND)


@pytest.mark.parametrize(
    ("startup", "rule", "line", "words"),
    [
        ("*goto_scene gone", "missing-scene", 1, "no scene gone"),
        ("*goto gone", "missing-label", 1, "no *label gone"),
        ("*goto_scene second gone", "missing-label", 1, "the scene second has no *label gone"),
        ("*return", "stray-return", 1, "without a *gosub"),
        ("*bug no such ${name}", "bug", 1, "*bug is reached"),
        ("*label a\n*goto a", "endless", 2, "without a choice"),
        ("*label a\n*gosub a", "endless", 2, "none of which returned"),
        ("*choice\n  *if (brave) #A\n    *finish", "dead-end", 1, "no option"),
        (
            "*label a\n*choice\n  *hide_reuse #A\n    *goto a\n  *disable_reuse #B\n    *goto a",
            "dead-end",
            2,
            "used up",
        ),
        ("*if brave\n  a\n*else\n  b\n  *finish\n*set brave true\n*if brave\n  a\n*else\n  b", "", 0, ""),
        ("*if not(brave)\n  a\n*else\n  b", "falls", 2, "runs into"),
        ("*choice\n  #A\n    a\n  #B\n    *finish", "falls", 3, "runs into"),
        ("*set courage nothing", "value", 1, "nothing is no variable"),
        ('*set courage "x"\n*if courage > 1\n  a', "value", 2, "'x' is no number"),
        ("*if courage\n  a", "value", 1, "neither true nor false"),
        ("*set courage 500\n*set courage %+ 10", "value", 2, "a percentage"),
        ("*set courage / 0", "value", 1, "divides by zero"),
        ("*rand courage 6 1", "value", 1, "the least is more"),
        ("*params a", "value", 1, "nobody handed over"),
        ("${courage", "value", 1, "never closed"),
        ("@{courage a|b}", "value", 1, "no text for 50"),
        ("*set courage (1 + 2 + 3)", "value", 1, "expected"),
    ],
)
def test_what_stops_a_playthrough_is_told_with_its_line(play, startup, rule, line, words) -> None:
    played = play(f"{startup}\n")

    faults = [one for one in played.findings if one.severity is Severity.ERROR]
    assert told(played)[:1] == ([(rule, "startup", line)] if rule else [])
    assert all(words in one.message and " playthroughs" in one.message for one in faults)


def test_what_no_path_leads_to_is_told_though_nothing_stops(play) -> None:
    startup = "*finish\n*label lost\n*ending\n"
    second = "*finish\n*label also\na\n"

    assert told(play(startup, second, third="a\n*ending\n")) == [
        ("unreachable-label", "second", 2),
        ("unreachable-label", "startup", 2),
        ("unreachable-ending", "startup", 3),
        ("unreachable-scene", "third", 0),
    ]


def test_computed_jumps_reach_every_label_and_scene(play) -> None:
    startup = '*temp where "b"\n*gosub {where}\n*goto_scene {("sec"&"ond")}\n*label a\n*label b\n*return\n'

    assert told(play(startup)) == []
    assert told(play('*gotoref ("a"&"b")\n*label ab\n*finish\n')) == []


def test_a_scene_that_nobody_comes_to_is_tried_by_itself_and_may_return(play) -> None:
    played = play("*ending\n", "*if brave\n  *return\n*set courage nothing\n")

    assert told(played) == [("value", "second", 3), ("unreachable-scene", "second", 0)]


def test_achievements_and_percentages_are_looked_at_once_nothing_stops(play) -> None:
    head = HEAD + "*achievement won visible 10 Won\n  One.\n*achievement lost visible 10 Lost\n  Two.\n"
    stats = "*stat_chart\n  percent courage Courage\n  text name Name\n"

    played = play("*set courage + 100\n*achieve won\n*finish\n", head=head, choicescript_stats=stats)

    assert [(one.rule, one.path, one.message) for one in played.findings] == [
        ("unawarded-achievement", "game/startup.txt", "no *achieve awards lost"),
        (
            "stat-range",
            "game/choicescript_stats.txt",
            "the chart shows courage as a percentage, and it went from 50 to 150",
        ),
    ]


def test_groups_of_options_are_picked_one_after_another(play) -> None:
    groups = "*choice hand foot\n  #Left\n    #Up\n      *finish\n    #Down\n      *ending\n  #Right\n"
    groups += "    #Up\n      *finish\n    #Down\n      *ending\n"

    played = play(groups, runs=40)

    assert told(played) == []
    assert played.visited == 1.0


def test_arrays_and_the_rest_of_the_commands(play) -> None:
    startup = '*temp_array a 3 1\n*set a[2] 5\n*print a[2]+a_count\n*temp b "x"\n*set {"b"} b&"y"\n*delete b\n*sound x.mp3\n*finish\n'

    assert told(play(startup, head=HEAD + "*create_array c 2 0 1\n")) == []


def test_where_no_path_leads_to_an_end_is_told_once_a_scene(play) -> None:
    maze = "*label in\nA maze.\n*choice\n  #Left\n    *goto in\n  #Right\n    *gosub turn\n    *goto in\n*label turn\n*return\n"

    assert (
        told(play("*choice\n  #In\n    *goto_scene second\n  #Home\n    *finish\n", maze)) == []
    )  # a *gosub may not come back
    assert told(
        play(
            "*choice\n  #In\n    *goto_scene second\n  #Home\n    *ending\n",
            maze.replace("*gosub turn", "*set brave true"),
        )
    ) == [("unreachable-label", "second", 9), ("no-way-out", "second", 3)]


def test_a_playthrough_that_goes_on_for_ever_is_no_fault(play, monkeypatch) -> None:
    monkeypatch.setattr("watchbill.gates.choicescript.machine.MOST_CHOICES", 5)
    monkeypatch.setattr(playtest, "MOST_STEPS", 30)

    played = play("*label a\n*choice\n  #A\n    *goto a\n  #B\n    *goto a\n")

    assert {one.severity for one in played.findings} == {Severity.WARNING}
    assert (played.ended, played.runs < 20) == (1, True)  # the second scene by itself


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50 %+ 20", 60.0),
        ("80 %- 25", 60.0),
        ("1 %- 99", 1.0),
        ("99 %+ 99", 99.0),
        ("7 modulo 4", 3.0),
        ("2 ^ 3", 8.0),
        ('"abc" # 2', "b"),
        ('"a" & 2', "a2"),
        ("(1 = 1) and (2 != 3)", True),
        ("(1 >= 2) or (2 <= 1)", False),
        ("not(1 < 2)", False),
        ("round(2.5)", 3.0),
        ('length("abc")', 3.0),
        ("log(100)", 2.0),
        ("timestamp(1)", 0.0),
        ('"a\\"b"', 'a"b'),
        ("{x} * 2", 14.0),
        ("true", True),
    ],
)
def test_expressions(text, value) -> None:
    names = {"x": "y", "y": 7.0}

    assert evaluate.expression(text, lambda name: names[name]) == value


@pytest.mark.parametrize(
    "text",
    [
        "1 +",
        "1 2",
        "(1",
        "1 + 2 3",
        ")",
        '"a" # 9',
        "10 ^ 999",
        "(0-8) ^ 0.5",
        "log(0)",
        "5 modulo 0",
        "curly \u201c",
        "(" * 50,
    ],
)
def test_expressions_that_cannot_be(text) -> None:
    with pytest.raises(Trouble):
        evaluate.expression(text, lambda name: 1.0)
    with pytest.raises(Trouble):
        evaluate.assignment("1", lambda name: 1.0)


def test_as_a_gate_it_speaks_of_the_scenes_that_it_was_asked_for(tree) -> None:
    files = {"game/startup.txt": HEAD + "*goto_scene gone\n", "game/second.txt": "*finish\n", "a.md": ""}
    gate = playtest.PLAY_GATE

    assert gate.applies("game/second.txt")
    assert [one.rule for one in gate.check(tree(files), ["game/startup.txt"])] == ["missing-scene"]
    assert [one.rule for one in gate.check(tree(files), ["game/second.txt"])] == ["unreachable-scene"]
    assert gate.check(tree(files), ["a.md"]) == []
