"""The host's zone: in which programs on this machine write clocks that name none."""

import os
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")


def host_zone(environ: Mapping[str, str] = os.environ, localtime: Path = LOCALTIME) -> tzinfo:
    """The zone that TZ names, else the system's, else UTC."""
    try:
        return ZoneInfo(environ["TZ"].lstrip(":"))
    except (KeyError, ValueError, OSError):
        pass  # not said, or not by a name: the system's then
    try:
        with localtime.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC
