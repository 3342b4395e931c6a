"""The captured requests and official vectors that lie beside the repository."""

from pathlib import Path

import pytest

from tests.support.missing import skip_or_fail


@pytest.fixture(scope="session")
def payloads(shared_data: Path) -> Path:
    """The folder of captured requests, LEADSTREAM_SHARED/payloads."""
    folder = shared_data.parent / "payloads"
    if not folder.is_dir():
        skip_or_fail("the captured requests are not there: set LEADSTREAM_SHARED to the folder that holds payloads/")
    return folder
