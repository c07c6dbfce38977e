"""The gate of lore: texts against their own tree's canon, waivers, and how hard a finding is."""

import time

import pytest

from watchbill.domain.findings import Severity
from watchbill.gates import judge
from watchbill.gates.lore import checking, waivers
from watchbill.gates.lore.excerpt import excerpt
from watchbill.gates.lore.gate import LoreGate, Mode
from watchbill.gates.lore.judging import believed
from watchbill.gates.lore.library import open_library, waiver_path

CANON = "entities: [{id: ines, name: Ines, kind: person, attributes: {eyes: brown}}]\nspelling: [{id: s, use: grey, not: [gray]}]\n"
WRONG = "Ines had green eyes.\n"


def findings(tree, files, *paths, **terms):
    gate, head = LoreGate(**terms), tree(files)
    return list(gate.check(head, paths or [path for path in head.paths() if gate.applies(path)]))


def test_a_text_that_contradicts_the_canon_is_told_with_both_passages(tree) -> None:
    (one,) = findings(tree, {"canon.yaml": CANON, "ch01.md": WRONG})

    assert (one.gate, one.rule, one.path, one.line, one.severity) == ("lore", "attribute", "ch01.md", 1, Severity.ERROR)
    assert "green eyes" in one.message
    assert "eyes: brown" in one.message


def test_without_a_canon_nothing_is_judged(tree) -> None:
    assert findings(tree, {"ch01.md": WRONG}) == []


@pytest.mark.parametrize(
    "path", ["README.md", "docs/a.md", "src/a.py", ".github/a.md", "canon/notes.md", "CHANGELOG.md"]
)
def test_what_a_repository_says_of_itself_is_no_text_of_the_world(tree, path: str) -> None:
    assert [
        one for one in findings(tree, {"canon.yaml": CANON, path: WRONG}) if one.path == path and one.rule != "canon"
    ] == []


def test_only_the_texts_that_are_asked_for_are_judged(tree) -> None:
    files = {"canon.yaml": CANON, "a/ch01.md": WRONG, "b/ch01.md": WRONG}

    assert [one.path for one in findings(tree, files, texts=("a/**",))] == ["a/ch01.md"]
    assert [one.path for one in findings(tree, files, "b/ch01.md")] == ["b/ch01.md"]


def test_whoever_changes_the_canon_answers_for_every_text(tree) -> None:
    assert [one.path for one in findings(tree, {"canon.yaml": CANON, "ch01.md": WRONG}, "canon.yaml")] == ["ch01.md"]


def test_what_the_base_contradicts_already_is_debt(tree) -> None:
    base = tree({"canon.yaml": CANON, "ch01.md": WRONG})
    head = tree({"canon.yaml": CANON, "ch01.md": f"New words first.\n\n{WRONG}\nA gray day.\n"})

    verdict = judge.judge(base, head, base_id="b", head_id="h", changed=["ch01.md"], gates=[LoreGate()])

    assert [one.rule for one in verdict.new] == ["spelling"]
    assert [one.rule for one in verdict.debt] == ["attribute"]


@pytest.mark.parametrize(
    ("mode", "rule", "severity"),
    [
        (Mode.BLOCK, "attribute", Severity.ERROR),
        (Mode.REVIEW, "needs-review", Severity.ERROR),
        (Mode.WARN, "attribute", Severity.WARNING),
    ],
)
def test_the_mode_says_what_a_contradiction_does(tree, mode: Mode, rule: str, severity: Severity) -> None:
    (one,) = findings(tree, {"canon.yaml": CANON, "ch01.md": WRONG}, mode=mode)

    assert (one.rule, one.severity) == (rule, severity)


def test_a_canon_that_cannot_be_read_is_a_finding_and_the_rest_counts(tree) -> None:
    files = {"canon.yaml": CANON, "canon/b.yaml": "a: [", "ch01.md": WRONG}

    assert [(one.rule, one.path) for one in findings(tree, files)] == [
        ("canon", "canon/b.yaml"),
        ("attribute", "ch01.md"),
    ]


def test_a_waiver_beside_the_canon_keeps_a_contradiction(tree) -> None:
    kept = waivers.write([waivers.Waiver(rule="attribute", canon_id="ines", quote="green  eyes,", reason="lenses")])
    files = {"lore/canon.yaml": CANON, "ch01.md": f"{WRONG}A gray day.\n"}

    assert [one.rule for one in findings(tree, {**files, "lore/lore-waivers.yaml": kept})] == ["spelling"]
    assert waiver_path(["lore/canon.yaml", "lore/canon/a.md"]) == "lore/lore-waivers.yaml"
    assert waiver_path([]) == "lore-waivers.yaml"


@pytest.mark.parametrize("text", ["waivers: [", "waivers: none", "waivers: [{rule: attribute, canon_id: ines}]"])
def test_waivers_that_cannot_be_read_are_a_finding(tree, text: str) -> None:
    found = findings(tree, {"canon.yaml": CANON, "lore-waivers.yaml": text, "ch01.md": WRONG})

    assert [(one.rule, one.path) for one in found] == [("canon", "lore-waivers.yaml"), ("attribute", "ch01.md")]
    assert waivers.read("waivers:\n", "w") == []


def test_a_long_text_is_judged_to_its_limit_and_says_so(tree, monkeypatch) -> None:
    monkeypatch.setattr(checking, "MAX_TEXT", 40)
    monkeypatch.setattr("watchbill.gates.lore.gate.MAX_TEXT", 40)

    found = findings(tree, {"canon.yaml": CANON, "ch01.md": f"{WRONG}{' ' * 40}\n\nA gray day.\n"})

    assert [one.rule for one in found] == ["attribute", "too-long"]


