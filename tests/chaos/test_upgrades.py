"""What an older version left behind is read, shown, gone on from and proved; what a later one wrote is refused.

The deployments lie in `tests/golden`. State of another format is never read: it is folded anew from the facts.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.ports import NewRecord, Writes
from engine.position import decode_position, encode_position
from engine.reading import latest_values, records_of
from engine.sqlite.schema import VERSION
from engine.state import POSITION, pack, unpack
from events.codec import Codec
from events.topics import AGREEMENTS, LEAD_EVENTS, LEAD_STATE, TOPICS
from leadstream.compared import Compared
from leadstream.deployment import opened
from leadstream.folding import foldings
from leadstream.repairing import repair_all
from leadstream.running import run_until_idle
from leadstream.settings import Settings
from leadstream.views_store import open_store
from projections.catalogue import BY_NAME, OF_LEADS, VIEW_TOPICS
from projections.read import read_view
from projections.stores.port import BeingBuilt
from projections.worker import shapes_of
from streams.agents.lead_bytes import dump_lead, load_lead
from streams.deciders.lead.state import Lead
from streams.programs import LEADS
from tests.chaos.homes import home_on
from tests.golden.deployment import PARTITIONS, expected, shown, unpacked, versions
from tests.support import golden
from tests.system.failing_worker import unchecked
from tests.system.homes import Home, differences
from tests.system.upstream import captured, leads_told, put

STATE_SHAPE = Path(__file__).parents[1] / "golden" / "lead-state.json"


def test_a_deployment_of_some_version_is_kept() -> None:
    assert "0.1.0" in versions()


@pytest.fixture(scope="module", params=versions())
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def upgraded(version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a deployment of that version after the first run of the present one. Nobody repairs anything."""
    folder = tmp_path_factory.mktemp("upgraded")
    unpacked(version, folder / "data")
    Home(folder, PARTITIONS).run("run", "--until-idle")
    return folder / "data"


@pytest.fixture
def old(upgraded: Path, tmp_path: Path) -> Home:
    """Such a deployment, of the test's own."""
    shutil.copytree(upgraded, tmp_path / "data")
    return Home(tmp_path, PARTITIONS)


def assert_as_before(now: dict[str, list[Any]], version: str) -> None:
    """Every row that was there is there, with the columns it had; new ones have come after them, or by other names."""
    for view in now.keys() & expected(version)["views"].keys():
        rows = expected(version)["views"][view]
        assert sorted((row[: len(rows[0]) - 1] for row in now[view]), key=str) == [row[:-1] for row in rows], view


async def gone_on(home: Home) -> None:
    """Facts about a known lead and a new one come in; both are decided, and all of it is a fold of the log."""
    async with opened(home.settings) as log:
        before = await leads_told(log, home)
        known = before[0]
        await put(log, home, (known, captured(known, campaign="autumn")), ("a-new-lead", captured("a-new-lead")))
        await run_until_idle(log, home.settings, PARTITIONS)
        after = await leads_told(log, home)
        assert len(after) >= len(before) + 2
        assert "a-new-lead" in after
    assert await differences(home) == []


@pytest.mark.slow
async def test_a_deployment_of_any_former_version_shows_what_it_showed(old: Home, version: str) -> None:
    assert_as_before(await shown(old.settings), version)
    assert await differences(old) == []


async def test_views_of_a_former_version_answer_until_the_present_ones_are_built(version: str, tmp_path: Path) -> None:
    home = Home(tmp_path, PARTITIONS)
    unpacked(version, home.settings.data_dir)
    assert "nothing to repair" in home.run("repair")
    said = home.run("view", "leads", "--format", "csv")
    assert "leadstream: answers are of the former definition of " in said
    assert "0 of " in said
    assert "changed views are being rebuilt" in home.run("verify", code=1)
    store = open_store(home.settings)
    building, found = store.building(), dict[str, list[Any]]()
    for name in BY_NAME:
        with suppress(BeingBuilt):
            found[name] = sorted((list(row.values()) for row in read_view(store, name)), key=str)
    assert {"leads", "funnel", "sla"} <= found.keys()
    assert_as_before(found, version)
    store.close()
    home.run("run", "--until-idle")
    store = open_store(home.settings)
    assert (bool(building), store.building()) == (True, frozenset())
    store.close()
    assert_as_before(await shown(home.settings), version)
    assert "former definition" not in home.run("view", "leads")
    assert "nothing to repair" in home.run("repair")
    home.run("verify")


