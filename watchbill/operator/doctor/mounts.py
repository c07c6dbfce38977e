"""Mounts: which kind of file system a place lies on, read from /proc/self/mountinfo."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# On these, locks of other machines are not seen, or a lock is no lock at all; SQLite says of itself that it is not safe there.
_SHARED = re.compile(
    r"nfs[34]?|cifs|smb\d?|smbfs|ncpfs|afs|ceph|lustre|glusterfs|gfs2?|ocfs2|beegfs|9p"
    r"|fuse\.(?:sshfs|glusterfs|s3fs|gcsfuse|rclone|ceph|davfs\d?|juicefs)|davfs"
)


def shared_kind(place: Path, mounts: str) -> str:
    """The kind of the file system that other machines may write too, on which an absolute path lies; "" for one of this machine's.

    >>> shared_kind(Path("/net/home/me"), "36 22 0:52 / /net rw - nfs4 server:/export rw")
    'nfs4'
    """
    kind = kind_at(place, mounts)
    return kind if _SHARED.fullmatch(kind) else ""


def kind_at(place: Path, mounts: str) -> str:
    """Of several that are mounted over each other the last counts, as for the kernel."""
    found, depth = "", -1
    for line in mounts.splitlines():
        fields, _, described = line.partition(" - ")
        point = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), fields.split(" ")[4]))
        if len(point.parts) >= depth and place.is_relative_to(point):
            found, depth = described.split(" ")[0], len(point.parts)
    return found
