import os
from pathlib import Path

import pytest

from tests.leadstream.cli.house import House


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a developer has exported, or keeps in leadstream.toml, is not what is tested."""
    for name in [name for name in os.environ if name.startswith("LEADSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A deployment in which nothing has happened yet."""
    return House(tmp_path)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A deployment with an agreement and a day of history, decided up to the end of that day; only to be read."""
    house = House(tmp_path_factory.mktemp("told"))
    house.publish_agreement()
    assert house.import_history().exit_code == 0
    house.decide("--until", "2012-01-03")
    return house
