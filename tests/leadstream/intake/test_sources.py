"""What a configured way in may say, and what is said of one that is wrong."""

from typing import Any

import pytest

from leadstream.connectors.port import Trust
from leadstream.intake.secrets import read_secret
from leadstream.intake.sources import BadSecret, Fault, Source, sources_of

FORM = {"connector": "web_form", "public_key": "a-public-key"}
ZOOM = {"connector": "zoom", "secret": "env:ZOOM"}
FETCH = {"account": "a", "token": "env:TOKEN"}


def found(tables: dict[str, Any]) -> tuple[dict[str, Source], tuple[Fault, ...]]:
    return sources_of(tables, lambda reference: f"secret of {reference}", b"key")


def test_a_way_in_has_what_is_written_and_the_defaults() -> None:
    sources, faults = found({
        "contact-form": {**FORM, "origins": ["https://www.example.com"], "thanks": "https://www.example.com/thanks"},
        "webinars": {**ZOOM, "secret": ["env:NEW", "file:/run/old"], "base": "https://leads.example.com/", "rate": 7},
    })  # fmt: skip
    assert faults == ()
    contact, webinars = sources["contact-form"], sources["webinars"]
    assert contact.trust == Trust(public_keys=("a-public-key",), origins=("https://www.example.com",))
    assert (contact.connector.name, contact.thanks, contact.rate) == (
        "web_form",
        "https://www.example.com/thanks",
        1000,
    )
    assert webinars.trust.secrets == ("secret of env:NEW", "secret of file:/run/old")
    assert (webinars.trust.base, webinars.rate) == ("https://leads.example.com", 7)
    assert (webinars.given.secret, webinars.given.zone, webinars.given.purpose) == (b"key", "UTC", "marketing_email")


