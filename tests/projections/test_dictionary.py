from pathlib import Path

from projections.catalogue import BY_NAME, SHOWN, VIEW_TOPICS, VIEWS
from projections.dictionary import markdown
from projections.stores.layout import OURS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "views.md"


def test_the_published_dictionary_is_the_one_the_code_writes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == markdown()


def test_every_column_has_a_meaning() -> None:
    for table in OURS.tables.values():
        for column in table.columns:
            assert len(column.meaning) > 5, (table.name, column.name)


def test_every_view_has_a_name_and_a_compacted_topic_of_its_own() -> None:
    assert len(BY_NAME) == len(SHOWN)
    assert [topic.name for topic in VIEW_TOPICS] == [f"view.{view.name}" for view in VIEWS]
    assert all(topic.compacted for topic in VIEW_TOPICS)
