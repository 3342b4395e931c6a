"""Where visitors come from: parameters, click ids, and classes of referrers."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadstream.connectors.tracking import landing, referrer_class
from tests.support.laws import examples


def test_a_click_id_keeps_its_capitals_and_its_length() -> None:
    click = "EAIaIQobChMI" + "aB-_" * 200
    way = landing(f"https://www.example.com/a?x=1&gclid={click}#part")
    assert way.click_id == click
    assert way.network == "Google"
    assert way.page == "https://www.example.com/a"


def test_of_several_click_ids_the_first_network_of_the_list_counts_and_blank_ones_do_not() -> None:
    assert landing("https://a.example/?fbclid=F&msclkid=M").network == "Microsoft"
    assert landing("https://a.example/?gclid=&fbclid=F").network == "Meta"


def test_what_comes_beside_the_url_counts_before_what_is_in_it() -> None:
    assert landing("https://a.example/?utm_source=url", [("utm_source", "form")]).source == "form"
    assert landing("https://a.example/?utm_source=url", [("utm_source", "")]).source == "url"
    assert landing("https://a.example/?utm_source=first&utm_source=second").source == "first"


@pytest.mark.parametrize(
    ("referrer", "kind"),
    [
        ("", "direct"),
        ("nonsense", "direct"),
        ("https://www.example.com/other", "internal"),
        ("https://www.google.co.uk/", "search"),
        ("https://mail.google.com/", "email"),
        ("https://gemini.google.com/app", "assistant"),
        ("https://chatgpt.com/", "assistant"),
        ("android-app://com.google.android.gm/", "referral"),
        ("https://t.co/abc", "social"),
        ("https://x.com/somebody", "social"),
        ("https://t.example.org/", "referral"),
        ("https://lnkd.in/e", "social"),
        ("https://notgoogle.com/", "referral"),
        ("https://google.evil.example/", "referral"),
        ("https://webmail.example.org/", "email"),
        ("http://[::1", "direct"),
    ],
)
def test_a_referrer_has_the_class_of_its_host(referrer: str, kind: str) -> None:
    assert referrer_class(referrer, "https://example.com/page") == kind


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=examples(300))
def test_any_text_is_taken_for_a_url(url: str, referrer: str) -> None:
    landing(url)
    landing(f"https://{url}?{referrer}")
    assert referrer_class(f"https://{referrer}", url)


@pytest.mark.data
def test_the_published_cases_of_campaigns(payloads: Path) -> None:
    for case in json.loads((payloads / "tracking_params" / "campaign_cases.json").read_text()):
        way, wanted = (
            landing(f"https://a.example/?{urlencode([(name, value) for name, value in case['query']])}"),
            case["expected"],
        )
        for field in ("source", "medium", "campaign", "term", "content", "click_id", "network"):
            assert getattr(way, field) == (wanted[field] or ""), (case["name"], field)


@pytest.mark.data
def test_no_published_referrer_of_one_class_is_taken_for_another(payloads: Path) -> None:
    """The list knows thousands of small sites that we call referrals; none may be called something else."""
    published = json.loads((payloads / "tracking_params" / "referer-tests.json").read_text())
    known = 0
    for kind in ("search", "social", "email"):
        for name, site in published.get(kind, {}).items():
            for domain in site["domains"]:
                found = referrer_class(f"https://{domain}")
                assert found in (kind, "referral"), (kind, name, domain, found)
                known += found == kind
    assert known > 800
