"""The judgement: what the gates see in a change, told apart from what its base already had."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from watchbill.domain.findings import Finding, Verdict, split_debt
from watchbill.domain.ports import Gate, Tree
from watchbill.gates import apart


def judge(
    base: Tree,
    head: Tree,
    *,
    base_id: str,
    head_id: str,
    changed: Sequence[str],
    gates: Sequence[Gate],
    change_findings: Iterable[Finding] = (),
) -> Verdict:
    """The verdict on head. `change_findings` (claims, secrets, size …) are about the change itself and so always new.

    What has to be looked at apart is left out, here and in survey(): see apart.pieces() and with_more().
    """
    new = list(change_findings)
    debt: list[Finding] = []
    for gate in gates:
        found = _look(gate, head, changed, beside=base)
        if not found:
            continue
        fresh, known = split_debt(_look(gate, base, changed, beside=head), found)
        new += fresh
        debt += known
    return Verdict(
        tree=head_id, base=base_id, new=tuple(new), debt=tuple(debt), gates=tuple(gate.name for gate in gates)
    )


def survey(tree: Tree, gates: Sequence[Gate]) -> list[Finding]:
    """Every finding in a whole tree, gate by gate, in the order of its paths."""
    return [finding for gate in gates for finding in _inside(gate, tree, tree.paths(), tree)]


def with_more(
    verdict: Verdict, base: Iterable[Finding], found: Sequence[Finding], *, gates: Iterable[str] = ()
) -> Verdict:
    """The verdict with what others found in the head, told apart from what they found in the base."""
    new, debt = split_debt(base, found)
    return replace(verdict, new=(*verdict.new, *new), debt=(*verdict.debt, *debt), gates=(*verdict.gates, *gates))


def is_cross_file(gate: Gate) -> bool:
    """Whether a change of one file may bring findings in another: such a gate looks at every path that it applies to."""
    return bool(getattr(gate, "cross_file", False))


def _look(gate: Gate, tree: Tree, changed: Sequence[str], *, beside: Tree) -> list[Finding]:
    present = tree.paths()
    if not is_cross_file(gate):
        wanted = set(changed)
        present = [path for path in present if path in wanted]
    return _inside(gate, tree, present, beside)


def _inside(gate: Gate, tree: Tree, paths: Sequence[str], beside: Tree) -> list[Finding]:
    trees = (tree, beside)
    return checked(
        gate, tree, [path for path in paths if gate.applies(path) and not apart.goes_apart(gate, path, trees)]
    )


def checked(gate: Gate, tree: Tree, paths: Sequence[str]) -> list[Finding]:
    """What it finds in this process, in those paths that it applies to.

    A gate that fails is a finding of its own: another's mistake neither stops the daemon nor lets a change pass.
    """
    wanted = [path for path in paths if gate.applies(path)]
    try:
        return list(gate.check(tree, wanted)) if wanted else []
    except Exception as error:  # noqa: BLE001 - a plug-in's code may raise anything
        told = f"the gate itself failed: {type(error).__name__}: {error}; mend it, or switch it off"
        return [Finding(gate=gate.name, rule="failed", path="", line=0, message=told)]
