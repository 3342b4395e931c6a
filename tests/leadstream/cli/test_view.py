import csv
import io
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from projections.catalogue import BY_NAME
from projections.stores.sqlite import SqliteStore
from projections.views.view import Computed
from tests.leadstream.cli.house import AGREEMENT, MAPPING, House, fact, lines

END = "2012-01-03T00:00:00.000000Z"
VIEWS = tuple(BY_NAME)
EMPTY = ("commitment", "queue", "unowned", "companies", "prediction-counts", "prediction-calibration", "routing",
         "tasks", "conversions", "consents", "duplicates", "bounces", "ratings", "opportunity-history", "hygiene",
         "targets", "opportunities", "matrix", "matrix-opportunities", "waterfall", "clean-pipe",
         "velocity", "stage-conversion", "stage-ages", "stage-old", "attribution", "attribution-touches",
         "lead-links", "opportunity-births", "opportunity-moves", "opportunity-timeline", "opportunity-contacts",
         "accounts", "account-relations", "cross-sell", "left-out", "councils", "council-cells", "council-comments",
         "council-actions", "council-follow-up")  # fmt: skip
"""In this history nobody is qualified, decided, routed, asked, named by company, written to, rated or sold to, and no
council has met."""


@pytest.mark.parametrize("name", VIEWS)
def test_json_is_a_list_of_flat_objects_that_say_how_complete_they_are(told: House, name: str) -> None:
    rows = told.rows("view", name)
    assert bool(rows) != (name in EMPTY)
    for row in rows:
        assert row["complete_to"] == END
        assert all(not isinstance(value, dict | list) for value in row.values())


def test_the_funnel_counts_leads_by_source_and_stage(told: House) -> None:
    rows = told.rows("view", "funnel")
    assert all(list(row) == ["source", "stage", "leads", "complete_to"] for row in rows)
    counts = {(row["source"], row["stage"]): row["leads"] for row in rows}
    assert counts["web", "captured"] == counts["fair", "captured"] == 1
    assert counts["web", "converted"] == 0


def test_the_sla_view_counts_verdicts_per_clause_and_version(told: House) -> None:
    assert told.rows("view", "sla") == [
        {
            "agreement": "desk",
            "clause": "first_response",
            "version": 1,
            "started": 2,
            "met": 1,
            "breached": 1,
            "cancelled": 0,
            "open": 0,
            "retracted": 0,
            "paused": 0,
            "escalated": 0,
            "complete_to": END,
        }
    ]


def test_response_times_are_of_answered_leads_only(told: House) -> None:
    (row,) = told.rows("view", "response-times")
    assert (row["answered"], row["leads"]) == (1, 2)
    assert (row["mean_seconds"], row["p50_seconds"], row["p90_seconds"]) == (3600, 3600, 3600)
    by_source = {row["source"]: row for row in told.rows("view", "response-times", "--by", "source")}
    assert by_source["fair"]["answered"] == 1
    assert by_source["web"]["mean_seconds"] is None


@pytest.mark.parametrize("name", VIEWS)
def test_csv_has_a_header_and_the_rows_of_json(told: House, name: str) -> None:
    rows = told.rows("view", name)
    found = list(csv.DictReader(io.StringIO(told.run("view", name, "--format", "csv").stdout)))
    as_text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    assert found == as_text


@pytest.mark.parametrize(
    "arguments", [("view", "leads"), ("view", "sla"), ("dead-letters", "list"), ("agreement", "show")]
)
def test_csv_has_a_header_where_there_are_no_rows(house: House, told: House, arguments: tuple[str, ...]) -> None:
    (header,) = house.run(*arguments, "--format", "csv").stdout.splitlines()
    assert header == told.run(*arguments, "--format", "csv").stdout.splitlines()[0] != ""


