"""Use: what lies in the state folder and how much of the disk it takes, largest first."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from watchbill.config import reports
from watchbill.operator.doctor.findings import Found, ok, unchecked
from watchbill.operator.doctor.patient import Patient

_MIB = 1 << 20


async def used(patient: Patient) -> Iterator[Found]:
    if not patient.folder.root.is_dir():
        return iter([unchecked("there is no state folder yet")])
    folder = patient.folder
    logs = reports.folder_of(patient.loaded.settings.reports, patient.loaded.path, folder.root)
    places = {
        "clones": folder.repos,
        "worktrees": folder.worktrees,
        "environments": folder.environments,
        "patches": folder.patches,
        "reports": logs,
    }
    return iter([await asyncio.to_thread(_used, places, folder.db)])


def _used(places: Mapping[str, Path], db: Path) -> Found:
    sizes = {name: _size(place) for name, place in places.items()}
    sizes["database"] = sum(each.stat().st_size for each in db.parent.glob(f"{db.name}*"))
    said = ", ".join(f"{name} {_worded(size)}" for name, size in sorted(sizes.items(), key=lambda one: -one[1]) if size)
    return ok(f"{_worded(sum(sizes.values()))}: {said}" if said else "nothing yet")


def _size(root: Path) -> int:
    """Bytes on the disk; what goes meanwhile counts for nothing."""
    total = 0
    for folder, _, names in os.walk(root, onerror=None):
        for name in names:
            try:
                total += Path(folder, name).lstat().st_blocks * 512
            except OSError:
                continue
    return total


def _worded(size: int) -> str:
    return f"{size / _MIB:.1f} MiB"
