"""Local models on this machine: the files that are here, those that could be, and which provider holds which."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from watchbill.config import local_model
from watchbill.config.settings import Settings
from watchbill.domain import gguf, weights
from watchbill.domain.gguf import Header, NotGguf
from watchbill.operator.doors import Plain


def listed(settings: Settings | None, environ: Mapping[str, str]) -> list[Plain]:
    """Every file, configured ones first, each with how it stands. `settings`: None where there is no configuration."""
    folder = local_model.folder(environ)
    users = _users(settings, environ)
    default = folder / weights.DEFAULT.file
    paths = [*users, default, *sorted(folder.glob("*.gguf"))]
    return [_row(path, users.get(path, []), is_own=path != default) for path in dict.fromkeys(paths)]


def _users(settings: Settings | None, environ: Mapping[str, str]) -> dict[Path, list[str]]:
    users: dict[Path, list[str]] = {}
    for name, provider in settings.provider.items() if settings else ():
        if provider.kind == local_model.KIND:
            users.setdefault(local_model.weights_of(provider.worker, environ), []).append(name)
    return users


def _row(path: Path, users: list[str], *, is_own: bool) -> Plain:
    known = None if is_own else weights.DEFAULT
    wrong = local_model.wrong_file(path, is_own=is_own)
    header = Header() if wrong else _header(path)
    return {
        "name": known.name if known else path.stem,
        "state": "ready" if not wrong else "missing" if not path.exists() else "broken",
        "why": wrong,
        "path": str(path),
        "bytes": path.stat().st_size if path.is_file() else None,
        "model": header.name or (known.about if known else ""),
        "architecture": header.architecture,
        "trained_context": header.context or None,
        "licence": known.licence if known else None,
        "providers": users,
    }


def _header(path: Path) -> Header:
    try:
        with path.open("rb") as file:
            return gguf.header(file.read(gguf.READ_BYTES))
    except (OSError, NotGguf):  # it went away, or was replaced, since it was looked at
        return Header()


def facts(rows: list[Plain]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        size = "" if row["bytes"] is None else f"{row['bytes'] >> 20} MB"
        what = row["why"] or row["path"]
        yield row["name"], row["state"], size, ", ".join(row["providers"]), what
