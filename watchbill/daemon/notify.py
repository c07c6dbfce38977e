"""Notify: tells a service manager how the service fares, by systemd's sd_notify protocol; silent where there is none."""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

_PATIENCE = 0.2  # seconds for a manager whose socket is full


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """The service manager. What cannot be told is not told: it is no fault of ours, and nobody to tell it to."""

    address: str = ""  # of its socket; a leading @ means Linux's abstract names
    watchdog: timedelta | None = None  # without a sign of life for this long it kills the service

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Manager":
        """From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID."""
        told, meant = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(os.getpid()))
        is_ours = told.isdecimal() and int(told) > 0 and meant == str(os.getpid())
        return cls(
            address=environ.get("NOTIFY_SOCKET", ""), watchdog=timedelta(microseconds=int(told)) if is_ours else None
        )

    def ready(self, status: str) -> None:
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1", "STATUS=stopping: running work goes to its checkpoint")

    def status(self, text: str) -> None:
        self._tell(f"STATUS={text}")

    def pet(self) -> None:
        """A sign of life for its watchdog."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self.address.startswith(("/", "@")):
            return
        place = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        message = "\n".join(" ".join(line.split()) for line in lines)
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(_PATIENCE)
            out.sendto(message.encode(), place)