def test_where_keeps_the_rows_that_have_the_value_and_limit_so_many(told: House) -> None:
    assert [row["lead"] for row in told.rows("view", "leads", "--where", "source=fair")] == ["bob"]
    assert [row["lead"] for row in told.rows("view", "leads", "--where", "source=fair", "--where", "lead=ann")] == []
    assert [row["lead"] for row in told.rows("view", "leads", "--where", "status=")] == ["ann", "bob"]
    assert [row["lead"] for row in told.rows("view", "leads", "--limit", "1")] == ["ann"]


def test_the_table_names_every_column_and_value(told: House) -> None:
    table = told.run("view", "sla").stdout
    for word in ("agreement", "clause", "breached", "retracted", "desk", "first_response", END):
        assert word in table


def test_an_answer_that_may_still_change_says_so(house: House) -> None:
    deal = {"account": "acme", "name": "Mill", "stage": "Talks", "amount_minor": 700, "currency": "EUR"}
    house.run("publish", "-", given=lines([fact("opportunity.opened", "mill", 1, "2026-01-05T09:00:00Z", **deal)]))
    house.decide()
    asked = ("view", "matrix", "--where", "measure=pipe_generation", "--where", "quarter=2026Q1")
    (row,) = house.rows(*asked, "--as-of", "2026-02-01")
    complete = f"leadstream: complete up to {row['complete_to']} only; what comes until then may change this\n"
    assert house.run(*asked, "--as-of", "2126-02-01").stderr == complete
    assert house.run(*asked, "--as-of", "2026-01-05T09:00:00Z", "--known-at", "2126-02-01").stderr == complete
    assert house.run(*asked, "--as-of", "2026-01-05T09:00:00Z").stderr == ""


def test_what_sums_leave_out_is_said_once_below_a_table_and_in_each_row_of_other_forms(house: House) -> None:
    more = {"account": "acme", "name": "Mill", "stage": "Talks", "amount_minor": 700}
    euros = fact("opportunity.opened", "mill", 1, "2026-01-05T09:00:00Z", currency="EUR", **more)
    lei = fact("opportunity.opened", "port", 2, "2026-01-06T09:00:00Z", currency="RON", **more)
    house.run("publish", "-", given=lines([euros, lei]))
    house.decide()
    asked = ("view", "matrix", "--where", "measure=pipe_generation", "--as-of", "2026-02-01T00:00:00Z")
    (row,) = house.rows(*asked)
    what = "1 opportunity: no rate to EUR from RON on 2026-01-06"
    assert (row["amount_minor"], row["left_out"]) == (700, what)
    table = house.run(*asked)
    assert "left_out" not in table.stdout
    assert table.stderr.startswith(
        f"leadstream: left out of sums: {what}. They are listed by: leadstream view left-out"
    )
    (listed,) = house.rows("view", "left-out", "--as-of", "2026-02-01T00:00:00Z", "--where", "measure=pipe_generation")
    assert (listed["name"], listed["day"]) == ("port", "2026-01-06")


def test_a_table_of_figures_leaves_out_by_what_they_are_not_cut_and_other_forms_do_not(house: House) -> None:
    more = {"account": "acme", "name": "Mill", "stage": "Talks", "amount_minor": 700, "currency": "EUR"}
    opened = fact("opportunity.opened", "mill", 1, "2026-01-05T09:00:00Z", region="north", **more)
    house.run("publish", "-", given=lines([opened]))
    house.decide()
    asked = ("view", "matrix", "--by", "region", "--as-of", "2026-02-01T00:00:00Z")
    heads = house.run(*asked).stdout.split("─")[0].split()
    assert {"region", "measure", "amount_minor"} <= set(heads)
    assert {"product", "segment", "known_at"}.isdisjoint(heads)
    (row,) = house.rows(*asked, "--where", "measure=pipe_generation")
    assert (row["region"], row["amount_minor"], row["product"]) == ("north", 700, None)
    reached = house.rows("view", "stage-conversion", "--as-of", "2026-02-01T00:00:00Z")
    assert [(row["stage"], row["opportunities"]) for row in reached] == [("opened", 1), ("Talks", 1), ("won", 0)]


