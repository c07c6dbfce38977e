"""A local model's worker in watchbill.toml: which file it holds, and how much of the machine it may take."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Span
from watchbill.config.section import Section


class Worker(Section):
    """The process that holds the model of a `local-model`. It is started when a run needs it, is given no keys, and is asked over a
    socket file in a folder of its own. Where bubblewrap is installed and works it sees nothing else of the machine, and no network."""

    weights: Path | None = None
    """Any GGUF file, by its absolute path. Default: the one that `watchbill model fetch` gets."""

    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """Threads that it computes with. Default: half of the machine's processors, so that checks beside it are not slowed."""

    context: Annotated[int, Field(ge=512, le=1_048_576)] = 4096
    """Tokens that a request and its answer may have together; memory grows with it. 4096: several times what a passage needs."""

    memory_mb: Annotated[int, Field(ge=256)] | None = None
    """Megabytes that it may take beside the file itself, which is only mapped; what would be more ends it, and the run tells so.
    Default: twice the file's size and 2048."""

    idle_after: Span = timedelta(minutes=10)
    """It is stopped when nobody asked for so long: a start takes a second or so, and its memory is free meanwhile."""
