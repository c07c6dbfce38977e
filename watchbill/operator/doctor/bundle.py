"""The bundle: what somebody who helps needs to know, in one file, without any secret that this installation knows of."""

import asyncio
import io
import json
import os
import platform
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from watchbill import __version__
from watchbill.config import notifying, traces
from watchbill.config.keys import KeyMissing
from watchbill.domain.errors import WatchbillError
from watchbill.gates import secrets
from watchbill.operator import client, messenger
from watchbill.operator.doctor.patient import Patient
from watchbill.state import engine

_EVENTS = 1000
_HOLDS_SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "COOKIE", "DSN")
_SHORTEST = 4  # characters of a variable's value that is worth hiding: fewer are in every word
_ANSWERS: Mapping[str, tuple[str, dict[str, object]]] = {
    "status.json": ("/state", {}),
    "events.json": ("/events", {"limit": _EVENTS}),
    "runs.json": ("/runs", {"limit": 100}),
    "budgets.json": ("/budget", {}),
    "notices.json": ("/notices", {"limit": 100}),
}


def write(made: Mapping[str, bytes], place: Path, now: datetime) -> None:
    """Write these files as one, for the user's own eyes only. Raises OSError."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in made.items():
            member = tarfile.TarInfo(f"watchbill/{name}")
            member.size, member.mode = len(text), 0o600
            member.mtime = int(now.timestamp())
            archive.addfile(member, io.BytesIO(text))
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(packed.getvalue())


async def members(patient: Patient, found: object) -> Mapping[str, bytes]:
    """Every file of the bundle by its name, redacted. `found`: the doctor's findings, as JSON has them."""
    hidden = tuple(sorted(secrets_of(patient)))
    settings = patient.loaded.settings.model_dump(mode="json", exclude_none=True)
    said = {"doctor.json": found, "settings.json": settings, "versions.json": _versions()}
    for name, (path, params) in _ANSWERS.items():
        said[name] = await asyncio.to_thread(_asked, patient, path, params)
    return {name: _text(hide(value, hidden)) for name, value in said.items()}


def members_without(environ: Mapping[str, str], found: object) -> Mapping[str, bytes]:
    """The same where no configuration is valid: what can be said without one."""
    hidden = tuple(sorted(_named(environ)))
    return {
        name: _text(hide(value, hidden)) for name, value in {"doctor.json": found, "versions.json": _versions()}.items()
    }


def hide(value: object, hidden: Sequence[str]) -> object:
    """The same without these values in any of its texts, names included, and without what has the shape of a key.

    Each text by itself, before it is JSON: a quotation mark in a secret would stand there in another form.
    """
    match value:
        case str():
            return secrets.redacted(value.encode(errors="surrogatepass"), hidden).decode(errors="replace")
        case Mapping():
            return {str(hide(name, hidden)): hide(each, hidden) for name, each in value.items()}
        case list() | tuple():
            return [hide(each, hidden) for each in value]
        case _:
            return value


def secrets_of(patient: Patient) -> frozenset[str]:
    """Everything that must not leave: keys, addresses of notifications, headers, and what variables hold whose names say so."""
    environ = patient.environ
    keys = (each.api_key.read(environ) for each in patient.loaded.settings.provider.values() if each.api_key)
    headers = traces.headers_of(patient.loaded.settings.traces, environ)
    return frozenset(
        filter(
            None,
            (
                *(key.get_secret_value() for key in keys if not isinstance(key, KeyMissing)),
                *_addresses(notifying.setup_of(patient.loaded.settings, environ).secrets),
                *(() if isinstance(headers, KeyMissing) else headers.values()),
                *_named(environ),
            ),
        )
    )


def _addresses(urls: Iterable[str]) -> Iterable[str]:
    for url in urls:
        yield url
        yield from messenger.parts(url)


def _named(environ: Mapping[str, str]) -> Iterable[str]:
    for name, value in environ.items():
        if len(value) >= _SHORTEST and any(word in name.upper() for word in _HOLDS_SECRETS):
            yield value


def _asked(patient: Patient, path: str, params: Mapping[str, object]) -> object:
    try:
        return client.connect(patient.loaded, patient.environ).get(path, **params)
    except (WatchbillError, OSError) as error:  # what cannot be asked is what a helper wants to know
        return {"could_not_be_asked": str(error)}


def _versions() -> dict[str, str]:
    module = engine.choose()
    return {
        "watchbill": __version__,
        "python": sys.version,
        "sqlite": f"{module.sqlite_version} of {module.__name__}, {engine.journal_mode()}",
        "system": platform.platform(),
    }


def _text(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str).encode()
