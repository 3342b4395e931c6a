import sys

import psycopg
import pytest

from projections.catalogue import BY_NAME
from tests.leadstream.cli.house import House
from tests.support.ports import free_ports
from tests.support.postgresql import PASSWORD


@pytest.mark.postgresql
def test_tables_in_postgresql_give_the_same_rows_and_are_proved_by_verify(
    house: House, told: House, postgresql_url: str
) -> None:
    store = ("--store", postgresql_url)
    house.publish_agreement()
    house.import_history()
    house.decide("--until", "2012-01-02", *store)
    house.decide("--until", "2012-01-03", *store)
    for name in BY_NAME:
        assert house.rows("view", name, *store) == told.rows("view", name)
    assert {"what": "table rows", "differ": 0}.items() <= house.rows("verify", *store)[-1].items()
    assert not (house.data / "views.db").exists()
    with psycopg.connect(postgresql_url, autocommit=True) as db:
        db.execute("UPDATE leads_base SET owner = 'nobody' WHERE lead = 'ann'")
    assert "table leads_base" in house.refused("verify", *store)


def test_a_database_out_of_reach_is_named_without_its_password(house: House) -> None:
    (port,) = free_ports(1)
    house.publish_agreement()
    said = house.refused("view", "leads", "--store", f"postgresql://ines:{PASSWORD}@127.0.0.1:{port}/views")
    assert f"postgresql://ines@127.0.0.1:{port}/views: it cannot be reached" in said
    assert PASSWORD not in said


def test_an_address_of_something_else_is_a_misuse_and_is_not_repeated(house: House) -> None:
    said = house.misused("view", "leads", "--store", f"mysql://ines:{PASSWORD}@127.0.0.1/views")
    assert "--store: expected postgresql://user@host/database" in said
    assert PASSWORD not in said


def test_without_the_package_the_command_says_what_to_install(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.publish_agreement()
    ours = ("projections.stores.postgresql", "psycopg")
    for name in [name for name in sys.modules if name.startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = house.refused("view", "leads", "--store", "postgresql://127.0.0.1/views")
    assert "pip install 'leadstream[postgresql]'" in said