@pytest.mark.parametrize(
    ("table", "setting", "said"),
    [
        ({}, "connector", "is missing"),
        ({"connector": "zoomm"}, "connector", "there is no 'zoomm'"),
        ({"connector": "zoominfo"}, "connector", "translates what is fetched"),
        ({"connector": 3}, "connector", "expected str, got int"),
        ({"connector": "zoom"}, "secret", "is missing, and without it nobody can send to a zoom"),
        ({"connector": "web_form"}, "public_key", "is missing"),
        ({"connector": "snowplow"}, "secret", "is missing"),
        ({**ZOOM, "public_key": "x"}, "public_key", "zoom has a secret"),
        ({**ZOOM, "colour": 1}, "colour", "there is no such setting; there are connector, secret,"),
        ({**ZOOM, "zone": "Mars/Base"}, "zone", "got 'Mars/Base'"),
        ({**ZOOM, "zone": ""}, "zone", "got ''"),
        ({**ZOOM, "zone": "Europe"}, "zone", "got 'Europe'"),
        ({**ZOOM, "country": "Romania"}, "country", "two capital letters"),
        ({**ZOOM, "base": "leads.example.com"}, "base", "expected scheme and host"),
        ({**ZOOM, "base": "https://[x"}, "base", "expected scheme and host"),
        ({**ZOOM, "rate": 0}, "rate", "got 0"),
        ({**FORM, "fetch": {}}, "fetch", "nothing is fetched for a web_form"),
        ({**ZOOM, "fetch": {"client_id": "a", "client_secret": "env:B"}}, "fetch.account", "is missing; zoom needs it"),
        ({**ZOOM, "fetch": {"account": "a"}}, "fetch.client_id", "is missing; zoom needs it, or a token"),
        ({**ZOOM, "fetch": {**FETCH, "colour": 1}}, "fetch.colour", "there is no such setting; there are token,"),
        ({**ZOOM, "fetch": {**FETCH, "every": 1}}, "fetch.every", "expected 10 to 86400, got 1"),
        ({**ZOOM, "fetch": {**FETCH, "feeds": ["zoom_registrants"]}}, "fetch.feeds", "expected KIND:ID"),
        ({**ZOOM, "fetch": {**FETCH, "base": "http://api.zoom.us"}}, "fetch.base", "http only on this machine"),
        ({**ZOOM, "fetch": {**FETCH, "token_url": "https://a:b@zoom.us"}}, "fetch.token_url", "expected an address"),
        ({**ZOOM, "fetch": {**FETCH, "properties": ["a b"]}}, "fetch.properties", "expected names of fields"),
        ({**ZOOM, "fetch": {**FETCH, "version": "x"}}, "fetch.version", "expected a version"),
        ({**ZOOM, "fields": {"a": 1}}, "fields[...]", "expected str, got int"),
        ({**FORM, "origins": ["https://www.example.com/"]}, "origins", "got 'https://www.example.com/'"),
        ({**FORM, "origins": "https://www.example.com"}, "origins", "expected array, got str"),
        ({**FORM, "thanks": "/thanks"}, "thanks", "expected a page"),
        ({**FORM, "thanks": "https://x.example\r\nSet-Cookie: a"}, "thanks", "expected a page"),
        ("zoom", "", "expected object, got str"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(table: Any, setting: str, said: str) -> None:
    sources, (fault, *_) = found({"way": table})
    assert sources == {}
    assert (fault.source, fault.setting) == ("way", setting)
    assert said in fault.reason
    assert str(fault).startswith("[sources.way]")


@pytest.mark.parametrize("name", ["", "Contact", "a b", "ä", "-a", "a/b", "x" * 65])
def test_a_name_is_part_of_an_address_and_so_is_plain(name: str) -> None:
    assert "a name is made of" in found({name: ZOOM})[1][0].reason


def test_all_that_is_wrong_is_told_and_what_is_right_stays() -> None:
    sources, faults = found({"a": {**ZOOM, "zone": "X", "rate": 0}, "b": ZOOM, "c": {"connector": "y"}})
    assert set(sources) == {"b"}
    assert [(each.source, each.setting) for each in faults] == [("a", "zone"), ("a", "rate"), ("c", "connector")]


def test_a_tracker_needs_no_secret_where_its_applications_are_named() -> None:
    sources, faults = found({"web": {"connector": "snowplow", "accounts": ["shop"]}})
    assert (faults, sources["web"].trust.accounts) == ((), ("shop",))


def test_a_secret_comes_from_the_environment_or_a_file_without_white_space_around_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("A_SECRET", " of the environment\n")
    (tmp_path / "secret").write_text("of a file\n")
    assert read_secret("env:A_SECRET") == "of the environment"
    assert read_secret(f"file:{tmp_path}/secret") == "of a file"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:NOT_SET_AT_ALL", "the environment variable NOT_SET_AT_ALL is not set, or empty"),
        ("env:", "expected env:NAME or file:PATH"),
        ("file:/nowhere/at/all", "the file /nowhere/at/all cannot be read: No such file or directory"),
        ("file:/", "cannot be read: Is a directory"),
        ("file:/dev/null", "the file /dev/null is empty"),
        ("whsec_0123456789", "expected env:NAME or file:PATH; a secret itself does not stand in the configuration"),
    ],
)
def test_a_secret_that_cannot_be_had_is_said_without_it(reference: str, said: str) -> None:
    with pytest.raises(BadSecret) as caught:
        read_secret(reference)
    assert said in str(caught.value)
    assert "0123456789" not in str(caught.value)


def test_a_public_key_is_no_secret_but_where_the_vendor_signs_with_its_other_half() -> None:
    sources, faults = found({
        "page": FORM, "server": {"connector": "web_form", "secret": "env:FORM"},
        "mails": {"connector": "sendgrid", "public_key": ["new", "old"]},
    })  # fmt: skip
    assert faults == ()
    assert (sources["page"].trust.secrets, sources["page"].trust.public_keys) == ((), ("a-public-key",))
    assert (sources["server"].trust.secrets, sources["server"].trust.public_keys) == (("secret of env:FORM",), ())
    assert (sources["mails"].trust.secrets, sources["mails"].trust.public_keys) == (("new", "old"), ())
