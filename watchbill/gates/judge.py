"""The judgement: what the gates see in a change, told apart from what its base already had."""

from collections.abc import Iterable, Sequence

from watchbill.domain.findings import Finding, Verdict, split_debt
from watchbill.domain.ports import Gate, Tree


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
    """The verdict on head. `change_findings` (claims, secrets, size …) are about the change itself and so always new."""
    new = list(change_findings)
    debt: list[Finding] = []
    for gate in gates:
        found = _look(gate, head, changed)
        if not found:
            continue
        fresh, known = split_debt(_look(gate, base, changed), found)
        new += fresh
        debt += known
    return Verdict(
        tree=head_id, base=base_id, new=tuple(new), debt=tuple(debt), gates=tuple(gate.name for gate in gates)
    )


def survey(tree: Tree, gates: Sequence[Gate]) -> list[Finding]:
    """Every finding in a whole tree, gate by gate, in the order of its paths."""
    return [finding for gate in gates for finding in gate.check(tree, _applying(gate, tree.paths()))]


def is_cross_file(gate: Gate) -> bool:
    """Whether a change of one file may bring findings in another: such a gate looks at every path that it applies to."""
    return bool(getattr(gate, "cross_file", False))


def _look(gate: Gate, tree: Tree, changed: Sequence[str]) -> list[Finding]:
    present = tree.paths()
    if not is_cross_file(gate):
        wanted = set(changed)
        present = [path for path in present if path in wanted]
    return list(gate.check(tree, _applying(gate, present)))


def _applying(gate: Gate, paths: Sequence[str]) -> list[str]:
    return [path for path in paths if gate.applies(path)]
