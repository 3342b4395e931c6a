from html.parser import HTMLParser

import pytest
from typing_extensions import override

from events.registry import CATALOGUE
from events.schema import meanings, structs_of, summary
from leadstream.contract.channels import public_topics
from leadstream.contract.page import _words, reference
from leadstream.contract.reference import facts, views
from projections.catalogue import SHOWN
from projections.stores.answers import columns_by

VOID = {"meta", "input"}


class Read(HTMLParser):
    """The page as a browser reads it: what stands below which anchor, where links lead, what would be fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.below: dict[str, list[str]] = {}
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.links += [said["href"]] if "href" in said else []
        self.fetched += [tag] if {"src", "srcset", "action", "data"} & set(said) or tag == "link" else []
        self.ids += [said["id"]] if "id" in said else []
        if tag not in VOID:
            self.open.append((tag, said.get("id", "")))

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    @override
    def handle_data(self, data: str) -> None:
        for _, anchor in self.open:
            if anchor:
                self.below.setdefault(anchor, []).append(data)

    def text(self, anchor: str) -> str:
        """What stands below an anchor, in one line."""
        return " ".join("".join(self.below[anchor]).split())


PAGE = reference()
READ = Read(PAGE)


def test_the_page_is_well_formed_stands_alone_and_is_the_same_each_time() -> None:
    assert READ.open == []
    assert READ.fetched == []
    assert not any(word in PAGE for word in ("@import", "url(", "fetch(", "http://", "https://"))
    assert reference() == PAGE


def test_every_anchor_is_there_once_and_every_link_leads_to_one() -> None:
    assert len(set(READ.ids)) == len(READ.ids)
    assert {link.removeprefix("#") for link in READ.links} <= set(READ.ids)
    assert all(link.startswith("#") for link in READ.links)


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_field_of_every_fact_stands_below_its_anchor_with_its_meaning(wire_type: str) -> None:
    text = READ.text(wire_type)
    assert summary(CATALOGUE[wire_type]).replace("`", "") in text
    for kind in structs_of(CATALOGUE[wire_type]):
        for name, meaning in meanings(kind).items():
            assert f"{name} " in text
            assert " ".join(meaning.replace("`", "").split()) in text
    assert '"specversion": "1.0"' in text


def test_every_topic_and_every_column_of_every_view_is_there() -> None:
    for topic in public_topics():
        assert " ".join(topic.content.replace("`", "").split()) in READ.text(f"topic.{topic.name}")
    for view in SHOWN:
        text = READ.text(f"view.{view.name}")
        for column in columns_by(view, None):
            assert f"{column.name} {column.kind.value}" in text
            assert " ".join(column.meaning.replace("`", "").split()) in text


def test_a_unit_stands_beside_the_numbers_that_have_one() -> None:
    assert "late_by_us whole number from 0 microseconds" in READ.text("sla.answered.v1")
    assert "minor units" in READ.text("lead.converted.v1")


def test_every_fact_is_listed_once_under_what_it_is_about() -> None:
    about = {title: [entry.name for entry in entries] for title, entries in facts().items()}
    assert sorted(name for names in about.values() for name in names) == sorted(CATALOGUE)
    assert [view.name for view in views()] == sorted(view.name for view in SHOWN)
    assert "lead.reject.v1" in about["Leads and their clocks"]
    assert about["Answers"] == ["command.answered.v1"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("in `currency`, of all", "in <code>currency</code>, of all"),
        ("<script>`a<b`</script>", "&lt;script&gt;<code>a&lt;b</code>&lt;/script&gt;"),
        ('a "word" & another', "a &#34;word&#34; &amp; another"),
    ],
)
def test_words_are_escaped_before_names_are_set_off(text: str, shown: str) -> None:
    assert _words(text) == shown
