import csv
import gzip
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from leadstream.importing import Translation, load_mapping, match_files, translate
from leadstream.importing.catalogue import FACTS

STATUSES = {
    "A_PREACCEPTED": 7367,
    "A_ACCEPTED": 5113,
    "O_SENT": 7030,
    "O_SENT_BACK": 3454,
    "A_ACTIVATED": 2246,
    "A_DECLINED": 7635,
    "A_CANCELLED": 2807,
}


def run(mapping: Path, *files: Path) -> Translation:
    loaded = load_mapping(mapping)
    return translate(loaded, match_files(loaded, files))


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_the_mappings_shown_in_the_documentation_are_taken() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if block.startswith("name:")]
    assert len(blocks) >= 2
    for block in blocks:
        load_mapping(block)


@pytest.mark.data
def test_every_row_of_the_loan_funnel_is_accounted_for(shared_data: Path, mappings: Path) -> None:
    path = shared_data / "bpi2012_loan_funnel.csv.gz"
    rows = rows_of(path)
    made = run(mappings / "bpi2012.yaml", path)
    steps = Counter((row["concept:name"], row["lifecycle:transition"]) for row in rows)
    starts = sum(count for (name, phase), count in steps.items() if name[:2] == "W_" and phase == "START")
    statuses = {name: steps[name, "COMPLETE"] for name in STATUSES}
    assert statuses == STATUSES
    assert made.summary.facts == {
        "lead.captured": steps["A_SUBMITTED", "COMPLETE"],
        "lead.touched": starts,
        "lead.status_changed": sum(statuses.values()),
    }
    assert (made.summary.read, made.summary.dead) == (len(rows), 0) == (262_200, 0)
    assert made.summary.imported == 13_087 + 71_376 + 35_652
    assert sum(each.rows for each in made.summary.skipped) == 262_200 - made.summary.imported
    facts = list(made.facts())
    touches = [fact for fact in facts if fact.type == "lead.touched"]
    nobody = sum(
        row["concept:name"][:2] == "W_" and row["lifecycle:transition"] == "START" and not row["org:resource"]
        for row in rows
    )
    assert sum("by" not in fact.data for fact in touches) == nobody
    assert Counter(fact.data["status"] for fact in facts if fact.type == "lead.status_changed") == STATUSES
    asked = {row["case:concept:name"]: int(row["case:AMOUNT_REQ"]) for row in rows}
    captured = {fact.subject: fact.data["profile"] for fact in facts if fact.type == "lead.captured"}
    assert captured == {case: {"answers.amount_requested": amount} for case, amount in asked.items()}
    assert len({fact.id for fact in facts}) == len(facts)
    times = [fact.occurred_at for fact in facts]
    assert times == sorted(times)
    by_line = {fact.line: fact for fact in facts}
    for line, row in enumerate(rows, 2):
        if line in by_line:
            at = datetime.fromisoformat(row["time:timestamp"])
            assert by_line[line].occurred_at == int(at.timestamp()) * 1_000_000 + at.microsecond
            assert by_line[line].subject == row["case:concept:name"]


@pytest.mark.data
def test_every_marketplace_lead_and_deal_becomes_a_fact_with_its_origin_as_the_file_says(
    shared_data: Path, mappings: Path
) -> None:
    leads = shared_data / "olist_marketing_qualified_leads_dataset.csv"
    deals = shared_data / "olist_closed_deals_dataset.csv"
    made = run(mappings / "olist.yaml", deals, leads)
    assert made.summary.facts == {"lead.captured": 8000, "lead.converted": 842, "lead.profile_updated": 842}
    assert (made.summary.read, made.summary.imported, made.summary.dead) == (8842, 8842, 0)
    facts = list(made.facts())
    captured = [fact for fact in facts if fact.type == "lead.captured"]
    origins = Counter(row["origin"] for row in rows_of(leads))
    assert Counter(fact.fact.source for fact in captured) == origins
    assert (origins[""], origins["unknown"]) == (60, 1099)
    converted = {fact.subject: fact for fact in facts if fact.type == "lead.converted"}
    assert {subject: fact.data["by"] for subject, fact in converted.items()} == {
        row["mql_id"]: row["sr_id"] for row in rows_of(deals)
    }
    assert not any("amount_minor" in fact.data for fact in converted.values())
    first = {fact.subject: fact.occurred_at for fact in captured}
    assert sum(fact.occurred_at < first[subject] for subject, fact in converted.items()) == 1
    zone = ZoneInfo("America/Sao_Paulo")
    won = {row["mql_id"]: datetime.fromisoformat(row["won_date"]).replace(tzinfo=zone) for row in rows_of(deals)}
    assert {subject: fact.occurred_at // 1_000_000 for subject, fact in converted.items()} == {
        subject: int(at.timestamp()) for subject, at in won.items()
    }
    revenue = {fact.subject: fact.data["profile"] for fact in facts if fact.type == "lead.profile_updated"}
    declared = {row["mql_id"]: float(row["declared_monthly_revenue"]) for row in rows_of(deals)}
    assert {subject: each.get("answers.monthly_revenue", 0.0) for subject, each in revenue.items()} == declared


def test_the_documentation_shows_the_examples_of_targets_as_they_are(mappings: Path) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    blocks = {
        load_mapping(block).name: load_mapping(block)
        for block in re.findall(r"```yaml\n(name:.*?)```", text, re.DOTALL)
    }
    shown, whole = blocks["xactly"], load_mapping(mappings / "xactly.yaml")
    assert shown.files == whole.files
    told, fields = (
        each.files[0].rules[0].data.fields for each in (blocks["targets"], load_mapping(mappings / "targets.yaml"))
    )
    assert told.items() <= fields.items()


def test_the_documentation_names_every_fact_a_mapping_can_make_with_its_fields() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    listed = text.partition("| fact | fields")[2].partition("\n\n")[0].splitlines()
    rows = [row for row in listed if row.startswith("| `")]
    for name, fact in FACTS.items():
        if name.partition(".")[0] in ("account", "target"):
            (row,) = [row for row in rows if f"`{name}`" in row.split("|")[1]]
            assert all(f"`{field}`" in row for field in fact.fields), name


@pytest.mark.data
def test_every_won_deal_is_a_conversion_an_account_and_an_opportunity_that_is_won(
    shared_data: Path, mappings: Path
) -> None:
    names = ("marketing_qualified_leads", "closed_deals")
    made = run(mappings / "olist_pipeline.yaml", *(shared_data / f"olist_{name}_dataset.csv" for name in names))
    each = ("account.opened", "lead.converted", "opportunity.amended", "opportunity.closed_won")
    assert made.summary.facts == {"lead.captured": 8000, **dict.fromkeys(each, 842)}
    assert (made.summary.read, made.summary.imported, made.summary.dead) == (8842, 8842, 0)
    subjects = {name: {fact.subject for fact in made.facts() if fact.type == name} for name in each}
    deals = rows_of(shared_data / "olist_closed_deals_dataset.csv")
    assert subjects["account.opened"] == {row["seller_id"] for row in deals}
    assert subjects["lead.converted"] == {row["mql_id"] for row in deals}
    assert subjects["opportunity.amended"] == subjects["opportunity.closed_won"]
    assert subjects["opportunity.closed_won"] == {f"deal-{row['mql_id']}" for row in deals}
