from pathlib import Path

import pytest

from data_kernel.adapters.embedded.disk import mounts
from data_kernel.adapters.embedded.disk.mounts import file_system_of, refuse_network
from shared.errors import Unsupported

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /srv rw shared:2 - nfs4 server:/export rw
31 30 8:2 / /srv/local\040disk rw - xfs /dev/sdb1 rw
32 22 0:40 / /home/data rw - ext4 /dev/sdc1 rw
33 32 0:41 / /home/data rw - fuse.sshfs host: rw
34 22 0:42 / /srvx rw - btrfs /dev/sdd1 rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/oms", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/oms", "nfs4"),
        ("/srv/local disk/oms", "xfs"),
        ("/home/data/oms", "fuse.sshfs"),
        ("/srvx/oms", "btrfs"),
    ],
)
def test_the_innermost_and_newest_mount_counts(folder, kind):
    assert file_system_of(Path(folder), MOUNTS) == kind


def test_without_a_mount_nothing_is_known():
    assert file_system_of(Path("/srv"), "not a line of that file\n") == ""


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "ceph", "fuse.glusterfs", "fuse.sshfs", "lustre"])
def test_network_file_systems_are_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "mountinfo")
    mounts.MOUNTS.write_text(f"22 1 0:1 / / rw - {kind} server:/export rw\n")
    with pytest.raises(Unsupported, match=rf"network file system \({kind}\)") as refusal:
        refuse_network(tmp_path)
    assert str(tmp_path) not in refusal.value.detail


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuse.fuse-overlayfs", "fuseblk"])
def test_local_ones_are_not(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "mountinfo")
    mounts.MOUNTS.write_text(f"22 1 0:1 / / rw - {kind} /dev/sda1 rw\n")
    refuse_network(tmp_path)
    mounts.MOUNTS.unlink()
    refuse_network(tmp_path)
