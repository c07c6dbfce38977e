"""Restored: whether a state folder knows what was spent. One that CI begins anew may be one whose cache was lost.

What was spent under a lost state counts in windows that have not turned yet, so only free work is done, in this and every later
start, until the owner says that nothing was spent before.
"""

from collections.abc import Mapping
from pathlib import Path

from watchbill.domain.errors import StateError
from watchbill.state.folder import StateFolder

CI = "CI"  # the variable by which every CI service says what it is
WHY = (
    "this state began in CI without an earlier one, so nobody knows what was spent: only free work is done; if nothing "
    "was, say so once: watchbill once --begin"
)


def knows_spend(folder: StateFolder, environ: Mapping[str, str], *, begins: bool) -> bool:
    """Whether paid work may be done. `begins`: the owner says that nothing was spent before. Raises StateError."""
    mark = _mark(folder)
    if begins:
        mark.unlink(missing_ok=True)
        return True
    is_new_in_ci = environ.get(CI, "").lower() not in ("", "0", "false") and not folder.db.exists()
    if is_new_in_ci and not mark.exists():
        folder.make()
        _write(mark)
    return not mark.exists()


def _mark(folder: StateFolder) -> Path:
    return folder.root / "SPEND_UNKNOWN"


def _write(mark: Path) -> None:
    try:
        mark.write_text(f"{WHY}\n", encoding="utf-8")
    except OSError as error:
        raise StateError(f"cannot write {mark}: {error.strerror}") from error
