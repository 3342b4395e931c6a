import asyncio

import pytest

from leadstream.demo.company import Week
from tests.leadstream.demo.playing import Played, play


@pytest.fixture(scope="package")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return asyncio.run(play(Week(seed=7), tmp_path_factory.mktemp("week")))
