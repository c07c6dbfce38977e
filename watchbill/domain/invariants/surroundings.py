"""I14, I16, I17 and I20: what is around the work. The folder, the owner's side, secrets, and the stores' own health."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from urllib.parse import quote

from watchbill.domain.claims import covers
from watchbill.domain.invariants.evidence import Integrity, Secrets, Tenure, UserSide
from watchbill.domain.invariants.report import Violation, breach


def is_alone(tenures: Sequence[Tenure]) -> Iterator[Violation]:
    """I14: one daemon per state folder."""
    for one, other in combinations(sorted(tenures, key=lambda tenure: tenure.since), 2):
        if one.folder == other.folder and (one.until is None or other.since < one.until):
            yield breach("I14", "two daemons held one state folder", folder=one.folder, pids=(one.pid, other.pid))


def is_untouched(user_sides: Sequence[UserSide]) -> Iterator[Violation]:
    """I16: the owner's branch, index, stash and worktree are untouched but for the files that are ours to edit."""
    for side in user_sides:
        before, after = side.before, side.after
        files = _differences(before.files, after.files)
        refs = _differences(before.refs, after.refs)
        changed = {
            "branch": [] if before.head == after.head else [after.head],
            "index": [] if before.index == after.index else [after.index],
            "stash": [] if before.stash == after.stash else list(after.stash),
            "ref": [ref for ref in refs if not ref.startswith(side.may_move)],
            "file": [path for path in files if not covers(side.may_edit, path)],
        }
        for what, names in changed.items():
            for name in names:
                yield breach("I16", f"the owner's {what} was touched", **{"repo": side.repo, what: name})


def is_secret(secrets: Secrets) -> Iterator[Violation]:
    """I17: no secret canary in log, database, prompt or commit: not plain, quoted, escaped or in base64."""
    for number, canary in enumerate(secrets.canaries):
        forms = _forms(canary)
        for place, text in secrets.texts.items():
            if any(form in text for form in forms):
                yield breach(
                    "I17", "a secret stands in a text", canary=number, place=place
                )  # the canary itself is not repeated


def is_sound(integrity: Integrity) -> Iterator[Violation]:
    """I20: integrity_check says ok; foreign_key_check and git fsck say nothing."""
    said = {
        "integrity_check": [line for line in integrity.integrity_check if line != "ok"] or _silence(integrity),
        "foreign_key_check": list(integrity.foreign_key_check),
        "git fsck": list(integrity.fsck),
    }
    for program, lines in said.items():
        for line in lines:
            yield breach("I20", f"{program} complains", line=line)


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _forms(canary: str) -> frozenset[str]:
    raw = canary.encode()
    # base64 of a text that holds the canary depends on its place modulo three; the first and last sign may be a neighbour's
    shifted = (base64.b64encode(b" " * shift + raw).decode().rstrip("=") for shift in range(3))
    inner = (text[4 if shift else 0 : -1] for shift, text in enumerate(shifted))
    return frozenset({canary, quote(canary, safe=""), json.dumps(canary)[1:-1], *inner})


def _silence(integrity: Integrity) -> list[str]:
    return [] if integrity.integrity_check else ["it said nothing"]
