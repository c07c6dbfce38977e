"""The judgement: what is new and what was there before."""

import pytest

from watchbill.domain.errors import ConfigError
from watchbill.gates import apart, judge, markdown, plugins, python, registry

BAD = "def f(:\n"


def verdict(tree, base, head, *, changed=(), change_findings=()):
    return judge.judge(
        tree(base),
        tree(head),
        base_id="b",
        head_id="h",
        changed=changed,
        gates=(python.GATE, markdown.GATE),
        change_findings=change_findings,
    )


def test_a_new_finding_blocks(tree) -> None:
    seen = verdict(tree, {"a.py": "x = 1\n"}, {"a.py": BAD}, changed=["a.py"])

    assert not seen.passes
    assert [finding.path for finding in seen.new] == ["a.py"]
    assert (seen.tree, seen.base, seen.gates) == ("h", "b", ("python", "markdown"))


def test_what_the_base_had_is_debt_also_at_another_line(tree) -> None:
    seen = verdict(tree, {"a.py": BAD}, {"a.py": "x = 1\n\n" + BAD}, changed=["a.py"])

    assert seen.passes
    assert [finding.line for finding in seen.debt] == [3]


def test_what_the_base_had_is_debt_in_a_renamed_file_and_in_the_parts_of_one_that_was_taken_apart(tree) -> None:
    links = ["[a](gone.md)\n", "[b](lost.md)\n"]

    renamed = verdict(tree, {"a.md": links[0]}, {"b.md": links[0]}, changed=["a.md", "b.md"])
    apart = verdict(
        tree, {"a.md": "".join(links)}, dict(zip(("a.md", "b.md"), links, strict=True)), changed=["a.md", "b.md"]
    )
    copied = verdict(tree, {"a.md": links[0]}, {"a.md": links[0], "b.md": links[0]}, changed=["b.md"])

    assert (renamed.passes, apart.passes, [one.path for one in copied.new]) == (True, True, ["b.md"])


def test_an_unchanged_file_is_not_judged_by_a_gate_of_single_files(tree) -> None:
    seen = verdict(tree, {}, {"a.py": BAD, "b.py": ""}, changed=["b.py"])

    assert (seen.new, seen.debt) == ((), ())


def test_removing_a_file_brings_a_finding_in_the_page_that_links_to_it(tree) -> None:
    page = {"a.md": "[b](b.md) [c](c.md)"}

    seen = verdict(tree, {**page, "b.md": ""}, page, changed=["b.md"])

    assert [finding.path for finding in seen.new] == ["a.md"]


def test_findings_about_the_change_are_always_new(tree, finding) -> None:
    seen = verdict(tree, {}, {}, change_findings=[finding("claims")])

    assert [found.rule for found in seen.new] == ["claims"]


def test_a_survey_looks_at_the_whole_tree(tree) -> None:
    found = judge.survey(tree({"a.py": BAD, "b.md": "[x](y.md)", "c.txt": BAD}), registry.builtin_gates())

    assert [(finding.gate, finding.path) for finding in found] == [("python", "a.py"), ("markdown", "b.md")]


class Mine:
    """A gate of another distribution."""

    name = "mine"
    isolated = True

    def applies(self, path):
        return path.endswith(".mine")

    def check(self, tree, paths):
        raise RuntimeError("mine broke")


@pytest.fixture
def installed(monkeypatch):
    """Other distributions' entry points, as {name: what they lead to}."""

    def install(**leads):
        points = {name: Point(lead) for name, lead in leads.items()}
        monkeypatch.setattr(plugins.installed, "points", {"watchbill.gates": points}.__getitem__)
        plugins.load.cache_clear()

    yield install
    plugins.load.cache_clear()


class Point:
    def __init__(self, lead):
        self.lead, self.value = lead, "mine:GATE"

    def load(self):
        if isinstance(self.lead, Exception):
            raise self.lead
        return self.lead


