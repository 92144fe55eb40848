"""Refusing file systems on which neither the lock nor the log of the store can be relied on."""

import re
from pathlib import Path

from shared.errors import Unsupported

MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb3?|smbfs|ncpfs|afs|coda|ceph|lustre|gpfs|beegfs|glusterfs|davfs"
    r"|fuse\.(ceph.*|glusterfs|sshfs|rclone|s3fs|goofys|davfs2?|mfs|juicefs|.*nfs.*)"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def refuse_network(folder: Path) -> None:
    """`Unsupported` where the folder lies on a network file system; nothing where the system does not tell."""
    try:
        mounts = MOUNTS.read_text(errors="replace")
    except OSError:  # not Linux
        return
    kind = file_system_of(folder, mounts)
    if _NETWORK.fullmatch(kind):
        raise Unsupported(
            f"the store cannot lie on a network file system ({kind}): its lock and its log need a local disk",
            field="store_path",
        )


def file_system_of(folder: Path, mounts: str) -> str:
    """The kind of the file system that the folder lies on, by the text of mountinfo (proc(5)); '' where none fits."""
    found, place, folder = "", "", folder.resolve()
    for line in mounts.splitlines():
        # 36 35 98:0 /root /mount\040point rw,noatime shared:1 - ext3 /dev/root rw
        before, separator, after = line.partition(" - ")
        point = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), before.split(" ")[4]) if separator else None
        # Of several mounts on one point the last covers the others.
        if point is not None and len(point) >= len(place) and folder.is_relative_to(point):
            found, place = after.split(" ")[0], point
    return found