def test_a_text_of_many_contradictions_tells_a_bounded_number(judged) -> None:
    assert len(judged(CANON).check("a.md", "A gray day. " * 1_000)) == checking.MAX_MARKS


def test_an_excerpt_holds_what_concerns_the_texts_and_what_is_said_of_nobody() -> None:
    canon = """
entities:
  - {id: ines, name: Ines Corvo, aliases: [Nessa, Nell (used by Tomas only)], attributes: {eyes: brown}, relations: {brother: tomas}, notes: She is quick.}
  - {id: tomas, name: Tomas Corvo, attributes: {hair: black}}
facts:
  - {id: f, about: ines, text: Ines owns the boat.}
  - {id: g, about: telephone, text: No call can be made., valid_from: 3, valid_to: 8}
deaths: [{id: d, who: ines, chapter: 9}]
knowledge: [{id: k, who: ines, what: that it burned, chapter: 4}]
timeline: [{id: c3, chapter: 3, event: the flood}]
voice_rules: [{id: v, who: ines, rule: never swears}]
places: [{id: quay, name: the Quay}, {id: mill, name: the Mill}]
travel_days: [{id: t, from: quay, to: mill, days: 2}]
banned_words: [{id: b, words: [okay]}]
"""
    told = excerpt(open_library({"canon.yaml": canon}).judge, ["Polish the scene in which Ines leaves the Quay"])

    assert told.splitlines() == [
        "## Ines Corvo (Nessa, Nell, used by Tomas only) [ines]",
        "- eyes: brown",
        "- brother: tomas",
        "- She is quick.",
        "- Ines owns the boat. [f]",
        "- dies: who: ines; chapter: 9 [d]",
        "- learns only in chapter 4: that it burned [k]",
        "- speaks so: never swears [v]",
        "## the Quay [quay]",
        "- way: from: quay; to: mill; days: 2 [t]",
        "- No call can be made. (from chapter 3, to chapter 8) [g]",
        "- chapter: 3; event: the flood [c3]",
        "- banned: okay [b]",
    ]
    assert excerpt(open_library({}).judge, ["Ines"]) == ""


SAID = [
    {"quote": "Ines had green eyes.", "canon": "eyes: brown", "canon_id": "ines", "why": "they are brown"},
    {"quote": "Ines has green eyes.", "canon_id": "ines", "why": "not its words"},
    {"quote": "A gray day", "canon": "not gray", "canon_id": "nobody", "why": "neither such words nor such an id"},
    {"quote": "", "canon_id": "ines"},
    "nonsense",
]


def test_of_what_a_model_says_only_what_can_be_looked_up_counts() -> None:
    library = open_library({"canon.yaml": CANON})
    texts = {"a.md": "Rain.\n", "b.md": f"Rain.\n\n{WRONG}A gray day.\n"}

    (one,) = believed(library, SAID, texts, CANON)

    assert (one.path, one.line, one.rule, one.canon_id, one.quote) == (
        "b.md",
        3,
        "judged",
        "ines",
        "Ines had green eyes.",
    )
    assert one.canon == "eyes: brown"
    assert believed(library, "nonsense", texts, CANON) == []


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ({"canon": "Eyes:\nbrown", "canon_id": "Style"}, "Eyes:\nbrown"),  # words under a heading of no entry
        ({"canon": "she has brown eyes", "canon_id": "ines"}, "Ines; eyes: brown"),  # not its words, but its id
        ({"canon": "", "canon_id": "Ines"}, "Ines; eyes: brown"),  # the name of an entry
        ({"canon_id": "trust"}, "name: trust; max: 100"),
        ({"canon_id": "quay"}, "scene quay: labels start"),
    ],
)
def test_the_canon_that_a_model_means_is_shown_in_the_canons_own_words(named: dict[str, str], shown: str) -> None:
    world = f"{CANON}variables: [{{id: trust, name: trust, max: 100}}]\nscenes: [{{id: quay, name: quay, labels: [start]}}]\n"

    (one,) = believed(open_library({"canon.yaml": world}), [{"quote": "green", **named}], {"b.md": WRONG}, world)

    assert one.canon == shown


@pytest.mark.parametrize("quote", ["Ines had green eyes", "green eyes", "and so Ines had green eyes at dawn"])
def test_what_a_model_says_may_be_waived_whatever_it_quotes_around_it(quote: str) -> None:
    kept = waivers.write([waivers.Waiver(rule="judged", canon_id="", quote=quote, reason="x")])

    assert believed(open_library({"canon.yaml": CANON}, kept), SAID, {"b.md": WRONG}, CANON) == []


def test_what_a_model_says_is_not_waived_by_what_holds_for_a_check() -> None:
    kept = waivers.write([waivers.Waiver(rule="attribute", canon_id="ines", quote="Ines had green eyes", reason="x")])

    assert len(believed(open_library({"canon.yaml": CANON}, kept), SAID, {"b.md": WRONG}, CANON)) == 1


@pytest.mark.parametrize("bomb", ["<!--", '"a ', "[", "Ines ", "one hundred and ", "`", "(", "${"])
def test_what_is_no_prose_is_judged_in_time_that_grows_with_its_length(judged, bomb: str) -> None:
    judge_ = judged(CANON)
    took: dict[int, float] = {}
    for count in (1_000, 4_000, 1_000, 4_000, 1_000, 4_000):  # the best of three: a collection may fall into any
        start = time.process_time()
        judge_.check("a.md", f"{bomb * count}\n\n{WRONG}")
        took[count] = min(time.process_time() - start, took.get(count, 60.0))

    assert took[4_000] < 12 * took[1_000] + 0.2
