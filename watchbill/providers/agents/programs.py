"""Programs that an owner names: where they lie, and what of the machine they are shown."""

import shutil
from pathlib import Path


def named(command: tuple[str, ...], readable: tuple[Path, ...]) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """The argv with its program's place, and what it has to see: itself, and what its owner says that it needs.

    Not its folder: that could be somebody's home. A link stays a link's name: a virtual environment's Python goes by it.
    """
    place = Path(shutil.which(command[0]) or command[0]).absolute()
    return (str(place), *command[1:]), (*dict.fromkeys((place, place.resolve())), *readable)
