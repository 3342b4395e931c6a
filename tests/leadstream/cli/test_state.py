import sys
from pathlib import Path

import pytest

from engine.rocks.database import Memory
from engine.rocks.folder import Label
from engine.rocks.store import RocksStore
from projections.catalogue import BY_NAME
from tests.leadstream.cli.house import House

DISK = ("--state", "rocksdb")
VIEWS = tuple(BY_NAME)


def folders(house: House) -> list[str]:
    return sorted(path.name for path in (house.data / "state").iterdir())


@pytest.mark.slow
def test_states_on_disk_give_the_same_rows_and_facts(house: House, told: House) -> None:
    house.publish_agreement()
    house.import_history()
    house.decide("--until", "2012-01-02", *DISK)
    house.decide("--until", "2012-01-03", *DISK)
    for name in VIEWS:
        assert house.rows("view", name) == told.rows("view", name)
    assert house.rows("lead", "ann") == told.rows("lead", "ann")
    assert folders(house) == ["leads-0", "leads-1"]
    assert house.run("verify").exit_code == 0


@pytest.mark.slow
def test_a_deployment_may_change_where_its_states_lie_at_any_time(house: House, told: House) -> None:
    house.publish_agreement()
    house.decide(*DISK)
    house.import_history()
    house.decide()
    house.decide("--until", "2012-01-02", *DISK)
    house.decide("--until", "2012-01-03")
    house.decide("--until", "2012-01-03", *DISK)
    assert house.rows("view", "leads") == told.rows("view", "leads")
    assert house.rows("lead", "ann") == told.rows("lead", "ann")


def test_states_in_memory_leave_no_folder(house: House) -> None:
    house.publish_agreement()
    house.decide()
    assert not (house.data / "state").exists()


def test_a_second_worker_on_the_same_folder_is_refused_in_one_line(house: House) -> None:
    house.publish_agreement()
    house.decide(*DISK)
    other = RocksStore(house.data / "state" / "leads-1", Label("another", "leads", 1), Memory(1 << 20))
    other.open()
    said = house.refused("run", "--until-idle", *DISK)
    assert said.endswith("every worker needs a data directory of its own\n")
    other.close()
    house.decide(*DISK)


def test_a_folder_with_other_peoples_files_is_refused_and_left_alone(house: House) -> None:
    house.publish_agreement()
    (house.data / "state" / "leads-0").mkdir(parents=True)
    (house.data / "state" / "leads-0" / "thesis.txt").write_text("mine")
    assert "thesis.txt" in house.refused("run", "--until-idle", *DISK)
    assert (house.data / "state" / "leads-0" / "thesis.txt").read_text() == "mine"


def test_without_the_package_the_command_says_what_to_install(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.publish_agreement()
    for name in [name for name in sys.modules if name.startswith(("engine.rocks", "rocksdict"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rocksdict", None)
    assert "pip install 'leadstream[rocks]'" in house.refused("run", "--until-idle", *DISK)


def test_another_place_than_memory_or_rocksdb_is_a_misuse(house: House, tmp_path: Path) -> None:
    assert "memory" in house.misused("run", "--until-idle", "--state", "tape")
