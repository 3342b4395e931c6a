"""One place that decides what a test does when the machine lacks something it needs."""

import os
from typing import NoReturn

import pytest


class MissingError(Exception):
    """The machine cannot give what was asked for; the message says what to install or set."""


def in_ci() -> bool:
    """Whether this run must prove everything: a skipped test there would be a hole nobody sees."""
    return os.environ.get("CI") == "true"


def skip_or_fail(why: str) -> NoReturn:
    """Skip on a developer's machine, fail where CI=true."""
    if in_ci():
        pytest.fail(f"{why} (a skip is a failure with CI=true)", pytrace=False)
    pytest.skip(why)
