"""The heap: large blocks go back to the system when they are freed, so that a daemon of weeks is no larger than one of minutes.

glibc takes blocks over a threshold from the system one by one, and raises that threshold to the largest block that was ever
freed, up to 32 MB. From then on answers, requests and listings lie in the heap, and small things that live longer settle in
the holes that they leave: after 250 runs half of what the heap had grown by was free, and none of it could be given back.
"""

import ctypes

_M_MMAP_THRESHOLD = -3
_LARGE = 128 << 10  # bytes: glibc's own threshold, as long as it has not raised it


def keep_small() -> None:
    """Keep the threshold where it is from now on. Other C libraries than glibc have none to keep."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
