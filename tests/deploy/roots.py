"""Debian roots: machines of their own for tests, bootstrapped once from the mirror into .venv/roots, used through overlays.

They need root, mmdebstrap and overlayfs; the first use takes one to two minutes and the network.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.harness import ROOT

SUITE = os.environ.get("SUITE", "trixie")  # another Debian: make deploy-systemd SUITE=bookworm
CACHE = ROOT / ".venv" / "roots"
TRUST = Path("/etc/ssl/certs/ca-certificates.crt")  # what this machine trusts, its proxy too
SOURCE = ("watchbill", "deploy", "pyproject.toml", "requirements.lock", "README.md", "LICENSE", "Makefile")
LANG = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def need(*programs: str) -> None:
    """Skip the module, and say what it needs, where this machine cannot do it."""
    missing = [name for name in programs if shutil.which(name) is None]
    if os.geteuid() != 0:
        missing.append("root")
    if missing:
        pytest.skip(f"NOT RUN: needs {', '.join(missing)}", allow_module_level=True)


def debian(name: str, packages: Sequence[str]) -> Path:
    """A Debian root with these packages, kept for the next time. It is never written: see overlaid()."""
    mark = hashlib.sha256(" ".join((SUITE, *packages)).encode()).hexdigest()[:8]
    place = CACHE / f"{name}-{mark}"
    if not place.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        half = place.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        wanted = f"--include={','.join(packages)}"
        done = subprocess.run(
            ["mmdebstrap", "--variant=apt", wanted, SUITE, str(half)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"NOT RUN: mmdebstrap cannot make a root: {done.stderr[-400:]}")
        if TRUST.exists():
            (half / TRUST.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(TRUST, half / TRUST.relative_to("/"))
        half.rename(place)
    return place


@contextmanager
def overlaid(lower: Path, folder: Path) -> Iterator[Path]:
    """The root, writable, as it was before: what is written goes into `folder`."""
    upper, work, merged = folder / "upper", folder / "work", folder / "root"
    for each in (upper, work, merged):
        each.mkdir(parents=True)
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(merged)], check=True)
    try:
        shutil.copyfile("/etc/resolv.conf", merged / "etc/resolv.conf")
        yield merged
    finally:
        subprocess.run(["umount", "--lazy", "--recursive", str(merged)], check=False)


def in_root(root: Path, *argv: str, code: int | None = 0) -> str:
    """What a program says inside the root, with /proc and /dev of its own."""
    words = [
        "systemd-nspawn",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--as-pid2",
        f"--directory={root}",
        "--chdir=/",
    ]
    done = subprocess.run(
        [*words, *argv], env=LANG, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert code is None or done.returncode == code, f"{argv} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def lock_mark() -> str:
    return hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()[:8]


def wheels(root: Path) -> Path:
    """Every distribution of requirements.lock for this root's Python, and what builds ours; fetched once."""
    lock, place = ROOT / "requirements.lock", CACHE / f"wheels-{SUITE}-{lock_mark()}"
    if not place.exists():
        fetch = (
            "python3 -m venv /tmp/fetch && cd /wheels && fetch='/tmp/fetch/bin/pip download --quiet --only-binary=:all:' &&"
            " $fetch --require-hashes -r /lock && $fetch 'hatchling>=1.27' && touch whole && rm -r /tmp/fetch"
        )
        half = place.with_suffix(".half")
        half.mkdir(parents=True, exist_ok=True)
        with overlaid(root, CACHE / f"{place.name}.overlay") as merged:
            shutil.copyfile(lock, merged / "lock")
            (merged / "wheels").mkdir()
            in_root(merged, "sh", "-c", fetch)
            shutil.copytree(merged / "wheels", half, dirs_exist_ok=True)
        shutil.rmtree(CACHE / f"{place.name}.overlay")
        half.rename(place)
    return place


def bring_source(root: Path, where: str) -> Path:
    """This checkout's program, as a release would bring it."""
    place = root / where.lstrip("/")
    place.mkdir(parents=True)
    for name in SOURCE:
        found = ROOT / name
        if found.is_dir():
            shutil.copytree(found, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(found, place / name)
    return place
