"""Failures: telling that it is the same one again, though times, numbers, ids and lines differ."""

import re
from collections.abc import Iterable
from hashlib import sha256

from watchbill.domain.findings import Finding, Severity

SAME_TIMES = 3  # then it is the task, not chance: it goes into quarantine

_IDS = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b|0x[0-9a-f]+")
_NUMBERS = re.compile(r"\d+")


def normal(words: str) -> str:
    """The words without what changes from one time to the next.

    >>> normal("Run-12 at 14:02:07: no label  dune in a.md:33 (3f9c2ab11)")
    'run-# at #:#:#: no label dune in a.md:# (#)'
    """
    return _NUMBERS.sub("#", _IDS.sub("#", " ".join(words.lower().split())))


def identity(why: str, findings: Iterable[Finding] = ()) -> str:
    """Equal for what is the same failure: by what the gates found, else by the words."""
    errors = {
        (finding.gate, finding.rule, finding.path, normal(finding.message))
        for finding in findings
        if finding.severity is Severity.ERROR
    }
    said = "\n".join("\t".join(each) for each in sorted(errors)) or normal(why)
    return sha256(said.encode("utf-8", "replace")).hexdigest()
