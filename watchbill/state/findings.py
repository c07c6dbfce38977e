"""Findings as JSON: how verdicts and heads keep what the gates saw."""

from collections.abc import Iterable
from dataclasses import asdict

from watchbill.domain.findings import Finding, Severity
from watchbill.state import columns


def dump(findings: Iterable[Finding]) -> str:
    return columns.array(asdict(finding) for finding in findings)


def load(stored: str) -> tuple[Finding, ...]:
    return tuple(Finding(**{**item, "severity": Severity(item["severity"])}) for item in columns.parsed(stored))
