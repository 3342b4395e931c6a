"""What a record among the dead letters says, whoever put it there."""

import msgspec

from engine.ports import Headers, Record
from events.topics import LEAD_INBOX, RAW
from leadstream.letters import Count, Letter, counted, hint, letter_of


def letter(value: bytes = b"{}", at: int = 5, **said: str) -> Letter:
    headers: Headers = [(f"dlq.{name}", text.encode()) for name, text in said.items()]
    return letter_of(2, Record(offset=17, timestamp=at, key=b"key", value=value, headers=headers))


def test_a_letter_is_from_the_source_of_its_fact_of_its_way_in_or_its_file() -> None:
    fact = msgspec.json.encode({"source": "/crm", "id": "1"})
    assert letter(fact, topic=LEAD_INBOX, offset="9").source == "/crm"
    assert letter(b"\xff", topic=LEAD_INBOX, offset="9").source == LEAD_INBOX
    assert letter(b'{"source": 7}', topic=LEAD_INBOX, offset="9").source == LEAD_INBOX
    assert letter(b"[]", topic=LEAD_INBOX, offset="9").source == LEAD_INBOX
    assert letter(fact, topic=RAW, source="contact").source == "/connectors/contact"
    assert letter(fact, file="leads.csv", line="3").source == "leads.csv"


def test_letters_are_counted_by_reason_and_source_whatever_their_order() -> None:
    many = [
        letter(reason="nobody", topic=RAW, source="contact", at=30),
        letter(reason="nobody", topic=RAW, source="contact", at=10),
        letter(reason="nobody", topic=RAW, source="other", at=20),
        letter(reason="fault", topic=RAW, source="contact", at=40),
    ]
    statuses = ["open", "open", "open", "mended"]
    wanted = [
        Count("nobody", "/connectors/contact", "open", 2, 10, 30),
        Count("fault", "/connectors/contact", "mended", 1, 40, 40),
        Count("nobody", "/connectors/other", "open", 1, 20, 20),
    ]
    found = list(zip(many, statuses, strict=True))
    assert counted(found) == counted(reversed(found)) == wanted
    assert counted([]) == []


def test_the_hint_fits_where_the_letter_came_from_and_names_its_retry_where_there_is_one() -> None:
    retry = "leadstream dead-letters retry 2-17"
    assert retry in hint(letter(topic=RAW, source="contact", reason="malformed"))
    assert retry in hint(letter(topic=RAW, source="contact", reason="nobody"))
    assert retry in hint(letter(topic=RAW, source="contact", reason="fault"))
    assert retry in hint(letter(topic=LEAD_INBOX, offset="9", reason="not_json"))
    assert "import the file again" in hint(letter(file="leads.csv", line="3", reason="untranslatable"))
    assert "erased" in hint(letter(topic=RAW, source="crm", reason="erasure"))
    assert "nothing is to be done" in hint(letter(topic=RAW, source="contact", reason="automatic"))