@pytest.mark.parametrize(
    ("arguments", "there_is"),
    [
        (["orders"], ", ".join(f"'{name}'" for name in sorted(BY_NAME))),
        (["funnel", "--where", "colour=red"], "it has source, stage, leads, complete_to"),
        (["funnel", "--where", "source"], "expected COLUMN=VALUE"),
        (["funnel", "--where", "leads=many"], "'many' is not a whole number"),
        (["funnel", "--where", f"leads={10**30}"], "too large"),
        (["leads", "--where", "captured_at=monday"], "is not an instant"),
        (["leads", "--where", "is_test=perhaps"], "is not true or false"),
        (["funnel", "--by", "colour"], "colour"),
        (["leads", "--limit", "0"], "x>=1"),
    ],
)
def test_an_unknown_view_column_or_value_is_wrong_use_and_says_what_there_is(
    told: House, arguments: list[str], there_is: str
) -> None:
    assert there_is in told.misused("view", *arguments)


NAMED = MAPPING.replace(
    "data: {source: {column: source}}", "data: {source: {column: source}, profile: {company.name: {column: source}}}"
)
ACME = """\
lead,at,what,source
u,2012-01-01 00:00:00,asked,Acme
v,2012-01-01 00:00:00,asked,Acme
u,2012-01-01 00:00:00,priced,
v,2012-01-05 00:00:00,priced,
"""
FADING = AGREEMENT.replace("  cap: 100\n", "    decay: {linear: 100%, per: 20d}\n  cap: 100\n")


def test_companies_are_scored_for_the_instant_asked_and_else_for_what_is_complete(house: House) -> None:
    house.publish_agreement(FADING)
    house.run("import", house.write("mapping.yaml", NAMED), house.write("acme.csv", ACME))
    house.decide("--until", "2012-01-11")
    (now,) = house.rows("view", "companies")
    assert (now["company"], now["people"], now["open_leads"], now["score"]) == ("acme", 2, 2, 10 + 14)
    assert now["scored_at"] == now["complete_to"] == "2012-01-11T00:00:00.000000Z"
    (then,) = house.rows("view", "companies", "--as-of", "2012-01-05")
    assert (then["score"], then["scored_at"]) == (16 + 20, "2012-01-05T00:00:00.000000Z")
    assert house.rows("view", "companies", "--as-of", "2011-12-31") == []
    assert house.rows("view", "companies", "--where", "score=24", "--where", "name=Acme") == [now]
    assert house.rows("view", "companies", "--where", "score=25") == []


def test_a_prediction_that_is_off_says_how_many_conversions_are_missing(told: House) -> None:
    (row,) = told.rows("view", "predictions", "--where", "lead=ann")
    assert (row["outcome"], row["probability"], row["conversions_missing"]) == ("open", None, 120)
    (model,) = told.rows("view", "prediction-model")
    assert (model["conversions"], model["conversions_missing"], model["base_rate"]) == (0, 120, None)


