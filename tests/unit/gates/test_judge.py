"""The judgement: what is new and what was there before."""

from watchbill.gates import judge, markdown, python, registry

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
