"""Findings: what the base tree already had is debt, what is new blocks."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.findings import Finding, Severity, Verdict, split_debt


def finding(text: str = "x = ", *, line: int = 1, rule: str = "syntax", path: str = "a.py") -> Finding:
    return Finding(gate="python", rule=rule, path=path, line=line, message="wrong", text=text)


findings = st.lists(
    st.builds(
        finding,
        st.sampled_from(["x", "y", "x  y"]),
        line=st.integers(1, 9),
        rule=st.sampled_from(["r", "s"]),
        path=st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)


def verdict(*new: Finding) -> Verdict:
    return Verdict(tree="t", base="b", new=new, debt=(), gates=("python",))


def test_finding_of_the_base_is_debt_at_another_line_and_with_other_white_space() -> None:
    new, debt = split_debt([finding("x  =", line=3)], [finding("\tx = ", line=9)])

    assert not new
    assert [one.line for one in debt] == [9]


def test_finding_that_differs_in_rule_or_text_is_new() -> None:
    others = [finding(rule="name"), finding("y = ")]

    new, debt = split_debt([finding()], others)

    assert list(new) == others
    assert not debt


def test_finding_that_occurs_more_often_than_on_the_base_is_new_for_the_surplus() -> None:
    new, debt = split_debt([finding()], [finding(line=1), finding(line=5), finding(line=7)])

    assert len(debt) == 1
    assert len(new) == 2


def test_finding_that_went_to_another_file_with_its_text_is_debt() -> None:
    renamed, silent = finding(path="b.py"), finding("", path="c.py")

    assert split_debt([finding(), finding("")], [renamed, silent]) == ((), (renamed, silent))


def test_finding_in_another_file_too_is_new() -> None:
    again = finding(path="b.py")

    assert split_debt([finding()], [again, finding()]) == ((again,), (finding(),))
    assert split_debt([finding("")], [replace(finding("", path="b.py"), message="other")])[1] == ()
    assert split_debt([finding("", line=0)], [finding("", line=0, path="b.py")])[1] == ()  # of a whole file


@given(findings, findings)
def test_splitting_loses_and_invents_nothing(base: list[Finding], found: list[Finding]) -> None:
    new, debt = split_debt(base, found)
    known, seen = (Counter((one.rule, " ".join(one.text.split())) for one in side) for side in (base, found))

    assert Counter([*new, *debt]) == Counter(found)
    assert Counter((one.rule, " ".join(one.text.split())) for one in debt) == known & seen


@given(findings)
def test_unchanged_tree_has_nothing_new(found: list[Finding]) -> None:
    assert split_debt(found, found) == ((), tuple(found))


def test_new_error_blocks_and_a_new_warning_does_not() -> None:
    warning = replace(finding(), severity=Severity.WARNING)

    assert verdict().passes
    assert verdict(warning).passes
    assert not verdict(warning, finding()).passes


def test_place_of_a_finding_names_no_line_of_a_whole_file_and_nothing_of_a_whole_tree() -> None:
    assert [finding(path=path, line=line).place for path, line in (("a.py", 3), ("a.py", 0), ("", 0))] == [
        "a.py:3: ",
        "a.py: ",
        "",
    ]