def test_builtin_gates_look_unless_they_are_switched_off_and_others_only_when_switched_on(installed) -> None:
    installed(mine=Mine, other=Mine)

    names = [gate.name for gate in registry.gates_wanted({"markdown": False, "mine": True, "other": False})]

    assert "markdown" not in names
    assert names[0] == "hygiene"
    assert names[-1] == "mine"


def test_an_unknown_gate_is_a_config_error(installed) -> None:
    installed()

    with pytest.raises(ConfigError, match="no gate is named pithon; there are "):
        registry.gates_wanted({"pithon": True})
    with pytest.raises(ConfigError, match="no gate is named pithon"):
        plugins.load("pithon")


@pytest.mark.parametrize(
    ("lead", "why"),
    [(ImportError("no parser"), "cannot be loaded: ImportError: no parser"), (Mine, "is none: it needs name = 'x'")],
)
def test_a_plug_in_that_is_no_gate_is_a_config_error(installed, lead, why) -> None:
    installed(x=lead)

    with pytest.raises(ConfigError, match=why):
        registry.gates_wanted({"x": True})


def test_a_gate_that_fails_is_a_finding_and_debt_where_it_failed_on_the_base_too(tree) -> None:
    gate = Mine()
    gate.isolated = False

    def judged(base):
        return judge.judge(
            tree(base), tree({"a.mine": "y"}), base_id="b", head_id="h", changed=["a.mine"], gates=[gate]
        )

    assert [(one.gate, one.rule, one.message.split(";")[0]) for one in judged({}).new] == [
        ("mine", "failed", "the gate itself failed: RuntimeError: mine broke")
    ]
    assert judged({"a.mine": "x"}).passes


def test_what_lacks_its_parser_is_said_to_be_unchecked_and_never_blocks(tree, monkeypatch) -> None:
    monkeypatch.setattr("watchbill.gates.css.find_spec", lambda name: None)
    monkeypatch.setattr("watchbill.gates.sql.find_spec", lambda name: None)
    monkeypatch.setattr("watchbill.gates.treesitter.find_spec", lambda name: None)
    gates = [gate for gate in registry.builtin_gates() if gate.name in ("css", "sql", "lua")]

    said = [(one.gate, one.rule, one.severity) for gate in gates for one in gate.check(tree({"a.css": "{"}), ["a.css"])]

    assert said == [("css", "not-checked", "warning")]
    assert registry.unequipped(gates) == {
        "css": "tinycss2 is not installed; it comes with watchbill[syntax]",
        "sql": "sqlglot is not installed; it comes with watchbill[syntax]",
        "lua": "tree_sitter, tree_sitter_lua is not installed; it comes with watchbill[syntax]",
    }


def test_what_is_too_big_for_this_process_is_said_to_be_unchecked(tree, monkeypatch) -> None:
    monkeypatch.setattr("watchbill.gates.markdown.MOST_BYTES", 3)
    monkeypatch.setattr("watchbill.gates.choicescript.gate.MOST_BYTES", 3)
    files = {"a.md": "[b](b.md)", "c.md": "[](a.md#x)"[:3], "scenes/a.txt": "*goto nowhere\n"}

    found = judge.survey(tree(files), registry.builtin_gates())

    assert [(one.path, one.rule, one.severity) for one in found] == [
        ("a.md", "not-checked", "warning"),
        ("scenes/a.txt", "not-checked", "warning"),
    ]


def test_base_and_head_are_looked_at_in_one_way_though_only_one_of_them_is_big(tree) -> None:
    big = "x = 1\n" * (apart.IN_PROCESS_BYTES // 6 + 1) + BAD
    small, grown = tree({"a.py": BAD}), tree({"a.py": big})

    for base, head in ((small, grown), (grown, small)):
        seen = judge.judge(base, head, base_id="b", head_id="h", changed=["a.py"], gates=[python.GATE])
        assert (seen.new, seen.debt) == ((), ())
        assert [one.path for one in apart.pieces([python.GATE], head, ["a.py"], [base])] == ["a.py"]
        assert [one.path for one in apart.pieces([python.GATE], base, ["a.py"], [head])] == ["a.py"]
    assert apart.pieces([python.GATE], small, ["a.py", "gone.py"]) == []
