"""Privacy: what the daemon knows is not to be had from its process, also not by programs of the same user."""

import ctypes
import resource

_PR_SET_DUMPABLE = 4


def close() -> None:
    """No core is written, and environment, memory and descriptors of this process are shut to everybody but root."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl PR_SET_DUMPABLE")
