"""What an answer says about asking again, and what a list has shown before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.instants import MINUTE, SECOND
from leadstream.fetching import windows
from leadstream.fetching.answers import standard
from leadstream.fetching.port import Answer, Asked, Credentials, Denied, Refused, Setup, Wait, joined, ok
from leadstream.fetching.tokens import by_client, token_of
from leadstream.fetching.vendors import google, microsoft_graph, salesforce
from leadstream.fetching.vendors.gmail import mailbox
from tests.leadstream.fetching.scenarios import NOW

_SETUP = Setup(base="https://api.example.com")


def answer(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    return Answer(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0), ("0.5", 0.5), ("Mon, 02 Mar 2026 09:31:00 GMT", 60.0), ("Mon, 02 Mar 2026 09:00:00 GMT", 0.0),
        ("soon", None), ("", None), ("-3", None), ("9" * 400, None),
    ],
)  # fmt: skip
def test_a_pause_is_a_count_of_seconds_or_a_date_and_nonsense_is_none(said: str, seconds: float | None) -> None:
    found = standard(answer(429, retry_after=said), NOW)
    assert isinstance(found, Wait)
    assert found.seconds == seconds


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_an_outage_is_waited_out(status: int) -> None:
    assert standard(answer(status), NOW) == Wait(None, str(status))


@pytest.mark.parametrize("status", [200, 207, 302, 400, 403, 404, 410, 501])
def test_everything_else_is_for_the_turn(status: int) -> None:
    assert standard(answer(status), NOW) is None


def test_a_limit_that_is_told_as_403_is_a_limit_and_another_403_is_none() -> None:
    assert standard(answer(401), NOW) == Denied()
    assert isinstance(google.judge(answer(403, b'{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}'), NOW), Wait)
    assert google.judge(answer(403, b'{"error":{"status":"PERMISSION_DENIED"}}'), NOW) is None
    assert isinstance(salesforce.judge(answer(403, b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]'), NOW), Wait)
    assert salesforce.judge(answer(403, b'[{"errorCode":"INSUFFICIENT_ACCESS"}]'), NOW) is None


def test_a_token_is_renewed_a_minute_before_its_end_and_one_without_end_never() -> None:
    token = token_of(answer(200, b'{"access_token":"a","expires_in":3600}'), NOW)
    assert token.holds(NOW + 3539 * SECOND)
    assert not token.holds(NOW + 3540 * SECOND)
    assert token_of(answer(200, b'{"access_token":"a","instance_url":"https://x"}'), NOW).holds(NOW + 10**15)
    with pytest.raises(Refused, match="400 invalid_grant"):
        token_of(answer(400, b'{"error":"invalid_grant","error_description":"whose token that was"}'), NOW)


def test_an_app_asks_for_itself_unless_somebody_has_allowed_it_in() -> None:
    app = Credentials(client_id="a", client_secret="b", url="https://x/token")
    asks = by_client("s")
    assert asks(app, _SETUP).body == b"grant_type=client_credentials&client_id=a&client_secret=b&scope=s"
    somebody = Credentials(client_id="a", client_secret="b", refresh_token="c", url="https://x/token")
    assert asks(somebody, _SETUP).body == b"grant_type=refresh_token&client_id=a&client_secret=b&refresh_token=c"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"3", b'{"a":', b"\xff"])
def test_what_is_no_object_is_refused_whatever_its_status(body: bytes) -> None:
    for status in (200, 400, 500):
        with pytest.raises(Refused):
            ok(answer(status, body), "it")


@given(st.dictionaries(st.text(max_size=5), st.sampled_from([b'{"a": 1.50}', b"[ ]", b'"x"']), max_size=3))
def test_joined_answers_stay_as_they_came(parts: dict[str, bytes]) -> None:
    whole = joined(**parts)
    assert all(value in whole for value in parts.values())
    if parts:
        assert ok(answer(200, whole), "it").fields.keys() == parts.keys()


_TIMES = st.integers(0, 600).map(lambda each: NOW + each * SECOND)
_STAMPS = st.lists(st.dictionaries(st.sampled_from("abcdef"), _TIMES))


@given(_STAMPS)
def test_a_reading_that_goes_on_from_any_page_never_begins_behind_what_may_still_come(
    readings: list[dict[str, int]],
) -> None:
    """It moves on by what it has seen less the overlap, and what lies within that is known by id and stamp."""
    cursor: dict[str, object] = {}
    high = NOW - 30 * 24 * 60 * MINUTE
    for stamps in readings:
        cursor = windows.moved(Asked(_SETUP, ("x",), cursor, NOW), stamps, {})
        high = max([high, *stamps.values()])
        begin = windows.since(Asked(_SETUP, ("x",), cursor, NOW))
        assert begin == max(NOW - 30 * 24 * 60 * MINUTE, high - windows.OVERLAP)
        assert not windows.is_new(cursor, {name: at for name, at in stamps.items() if at >= begin})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Users/0aa1/Contacts/AAMk", "contacts"), ("users/a@example.com/mailFolders/inbox/messages", "messages"),
        ("users/a@example.com/mailFolders/inbox/messages/AAMk", "messages"), ("me/events/1", "events"),
        ("users/a@example.com/calendarView", "events"), ("users/a@example.com/drive/root", None),
        ("teams/1/messages", None),
    ],
)  # fmt: skip
def test_resources_of_graph_are_known_by_their_paths(path: str, found: str | None) -> None:
    assert microsoft_graph.collection(path) == found


def test_a_notification_of_gmail_is_about_its_mailbox() -> None:
    assert mailbox("a@example.com:123") == mailbox("a@example.com") == "a@example.com"