def test_scores_are_those_of_the_instant_asked_and_all_else_is_as_it_is_now(house: House) -> None:
    house.publish_agreement(AGREEMENT.replace("  cap: 100", "    decay: {linear: 50%, per: 30d}\n  cap: 100"))
    house.import_history()
    house.decide()
    (told,) = house.rows("view", "leads", "--where", "lead=ann")
    assert (told["score"], told["scored_at"]) == (20, "2012-01-01T03:00:00.000000Z")

    def as_of(time: str, *more: str) -> list[dict[str, object]]:
        return house.rows("view", "leads", "--scores-as-of", time, "--where", "lead=ann", *more)

    (faded,) = as_of("2012-01-31T03:00:00Z")
    assert (faded["score"], faded["grade"], faded["scored_at"]) == (10, "C1", "2012-01-31T03:00:00.000000Z")
    changed = {"score", "grade", "scored_at"}
    assert {name: faded[name] for name in faded.keys() - changed} == {
        name: told[name] for name in told.keys() - changed
    }
    assert [row["score"] for row in as_of("2012-01-01T02:00:00Z")] == [0]
    assert [row["score"] for row in as_of("2011-12-31")] == [None]
    assert as_of("2012-01-31T03:00:00Z", "--where", "score>=11") == []
    assert as_of("2012-01-31T03:00:00Z", "--where", "score>=10") == [faded]
    rows = house.rows("view", "stagnant", "--scores-as-of", "2012-01-31T03:00:00Z", "--sort", "-score")
    assert [(row["lead"], row["score"]) for row in rows] == [("ann", 10), ("bob", 0)]
    assert "shows no leads with their scores" in house.misused("view", "funnel", "--scores-as-of", "2012-01-31")


@pytest.mark.parametrize("name", sorted(set(VIEWS) - {"partitions"}))
def test_every_view_can_be_asked_for_another_time(told: House, name: str) -> None:
    now = told.rows("view", name)
    before, later = "2011-12-31T00:00:00Z", "2012-01-03T00:00:00Z"
    said = {"known_at": later.replace("Z", ".000000Z")} if isinstance(BY_NAME[name], Computed) else {}
    told_then = [{**row, **{column: cell for column, cell in said.items() if column in row}} for row in now]
    assert told.rows("view", name, "--as-of", later, "--known-at", later) == told_then
    assert len(told.rows("view", name, "--as-of", before)) <= len(now)
    assert len(told.rows("view", name, "--known-at", before)) <= len(now)


def test_how_far_partitions_are_has_no_earlier_instants_and_says_why(told: House) -> None:
    says = "view partitions can be asked for no other time: it is about how far the log has been read"
    for option in ("--as-of", "--known-at"):
        assert says in told.misused("view", "partitions", option, "2012-01-02")


def test_a_lead_is_shown_as_it_was_and_as_it_was_known(told: House) -> None:
    before = ("--as-of", "2012-01-01T02:30:00Z", "--where", "lead=ann")
    (now,), (then,) = told.rows("view", "leads", "--where", "lead=ann"), told.rows("view", "leads", *before)
    assert (now["score"], then["score"]) == (20, 0)
    assert then["captured_at"] == now["captured_at"]
    assert told.rows("view", "leads", *before, "--known-at", "2011-12-31") == []


def test_a_table_that_is_no_terminals_has_a_line_for_every_row_however_long(house: House) -> None:
    long = "a-source-of-many-words-" * 20
    house.publish_agreement()
    house.import_history(f"lead,at,what,source\nann,2012-01-01 00:00:00,asked,{long[:256]}\n")
    house.decide()
    lines = [line for line in house.run("view", "leads").stdout.splitlines() if line.strip()]
    head, _, row = lines
    assert head.split()[0] == "lead"
    assert head.split()[-1] == "complete_to"
    assert long[:256] in row
    assert row.split()[-1] == "2012-01-01T00:00:00.000000Z"


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """A disk quota that lets files grow no further; SQLite sees it as a failing write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_tables_that_cannot_be_brought_up_to_date_are_one_line_with_place_and_remedy(house: House) -> None:
    house.publish_agreement()
    house.run("view", "leads")
    house.import_history()
    house.run("run", "--until-idle")
    for file in house.data.glob("views.db*"):
        file.unlink()
    SqliteStore(house.data / "views.db").close()
    with no_file_larger_than(1 << 15):  # less than any batch of rows
        said = house.refused("view", "leads")
    assert said.count("\n") == 1
    assert said.startswith(f"leadstream: views {house.data / 'views.db'}: reading or writing failed; check the disk")
    assert "brought up to date" in said
    assert len(house.rows("view", "leads")) == 2
