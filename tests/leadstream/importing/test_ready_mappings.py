"""The mappings that come with the product, on lists as the programs write them."""

import json
import os
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from events.instants import iso
from leadstream.importing import FilesError, Options, Translation, load_mapping, match_files, translate
from streams.matching.keys import hashed

AT = "2026-05-01T00:00:00Z"
GOLDEN = Path(__file__).parent / "golden"
SCANNED = datetime(2026, 4, 21, 10, 15)  # noqa: DTZ001 - a workbook knows no zones
CONTACTS = ("outlook", "google_contacts")


def run(mapping: Path, path: Path, **said: str) -> Translation:
    loaded = load_mapping(mapping)
    return translate(loaded, match_files(loaded, [path]), options=Options(at=AT, **said), secret=b"key")  # type: ignore[arg-type]


def told(made: Translation) -> list[dict[str, object]]:
    return [
        {
            "line": fact.line, "fact": fact.type, "id": fact.id, "subject": fact.subject,
            "at": iso(fact.occurred_at), **fact.data,
        }
        for fact in made.facts()
    ] + [{"line": dead.line, "refused": dead.field, "reason": dead.reason} for dead in made.dead]  # fmt: skip


def golden(name: str, made: Translation) -> None:
    """What is told is the golden file; LEADSTREAM_UPDATE_GOLDEN=1 writes it anew."""
    found = json.dumps(told(made), indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("LEADSTREAM_UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.data
def test_a_captured_list_of_outlook_is_a_lead_with_the_ids_of_a_form(payloads: Path, mappings: Path) -> None:
    (fact,) = run(mappings / "outlook.yaml", payloads / "outlook" / "outlook_com_style_test_row.csv").facts()
    assert fact.subject == hashed("email", "linus@example.com", b"key")
    assert fact.data["source"] == "outlook"
    profile = fact.data["profile"]
    assert (profile["company.postcode"], profile["person.title"]) == ("02100", "Maintainer")
    assert profile["answers.categories"] == "Friends;Open source"
    assert "linus" not in fact.id


@pytest.mark.data
def test_the_92_columns_of_outlook_on_windows_are_all_that_is_asked_for(
    payloads: Path, mappings: Path, tmp_path: Path
) -> None:
    header = (payloads / "outlook" / "header_outlook_desktop.csv").read_text().strip()
    row = {"First Name": "Zoë", "E-mail Address": "zoe@groß.example", "Company": "Groß AG", "Business City": "Köln"}
    names = [name.strip('"') for name in header.split(",")]
    line = ",".join(f'"{row.get(name, "")}"' for name in names)
    path = tmp_path / "contacts.CSV"
    path.write_bytes(f"{header}\r\n{line}\r\n".encode("cp1252"))
    made = run(mappings / "outlook.yaml", path)
    (fact,) = made.facts()
    assert fact.data["profile"]["company.name"] == "Groß AG"
    assert fact.data["profile"]["person.name"] == "Zoë"
    assert made.files[0].layout.encoding == "cp1252"


@pytest.mark.data
def test_a_captured_list_of_google_takes_the_first_of_several_values(payloads: Path, mappings: Path) -> None:
    path = payloads / "google_contacts" / "google_contacts_2024_layout.csv"
    (fact,) = run(mappings / "google_contacts.yaml", path).facts()
    assert fact.subject == hashed("email", "rob@acme.example", b"key")
    profile = fact.data["profile"]
    assert (profile["person.phone"], profile["answers.labels"]) == ("+1 415 555 0134", "myContacts, Work")


def test_the_older_layout_of_google_says_the_same_as_the_newer_one(mappings: Path, tmp_path: Path) -> None:
    newer = (
        "First Name,Middle Name,Last Name,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value\n"
        "Ann,,Lee,Lee Ltd,* myContacts,Work,ann@lee.example ::: a@lee.example,+44 20 7946 0018\n"
    )
    older = (
        "Name,Given Name,Additional Name,Family Name,Yomi Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
        "Phone 1 - Type,Phone 1 - Value,Organization 1 - Type,Organization 1 - Name\n"
        "Ann Lee,Ann,,Lee,,* myContacts,* Work,ann@lee.example,Work,+44 20 7946 0018,,Lee Ltd\n"
    )
    made = []
    for content in (newer, older):
        (tmp_path / "contacts.csv").write_text(content)
        made.append(
            [
                (fact.id, fact.subject, fact.data)
                for fact in run(mappings / "google_contacts.yaml", tmp_path / "contacts.csv").facts()
            ]
        )
    assert made[0] == made[1]
    assert len(made[0]) == 1


@pytest.mark.parametrize("name", CONTACTS)
def test_an_address_in_a_list_of_contacts_is_no_consent(mappings: Path, name: str) -> None:
    facts = {spec.fact for rule in load_mapping(mappings / f"{name}.yaml").files[0].rules for spec in rule.specs}
    assert facts == {"lead.captured"}


def test_the_example_of_a_trade_show_is_the_scans_it_shows(mappings: Path) -> None:
    made = run(mappings / "trade_show.yaml", mappings / "trade_show.csv")
    golden("trade_show", made)
    assert (made.summary.read, made.summary.imported, made.summary.dead) == (4, 2, 1)


def test_a_scan_is_the_same_fact_in_a_list_a_workbook_and_a_card(mappings: Path, tmp_path: Path) -> None:
    text = "E-MAIL;first name;Surname;Firma;Scan Time\nann@lee.example;Ann;Lee;Lee Ltd;21.04.2026 10:15\n"
    (tmp_path / "scans.csv").write_text(text)
    book = openpyxl.Workbook()
    book.active.append(["Last Name", "First Name", "Company", "Email", "Scanned At", "Badge"])
    book.active.append(["Lee", "Ann", "Lee Ltd", "ann@lee.example", SCANNED, 1001])
    book.save(tmp_path / "scans.xlsx")
    (tmp_path / "scans.vcf").write_text(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lee;Ann\r\nFN:Ann Lee\r\nORG:Lee Ltd\r\nEMAIL:ann@lee.example\r\n"
        "REV:2026-04-21T08:15:00Z\r\nEND:VCARD\r\n"
    )
    made = [told(run(mappings / "trade_show.yaml", tmp_path / f"scans.{end}")) for end in ("csv", "xlsx", "vcf")]
    without_lines = [[{**each, "line": 0} for each in one] for one in made]
    assert without_lines[0] == without_lines[1] == without_lines[2]
    assert [each["fact"] for each in made[0]] == ["lead.captured", "lead.touched"]


def test_a_person_whose_whole_name_stands_in_one_field_is_a_lead_with_it(mappings: Path, tmp_path: Path) -> None:
    (tmp_path / "scans.csv").write_text("Full Name,Company\nAnn Lee,Lee Ltd\nBob Ray,Lee Ltd\n")
    (tmp_path / "named.csv").write_text("Name;Firma\nAnn Lee;Lee Ltd\nBob Ray;Lee Ltd\n")
    (tmp_path / "split.csv").write_text("Vorname,Nachname,Firma\nAnn,Lee,Lee Ltd\nBob,Ray,Lee Ltd\n")
    cards = [
        f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{name}\r\nORG:Lee Ltd\r\nEND:VCARD\r\n" for name in ("Ann Lee", "Bob Ray")
    ]
    (tmp_path / "cards.vcf").write_text("".join(cards))
    people = []
    for name in ("scans.csv", "named.csv", "cards.vcf", "split.csv"):
        made = run(mappings / "trade_show.yaml", tmp_path / name)
        assert (made.summary.imported, made.summary.dead) == (2, 0)
        captured = [fact for fact in made.facts() if fact.type == "lead.captured"]
        people.append({fact.subject: fact.data["profile"]["person.name"] for fact in captured})
    assert all(each == people[0] for each in people)
    assert sorted(people[0].values()) == ["Ann Lee", "Bob Ray"]


LOADER = """\
"ID","FIRSTNAME","LASTNAME","COMPANY","EMAIL","STATUS","LEADSOURCE","ISCONVERTED","CREATEDDATE","SYSTEMMODSTAMP"
"00Q5e00000AbCdEEAV","Ann","Lee","Lee Ltd","Ann@Lee.example","Working","Web","false",\
"2026-02-03T08:00:00.000Z","2026-02-04T09:30:00.000Z"
"""
REPORT = """\
"Lead ID","First Name","Last Name","Company / Account","Email","Lead Status","Lead Source","Create Date","Last Modified"
"00Q5e00000AbCdE","Ann","Lee","Lee Ltd","Ann@Lee.example","Working","Web","2/3/2026 8:00 AM","2/4/2026 9:30 AM"
"00Q5e00000AbCdF","Bob","Ray","Ray Inc","","Open","","2/14/2026 8:00 AM",""

"Leads of this quarter"
"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
"""


def test_the_data_loader_and_a_report_of_salesforce_tell_the_same_facts(mappings: Path, tmp_path: Path) -> None:
    (tmp_path / "extract.csv").write_text(LOADER)
    (tmp_path / "report.csv").write_text(REPORT)
    extract = told(run(mappings / "salesforce_leads.yaml", tmp_path / "extract.csv"))
    made = run(mappings / "salesforce_leads.yaml", tmp_path / "report.csv", zone="UTC")
    report = told(made)
    assert [each for each in report if each["line"] == 2] == extract
    assert [(each["fact"], each["subject"]) for each in extract] == [
        ("lead.captured", "salesforce:00Q5e00000AbCdEEAV"),
        ("lead.status_changed", "salesforce:00Q5e00000AbCdEEAV"),
    ]
    assert (made.summary.read, made.summary.imported, made.summary.dead) == (4, 2, 0)
    assert [(each.reason, each.rows) for each in made.summary.skipped] == [("stands after the table", 2)]
    golden("salesforce_report", made)


OPPORTUNITIES = """\
Opportunity ID,Opportunity Name,Account Name,Stage,Close Date,Created Date,Amount,Opportunity Owner,Amount Currency
0065e00000AbCdE,New plant,Acme,Closed Won,31/03/2026,05/01/2026,"120,000.50",Radu,EUR
0065e00000AbCdF,Old plant,Acme,Proposal,30/06/2026,06/01/2026,,Ines,EUR
0065e00000AbCdG,No plant,Acme,Closed Lost,15/02/2026,07/01/2026,10,Ines,EUR
0065e00000AbCd,Bad id,Acme,Proposal,15/02/2026,07/01/2026,10,Ines,EUR
"""


def test_opportunities_of_salesforce_are_opened_and_closed(mappings: Path, tmp_path: Path) -> None:
    (tmp_path / "opportunities.csv").write_text(OPPORTUNITIES)
    golden(
        "salesforce_opportunities",
        run(mappings / "salesforce_opportunities.yaml", tmp_path / "opportunities.csv", zone="Europe/Berlin"),
    )


def test_credits_of_a_planning_tool_say_who_opened_and_who_has_an_order(mappings: Path) -> None:
    golden("xactly_credits", run(mappings / "xactly_credits.yaml", mappings / "xactly_credits.csv"))


@pytest.mark.parametrize("content", ["colour,size\nred,4\n", '{"colour": "red"}\n'])
def test_a_file_with_none_of_the_columns_is_refused_and_not_a_list_of_dead_letters(
    mappings: Path, tmp_path: Path, content: str
) -> None:
    path = tmp_path / ("list.csv" if content[0] == "c" else "list.jsonl")
    path.write_text(content)
    with pytest.raises(FilesError, match=r"has none of the columns that the mapping asks for; it has `colour`"):
        run(mappings / "trade_show.yaml", path)


def test_a_list_without_a_time_is_not_imported_until_somebody_says_when(mappings: Path, tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("First Name,Last Name,E-mail Address\nAnn,Lee,ann@lee.example\n")
    mapping = load_mapping(mappings / "outlook.yaml")
    (dead,) = translate(mapping, match_files(mapping, [tmp_path / "contacts.csv"])).dead
    assert (dead.field, dead.reason) == ("time", "the option --at, which says when, is blank")
