"""Local models in watchbill.toml: what their keys mean between each other, the models that they are, and what a machine lacks."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from watchbill.config import lines
from watchbill.config.provider import Model, Provider
from watchbill.config.worker import Worker
from watchbill.domain import gguf, homes, weights
from watchbill.domain.errors import ConfigError
from watchbill.domain.gguf import NotGguf

Complaint = tuple[lines.Path, str, str]  # where, what is wrong, hint

KIND = "local-model"
MODULE = "xllamacpp"  # what the extra brings
_ROOM_MB = 2048  # for context and computing
ONE_SHOT_TYPES = ("polish",)  # what a model that mends one marked passage can do at all
# a model of that size answers in kind only after some examples
_GRAMMAR = (
    ("He go to school by bus.", "He goes to school by bus."),
    ("They was happy about the news.", "They were happy about the news."),
    ("The dog bark at night.", "The dog barks at night."),
    ("I has a big garden.", "I have a big garden."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    weights: Path  # absolute
    is_own: bool  # the owner named that file
    threads: int
    context: int  # tokens
    memory_bytes: int  # beside the file
    idle_after: timedelta


def checks(at: lines.Path, provider: Provider) -> Iterator[Complaint]:
    if provider.kind != KIND:
        if provider.worker != Worker():
            yield (*at, "worker"), f"is only for kind {KIND}", ""
        return
    path = provider.worker.weights
    if path is not None and not homes.expanded(path).is_absolute():
        yield (*at, "worker", "weights"), "must be an absolute path", "Or one that begins with ~/."
    if len(provider.models) > 1:
        yield (*at, "models"), "are more than one, and its file is one model", "Make a provider for each."
    for key in ("api_key", "base_url"):
        if getattr(provider, key) is not None:
            yield (*at, key), f"is not for kind {KIND}: watchbill runs the model itself", 'See kind = "openai-chat".'


def models_of(provider: Provider) -> tuple[Model, ...]:
    """Its models. A local one need not be named: then it is called as its file is, and asked for one passage at a time."""
    if provider.kind != KIND:
        return provider.models
    return tuple(map(_small, provider.models)) or (_unnamed(provider.worker),)


def _small(model: Model) -> Model:
    return model if model.one_shot is not None else model.model_copy(update={"one_shot": True})


def _unnamed(worker: Worker) -> Model:
    if worker.weights is None:
        return Model(id=weights.DEFAULT.name, one_shot=True, examples=_GRAMMAR)
    return Model(id=worker.weights.stem, one_shot=True)


def only_types(provider: Provider) -> tuple[str, ...] | None:
    """Words for what it may do when nothing is said: where it is too small for tools, only what one passage is enough for."""
    if provider.kind == KIND and all(model.one_shot for model in models_of(provider)):
        return ONE_SHOT_TYPES
    return None


def weights_of(worker: Worker, environ: Mapping[str, str]) -> Path:
    """The file that it holds, absolute, whether it is there or not."""
    if worker.weights is not None:
        return homes.expanded(worker.weights)
    return folder(environ) / weights.DEFAULT.file


def folder(environ: Mapping[str, str]) -> Path:
    """Where fetched weights lie: the user's data, since several configurations share them. Raises ConfigError without a home."""
    data = homes.folder(environ, "XDG_DATA_HOME", ".local/share")
    if data is None:
        raise ConfigError(
            "there is no place for fetched weights: you have no home, and $HOME names none; set $XDG_DATA_HOME"
        )
    return data / "watchbill" / "models"


def lacking(
    provider: Provider,
    environ: Mapping[str, str],
    *,
    has_module: Callable[[str], bool] = lambda name: find_spec(name) is not None,
) -> str:
    """What the machine lacks for it, and the mend; "" when nothing."""
    if provider.kind != KIND:
        return ""
    if not has_module(MODULE):
        return f"it needs more than is installed: {weights.EXTRA}"
    return wrong_file(weights_of(provider.worker, environ), is_own=provider.worker.weights is not None)


def wrong_file(path: Path, *, is_own: bool) -> str:
    """Why it cannot be a model's file, and the mend; "" when nothing is against it. `is_own`: the owner named it."""
    mend = "mend worker.weights" if is_own else weights.FETCH
    try:
        with path.open("rb") as file:
            gguf.header(file.read(gguf.READ_BYTES))
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return f"its weights are missing, there is no {path}: {mend}"
    except OSError as error:
        return f"its weights cannot be read, {path}: {error.strerror}"
    except NotGguf as error:
        return f"its weights {path} are no GGUF file, {error}: {mend}"
    if not is_own and size != weights.DEFAULT.size:
        return f"its weights {path} are not whole, {size} of {weights.DEFAULT.size} bytes: {mend}"
    return ""


def settings_of(provider: Provider, environ: Mapping[str, str]) -> WorkerSettings | None:
    """Its worker's plain values; None for other kinds."""
    if provider.kind != KIND:
        return None
    worker = provider.worker
    path = weights_of(worker, environ)
    return WorkerSettings(
        weights=path,
        is_own=worker.weights is not None,
        threads=worker.threads or max(1, (os.cpu_count() or 1) // 2),
        context=worker.context,
        memory_bytes=_memory(worker, path),
        idle_after=worker.idle_after,
    )


def _memory(worker: Worker, path: Path) -> int:
    if worker.memory_mb is not None:
        return worker.memory_mb << 20
    return 2 * (path.stat().st_size if path.is_file() else 0) + (_ROOM_MB << 20)
