import asyncio

from engine.ports import TopicSpec
from events.topics import LEAD_EVENTS, LEAD_INBOX
from leadstream.deployment import make_log, topic_specs
from tests.leadstream.cli.house import House


def states(house: House) -> dict[str, str]:
    return {row["topic"]: row["state"] for row in house.rows("topics", "describe")}


def test_create_makes_every_topic_once(house: House) -> None:
    number = len(topic_specs(2))
    assert house.run("topics", "create").stdout == f"{number} topics made, 2 partitions\n"
    assert house.run("topics", "create").stdout == "nothing to do, 2 partitions\n"


def test_another_partition_count_than_the_one_that_is_there_is_refused_and_changes_nothing(house: House) -> None:
    house.run("topics", "create")
    said = house.refused("topics", "create", "--partitions", "7")
    assert "the deployment has 2 partitions, which never changes" in said
    assert "nothing was done about the 7 asked for" in said
    assert house.run("topics", "create", "--partitions", "2").stdout == "nothing to do, 2 partitions\n"
    assert set(states(House(house.folder, partitions=7)).values()) == {"ok"}


def test_describe_shows_each_topic_as_it_must_be(house: House) -> None:
    assert set(states(house).values()) == {"missing"}
    house.run("topics", "create")
    rows = {row["topic"]: row for row in house.rows("topics", "describe")}
    assert set(rows) == {spec.name for spec in topic_specs(2)}
    for spec in topic_specs(2):
        row = rows[spec.name]
        assert row["partitions"] == spec.partitions
        assert row["cleanup"] == ("compact" if spec.compacted else "delete")
        assert row["retention_ms"] == spec.retention_ms
        assert row["state"] == "ok"
        assert row["content"]


def make(house: House, *specs: TopicSpec) -> None:
    async def made() -> None:
        log = make_log(house.settings)
        await log.start()
        try:
            await log.create_topics(specs)
        finally:
            await log.stop()

    house.data.mkdir()
    asyncio.run(made())


def test_a_wrong_topic_is_described_with_how_it_must_be_and_nothing_runs_on_it(house: House) -> None:
    wanted = {spec.name: spec for spec in topic_specs(2)}
    make(house, wanted[LEAD_INBOX], TopicSpec(LEAD_EVENTS, partitions=3))
    assert house.ask("topics", "create").exit_code == 1
    state = states(house)[LEAD_EVENTS]
    assert "has 3 partitions instead of 2" in state
    for command in (["run", "--until-idle"], ["view", "sla"], ["publish", "-"]):
        assert "'lead-events' has 3 partitions instead of 2" in house.refused(*command)


def test_who_names_no_partition_count_gets_the_one_that_is_there(house: House) -> None:
    house.run("topics", "create", "--partitions", "7")
    result = house.ask("topics", "create", env={"LEADSTREAM_PARTITIONS": ""})
    assert (result.exit_code, result.stdout) == (0, "nothing to do, 7 partitions\n")