@pytest.mark.slow
async def test_a_deployment_of_any_former_version_goes_on(old: Home) -> None:
    await gone_on(old)


@pytest.mark.slow
async def test_views_of_a_former_version_that_are_gone_are_filled_again(old: Home, version: str) -> None:
    old.settings.views_path.unlink()
    assert_as_before(await shown(old.settings), version)


@pytest.mark.kafka
@pytest.mark.slow
async def test_records_of_any_former_version_go_on_on_kafka(
    version: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Its records, changelog included, as they would lie on a broker; positions are then those of the changelog."""
    former = unpacked(version, tmp_path / "former")
    homes: Iterator[Home] = home_on("kafka", request, tmp_path / "kafka")
    home = next(homes)
    async with opened(former) as source, opened(home.settings, create=True) as log:
        for topic in [definition.name for definition in (*TOPICS, *VIEW_TOPICS)]:
            for partition in range(len(await source.ends(topic))):
                records = [
                    NewRecord(record.key, record.value, record.headers)
                    async for record in records_of(source, topic, partition)
                ]
                if records:
                    assert (await source.starts(topic))[partition] == 0
                    assert len(records) == (await source.ends(topic))[partition], "offsets would not be the same"
                    await log.append({(topic, partition): records})
    (tmp_path / "kafka").mkdir(exist_ok=True)
    home.run("run", "--until-idle")
    assert_as_before(await shown(home.settings), version)
    await gone_on(home)
    homes.close()


async def marked(settings: Settings, number: int) -> None:
    """Write the position record of a lead task as a program with another format of states would."""
    async with unchecked(settings) as log:
        handle = log.task(LEADS, 0)
        position = decode_position((await handle.open()).changelog[POSITION])
        other = encode_position(msgspec.structs.replace(position, format=number))
        await handle.commit(Writes(changelog=[NewRecord(POSITION, other)]))
        await handle.close()


@pytest.mark.slow
@pytest.mark.parametrize("number", [LEADS.state_format + 1, (LEADS.oldest_format or 0) - 1])
async def test_state_of_another_format_is_refused_until_it_is_folded_anew(old: Home, number: int) -> None:
    await marked(old.settings, number)
    said = old.run("run", "--until-idle", code=1)
    assert f"leads-0: the state in lead-state is of format {number}, this program knows {LEADS.state_format}" in said
    assert said.splitlines()[-1].endswith("; see: leadstream repair")
    (row,) = json.loads(old.run("repair", "--yes", "--format", "json"))
    assert (row["task"], row["found"], row["loses"]) == ("leads-0", f"format {number}", "nothing")
    await gone_on(old)


@pytest.mark.slow
async def test_states_that_are_lost_or_not_to_be_read_are_folded_anew_to_what_they_were(old: Home) -> None:
    async with unchecked(old.settings) as log:
        handle = log.task(LEADS, 0)
        before = (await handle.open()).changelog
        keys = sorted(key for key in before if key[:1] != b"\0")
        damaged = [
            NewRecord(keys[0], None),
            NewRecord(keys[1], before[keys[1]][:20]),
            NewRecord(keys[2], pack(*unpack(before[keys[2]])[:1], dump_lead(Lead()))),
            NewRecord(b"never-heard-of", pack(None, dump_lead(Lead()))),
        ]
        await handle.commit(Writes(changelog=damaged))
        await handle.close()
        assert await differences(old) != []
        (found,) = await repair_all(log, PARTITIONS, b"", dry=False)
        assert found.found == "4 other than the facts say"
        handle = log.task(LEADS, 0)
        after = (await handle.open()).changelog
        await handle.close()
    assert {key: load_lead(unpack(value)[1]) for key, value in after.items() if key != POSITION} == {
        key: load_lead(unpack(value)[1]) for key, value in before.items() if key != POSITION
    }
    await gone_on(old)


@pytest.mark.slow
async def test_a_state_that_cannot_be_read_stops_the_task_and_names_what_to_do(old: Home) -> None:
    async with unchecked(old.settings) as log:
        told = (await leads_told(log, old))[0]
        handle = log.task(LEADS, 0)
        await handle.open()
        await handle.commit(Writes(changelog=[NewRecord(told.encode(), b"\0" * 8 + b"\xc1")]))
        await handle.close()
        await put(log, old, (told, captured(told, campaign="autumn")))
    said = old.run("run", "--until-idle", code=1).splitlines()[-1]
    assert said.startswith("leadstream: lead-state: the state of a lead cannot be read")
    assert said.endswith("; see: leadstream repair")
    async with unchecked(old.settings) as log:
        await repair_all(log, PARTITIONS, b"", dry=False)
    await gone_on(old)


@pytest.mark.slow
async def test_views_of_another_version_are_folded_anew(old: Home, version: str) -> None:
    async with unchecked(old.settings) as log:
        handle = log.task(shapes_of(OF_LEADS).group, 0)
        found = await handle.open()
        key, value = next((key, value) for key, value in sorted(found.changelog.items()) if key[:1] == b"s")
        layout, *rest = msgspec.msgpack.decode(unpack(value)[1])
        other = msgspec.msgpack.encode([layout + 1, *rest])
        await handle.commit(Writes(changelog=[NewRecord(key, pack(None, other))]))
        await handle.close()
        lead = key[1:].decode()
        await put(log, old, (lead, captured(lead, campaign="autumn")))
    said = old.run("run", "--until-idle", code=1).splitlines()[-1]
    assert "written by other versions of the views" in said
    assert said.endswith("; see: leadstream repair")
    async with unchecked(old.settings) as log:
        (found,) = await repair_all(log, PARTITIONS, b"", dry=False)
        assert found.found == "written by other versions of the views"
    await gone_on(old)
    assert len((await shown(old.settings))["leads"]) == len(expected(version)["views"]["leads"]) + 1


@pytest.mark.slow
async def test_views_of_a_newer_version_are_refused_until_one_goes_back_by_repair(old: Home, version: str) -> None:
    newer_one = OF_LEADS.edition + 1
    async with unchecked(old.settings) as log:
        handle = log.task(shapes_of(OF_LEADS).group, 0)
        position = decode_position((await handle.open()).changelog[POSITION])
        other = encode_position(msgspec.structs.replace(position, format=newer_one))
        await handle.commit(Writes(changelog=[NewRecord(POSITION, other)]))
        await handle.close()
    said = old.run("run", "--until-idle", code=1).splitlines()[-1]
    assert f"views-0: the views in view-state are of edition {newer_one}, made by a newer program" in said
    assert said.endswith("; see: leadstream repair")
    (row,) = json.loads(old.run("repair", "--yes", "--format", "json"))
    assert (row["task"], row["found"]) == ("views-0", f"edition {newer_one}, made by a newer program")
    old.run("run", "--until-idle")
    assert_as_before(await shown(old.settings), version)
    assert await differences(old) == []


def test_the_shape_of_the_states_is_that_of_their_format_number() -> None:
    """Fails when a state's bytes change. Then raise `state_format` in streams/programs.py, and rewrite this file."""
    _, parts = msgspec.json.schema_components([Lead])
    bare = {name: {key: value for key, value in part.items() if key != "description"} for name, part in parts.items()}
    made = {"format": LEADS.state_format, "parts": bare}
    golden.check(STATE_SHAPE, json.dumps(made, indent=1, sort_keys=True).encode() + b"\n")


@pytest.mark.slow
async def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(old: Home) -> None:
    import apsw  # noqa: PLC0415 - never beside an open log

    connection = apsw.Connection(str(old.settings.log_path))
    connection.execute("pragma journal_mode=delete").fetchall()
    connection.execute(f"pragma user_version={VERSION + 1}")
    connection.close()
    before = old.settings.log_path.read_bytes()
    for command in (["repair", "--yes"], ["worker"]):
        said = old.run(*command, code=1)
        assert f"the file has version {VERSION + 1}, this program knows {VERSION}" in said
    assert old.settings.log_path.read_bytes() == before


def newer(value: bytes, wire_type: str, **fields: object) -> bytes:
    """A fact as a later version of its producer writes it."""
    fact = msgspec.json.decode(value)
    fact["type"], fact["data"] = wire_type, {**fact["data"], **fields}
    return msgspec.json.encode({**fact, "dataschemaversion": "1.7"})


@pytest.mark.slow
async def test_a_new_producer_with_fields_we_do_not_know_is_understood_as_far_as_we_know_them(old: Home) -> None:
    """Compatible additions need no upgrade of who reads; they are not kept."""
    fact = newer(captured("a-new-lead"), "lead.captured.v1", mood={"colour": ["green"]}, shoe_size=43)
    async with opened(old.settings) as log:
        await put(log, old, ("a-new-lead", fact))
        await run_until_idle(log, old.settings, PARTITIONS)
        assert "a-new-lead" in await leads_told(log, old)
    assert old.rows("dead-letters", "list") == [
        row for row in old.rows("dead-letters", "list") if row["key"] != "a-new-lead"
    ]


@pytest.mark.slow
async def test_a_new_producer_of_a_version_we_do_not_know_loses_nothing(old: Home) -> None:
    """An incompatible fact is kept byte for byte until the reader is upgraded, and can then be tried again."""
    fact = newer(captured("a-new-lead"), "lead.captured.v2")
    async with opened(old.settings) as log:
        await put(log, old, ("a-new-lead", fact))
        await run_until_idle(log, old.settings, PARTITIONS)
        assert "a-new-lead" not in await leads_told(log, old)
    (letter,) = [row for row in old.rows("dead-letters", "list") if row["key"] == "a-new-lead"]
    assert (letter["reason"], letter["bytes"]) == ("unknown_type", len(fact))


@pytest.mark.slow
async def test_a_version_that_is_rolled_back_stops_at_a_fact_it_does_not_know_and_skips_nothing(old: Home) -> None:
    """The canonical log is never guessed at: views stay as they were until the version that knows the fact is back."""
    async with opened(old.settings) as log:
        (key, known), *_ = [(record.key, record.value) async for record in records_of(log, LEAD_EVENTS, 0)]
        assert known is not None
        await log.append({(LEAD_EVENTS, 0): [NewRecord(key, newer(known, "lead.captured.v9"))]})
        end = (await log.ends(LEAD_EVENTS))[0]
    for command in (("run", "--until-idle"), ("projector",), ("verify",)):
        said = old.run(*command, code=1).splitlines()[-1]
        assert said.startswith("leadstream: "), said
        assert "lead.captured.v9" in said
    async with unchecked(old.settings) as log:
        handle = log.task(shapes_of(OF_LEADS).group, 0)
        assert (await handle.open()).positions[LEAD_EVENTS] == end - 1
        await handle.close()


@pytest.mark.slow
async def test_every_fact_an_old_version_wrote_still_decodes_and_encodes_to_its_bytes(old: Home) -> None:
    codec, decoded = Codec(), 0
    async with opened(old.settings) as log:
        for topic in (LEAD_EVENTS, AGREEMENTS):
            for partition in range(len(await log.ends(topic))):
                async for record in records_of(log, topic, partition):
                    assert codec.encode(codec.decode(record.value, record.headers)) == record.value
                    decoded += 1
    assert decoded > 100


@pytest.mark.slow
async def test_every_state_an_old_version_wrote_is_what_its_facts_say_when_written_again(old: Home) -> None:
    compared = 0
    async with opened(old.settings) as log:
        for partition in range(PARTITIONS):
            leads = await foldings(b"")[0].folded(log, partition, Codec(), Compared())
            for key, value in (await latest_values(log, LEAD_STATE, partition)).items():
                if key[:1] != b"\0":
                    assert dump_lead(load_lead(unpack(value)[1])) == dump_lead(leads[key])
                    compared += 1
    assert compared > 10
