"""The web's token: random, made once, in a file of the state folder that only its owner may read. Removing it makes a new one."""

import os
import secrets
from pathlib import Path

from watchbill.domain import regular
from watchbill.domain.errors import StateError

_OWNER_ONLY = 0o600
_LEAST, _MOST = 32, 200  # characters; ours has 43


def kept(path: Path) -> str:
    """The token, made where there is none. Raises StateError where the file is not ours alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise StateError(f"cannot keep the web's token in {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "w") as file:
        token = secrets.token_urlsafe(32)
        file.write(f"{token}\n")
    return token


def _read(path: Path) -> str:
    mend = "remove it, and a new one is made"
    try:
        with regular.opened(path, follow=False) as file:
            seen = os.fstat(file.fileno())
            token = file.read(_MOST).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"cannot read the web's token in {path}: {error}; {mend}") from error
    if seen.st_mode & 0o077 or seen.st_uid != os.geteuid():
        raise StateError(f"others than its owner may read the web's token in {path}: {mend}")
    if len(token) < _LEAST:
        raise StateError(f"the web's token in {path} is too short: {mend}")
    return token
