"""Reads leadstream.toml, for the command line and for programs that publish."""

import tomllib
from pathlib import Path
from typing import Any

CONFIG_FILE = Path("leadstream.toml")


class BadFile(ValueError):
    """It is there and cannot be read; the message says why."""


def written(path: Path = CONFIG_FILE) -> dict[str, Any]:
    """What the file in the working directory says, names with `_` for `-`; empty where there is none.

    Raises:
        BadFile: it cannot be read, or is no TOML.
    """
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BadFile(f"{path}: cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise BadFile(f"{path}: {exc}") from exc
    return {name.replace("-", "_"): value for name, value in found.items()}
