"""Secrets of ways in: named in the configuration, kept in the environment or in files."""

import os
from pathlib import Path

from leadstream.intake.sources import BadSecret
from leadstream.secret_files import text_in


def read_secret(reference: str) -> str:
    """The secret behind `env:NAME` or `file:PATH`; white space around it is no part of it.

    Raises:
        BadSecret: it is not there, empty, or written into the configuration itself.
    """
    kind, _, where = reference.partition(":")
    if kind == "env" and where:
        found = os.environ.get(where, "").strip()
        if not found:
            raise BadSecret(f"the environment variable {where} is not set, or empty")
        return found
    if kind == "file" and where:
        return _from_file(Path(where))
    raise BadSecret("expected env:NAME or file:PATH; a secret itself does not stand in the configuration")


def _from_file(path: Path) -> str:
    try:
        return text_in(path)
    except ValueError as exc:
        raise BadSecret(f"the file {path} {exc}") from None
