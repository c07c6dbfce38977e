"""Where a scene goes on after each line: bodies of *choice and *if that must not be fallen out of."""

from dataclasses import dataclass, field
from typing import assert_never

from watchbill.domain.findings import Severity
from watchbill.gates.choicescript import words
from watchbill.gates.choicescript.lexer import Problem
from watchbill.gates.choicescript.nodes import Choice, If, Node, Statement, last_line


def falls(nodes: tuple[Node, ...], *, implicit: bool) -> list[Problem]:
    """Every body that the game stops at the end of. With implicit_control_flow none is."""
    flow = _Flow(implicit=implicit)
    flow.run(nodes, reached=True)
    return flow.problems


@dataclass(slots=True, kw_only=True)
class _Flow:
    implicit: bool
    problems: list[Problem] = field(default_factory=list)

    def run(self, nodes: tuple[Node, ...], *, reached: bool) -> bool:
        """Whether the end of these nodes is reached, when their beginning is or is not."""
        for node in nodes:
            match node:
                case Statement():
                    reached = _after(node, reached=reached)
                case If():
                    reached = self._after_if(node, reached=reached)
                case Choice():
                    reached = self._after_choice(node, reached=reached)
                case _:
                    assert_never(node)
        return reached

    def _after_if(self, node: If, *, reached: bool) -> bool:
        after = reached and not node.has_else
        for branch, following in zip(node.branches, (*node.branches[1:], None), strict=True):
            if not self.run(branch.body, reached=reached):
                continue
            if following is None or self.implicit:
                after = True
            elif branch.body:
                self._report(branch.body, "falls-into-else", f"runs into the *{following.line.command} below it")
        return after

    def _after_choice(self, node: Choice, *, reached: bool) -> bool:
        after = reached and not node.leaves
        free = node.is_fake or self.implicit
        for option, following in zip(node.leaves, (*node.leaves[1:], None), strict=False):
            if not self.run(option.body, reached=reached):
                continue
            if free or following is None:
                after = True
            elif option.body:
                self._report(option.body, "falls-out-of-option", "runs into the next #option")
            if following is None and not free and option.body:
                self._report(
                    option.body,
                    "falls-out-of-choice",
                    "leaves the *choice by falling out of its last option",
                    severity=Severity.WARNING,  # the interpreter goes on below the *choice: seldom meant, but played
                )
        return after

    def _report(self, body: tuple[Node, ...], rule: str, what: str, *, severity: Severity = Severity.ERROR) -> None:
        line = last_line(body).number
        self.problems.append(Problem(rule, line, f"{what}; end it with *goto, *finish or the like", severity))


def _after(node: Statement, *, reached: bool) -> bool:
    command, data = node.line.command, node.line.data
    if command == "label":
        return True
    if command == "goto_random_scene" and "allow_no_selection" in data:
        return reached
    return reached and command not in words.TRANSFERS
