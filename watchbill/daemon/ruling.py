"""Ruling: the repository's own rules, tried on a change."""

import asyncio
from collections.abc import Sequence

from watchbill.daemon import tallying
from watchbill.domain.findings import Finding
from watchbill.domain.ports import Proc, Tree
from watchbill.gates import rules
from watchbill.gates.rules import Match, Rule

MOST_FILES = 200  # at once


async def findings(
    proc: Proc, wanted: Sequence[Rule], base: Tree, head: Tree, paths: Sequence[str]
) -> tuple[list[Finding], list[Finding]]:
    """What the rules find wrong in these paths on the base, and on the head."""
    before: list[Finding] = []
    after: list[Finding] = []
    for rule in wanted:
        covered = [path for path in paths if rule.covers(path)]
        for start in range(0, len(covered), MOST_FILES):
            known, found = await _look(proc, rule, base, head, covered[start : start + MOST_FILES])
            before += known
            after += found
    return before, after


async def _look(
    proc: Proc, rule: Rule, base: Tree, head: Tree, paths: Sequence[str]
) -> tuple[list[Finding], list[Finding]]:
    texts, after = await asyncio.to_thread(rules.texts, rule, base, head, paths)
    both = [text for one in texts for text in one.texts]
    try:
        found = await _places(proc, rule.pattern, both)
        parts = await _places(proc, rule.each, both) if rule.each else [[] for _ in both]
    except tallying.NotCounted as error:
        return [], [*after, rules.not_counted(rule, str(error))]
    before: list[Finding] = []
    for text, old, new, was, now in zip(texts, found[::2], found[1::2], parts[::2], parts[1::2], strict=True):
        known, fresh = rules.judged(rule, text, old, new, parts=(was, now))
        before += known
        after += fresh
    return before, after


async def _places(proc: Proc, pattern: str, texts: Sequence[str]) -> list[list[Match]]:
    if not texts:
        return []
    return [[Match(*one) for one in found] for found in await tallying.places(proc, pattern, texts)]
