"""Golden files: what the code writes today, kept beside the tests. Read, compared and rewritten here and nowhere else.

LEADSTREAM_UPDATE_GOLDEN=1 rewrites what differs. With CI=true it is refused: a run that rewrites proves nothing.
"""

import difflib
import os
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.support.missing import in_ci

SWITCH = "LEADSTREAM_UPDATE_GOLDEN"
_REPOSITORY = Path(__file__).resolve().parents[2]


def command() -> str:
    """What to type to rewrite the golden files that the running test reads."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "tests").partition("::")[0]
    return f"{SWITCH}=1 pytest {test}"


def updating() -> bool:
    """Whether golden files are to be rewritten."""
    if os.environ.get(SWITCH, "") in ("", "0"):
        return False
    if in_ci():
        pytest.fail(f"{SWITCH} is set with CI=true", pytrace=False)
    return True


def read(path: Path) -> bytes:
    """The bytes of a golden file; a missing one fails the test with the command that writes it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pytest.fail(f"{_shown(path)} is missing; write it with\n    {command()}", pytrace=False)


def check(path: Path, made: bytes) -> None:
    """Hold what the code made against its golden file, or rewrite the file where that was asked for."""
    if updating():
        if not path.exists() or path.read_bytes() != made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made)
        return
    kept = read(path)
    if kept != made:
        pytest.fail(
            f"{_shown(path)} differs from what the code makes. If the change is meant:\n    {command()}\n"
            + _difference(kept, made),
            pytrace=False,
        )


def strays(folder: Path, names: Collection[str], suffix: str = ".json") -> list[str]:
    """Names (without suffix) of golden files in a folder that stand for nothing any more; removed by hand."""
    return sorted(path.name.removesuffix(suffix) for path in folder.glob(f"*{suffix}")
                  if path.name.removesuffix(suffix) not in names)  # fmt: skip


def _shown(path: Path) -> str:
    return str(path.relative_to(_REPOSITORY) if path.is_relative_to(_REPOSITORY) else path)


def _difference(kept: bytes, made: bytes) -> str:
    lines = difflib.unified_diff(
        kept.decode(errors="replace").splitlines(), made.decode(errors="replace").splitlines(),
        "kept", "made", lineterm="",
    )  # fmt: skip
    return "\n".join([*lines][:60])
