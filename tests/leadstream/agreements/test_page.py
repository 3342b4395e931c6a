from html.parser import HTMLParser
from typing import Any

import pytest
from typing_extensions import override

from events.agreement import Signature
from leadstream.agreements.page import page_of
from streams.agreement.described.describe import describe
from streams.agreement.load import from_document, load
from tests.streams.agreement.agreement_texts import EXAMPLES, SMALL

EVIL = '<script>alert("1")</script>'
B2B = load((EXAMPLES / "inbound-b2b.yaml").read_text())


class Read(HTMLParser):
    """A page as a browser reads it: tags in order, texts, and whatever would be fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def read(spec: Any, *signed: Signature) -> Read:
    return Read(page_of(spec, signed, "proposed", "d" * 64))


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_page_stands_alone_and_is_well_formed(file: Any) -> None:
    page = read(load(file.read_text()))
    assert (page.fetched, page.open, "script" in page.tags, "link" in page.tags) == ([], [], False, False)
    assert page_of(load(file.read_text()), (), "proposed", "") == page_of(load(file.read_text()), (), "proposed", "")


def test_everything_that_is_agreed_stands_on_the_page_and_calendars_are_a_table() -> None:
    page = read(B2B)
    for section in describe(B2B):
        assert section.title in page.texts
        if section.title != "Working hours":
            assert [item.words for item in section.items if item.words not in page.texts] == []
    assert page.tags.count("table") == 1
    assert [page.texts.count(hours) for hours in ("09:00-12:30, 13:30-18:00", "09:00-18:00", "closed")] == [1, 3, 2]
    assert "sales is closed on 2026-01-01, 2026-12-25." in page.texts


def test_without_calendars_there_is_no_table() -> None:
    assert "table" not in read(from_document(SMALL)).tags


def test_a_side_that_has_signed_stands_there_with_name_and_day_and_the_other_gets_a_line() -> None:
    page = read(B2B, Signature(side="sales", by="head of sales", at="2026-03-21T08:00:00Z"))
    place = page.texts.index("For sales")
    assert [text for text in page.texts[place:] if text][1:3] == ["head of sales", "signed on 2026-03-21"]
    assert page.texts.count("name, date, signature") == 1


def test_what_people_write_is_text_and_never_markup() -> None:
    spec = from_document(
        SMALL
        | {
            "agreement": EVIL,
            "statuses": {EVIL: {"means": "open"}},
            "calendars": {EVIL: {"timezone": "UTC", "hours": {"mon": [["09:00", "10:00"]]}}},
            "applies_to": {"field": EVIL, "equals": EVIL},
        }
    )
    page = read(spec, Signature(side="sales", by=EVIL, at="2026-03-21"))
    assert "script" not in page.tags
    assert sum(EVIL in text for text in page.texts) >= 5
