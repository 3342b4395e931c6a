"""Holds processes to a share of one core each, through the kernel's control groups; that takes root."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PERIOD_US = 20_000
"""Short, so that a process that has used up its share is not silent for long."""


@contextmanager
def held(pid: int, share: float) -> Iterator[None]:
    """Let a process have this share of one core while the body runs.

    Raises:
        OSError: this machine has no control groups that we may use.
    """
    version_1 = _ROOT / "cpu"
    folder = (version_1 if version_1.is_dir() else _ROOT) / f"leadstream-bench-{pid}"
    folder.mkdir()
    try:
        quota = int(share * _PERIOD_US)
        if version_1.is_dir():
            (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD_US}")
        (folder / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        if Path(f"/proc/{pid}").exists():
            (folder.parent / "cgroup.procs").write_text(str(pid))
        folder.rmdir()


def possible() -> bool:
    """Whether a process can be held here."""
    try:
        with held(os.getpid(), 1.0):
            return True
    except OSError:
        return False
