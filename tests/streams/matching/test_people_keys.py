import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.texts import folded, words
from streams.agreement.records import identity_of
from streams.agreement.written_records import IdentityPart
from streams.matching.keys import WEAK, company_keys, hashed, kind_of, linked_key, person_keys
from streams.matching.people import domain_of, email_of, name_of, phone_of

ALL = identity_of(IdentityPart())
SECRET = b"secret"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" Ana.Pop@Example.COM ", "ana.pop@example.com"),
        ("ana+news@example.com", "ana+news@example.com"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example"),
        ("ana@example.com.", "ana@example.com"),
        ("ana@localhost", None),
        ("ana", None),
        ("@example.com", None),
        ("a b@example.com", None),
        ("ana@exa mple.com", None),
        ("Ana <ana@example.com>", None),
        (f"{'a' * 250}@example.com", None),
        (7, None),
        (None, None),
    ],
)
def test_an_address_is_known_by_its_lower_case_and_its_domain_as_idna_writes_it(
    written: object, meant: str | None
) -> None:
    assert email_of(written) == meant


@pytest.mark.parametrize(
    ("written", "country", "meant"),
    [
        ("+40 21 407 5000", None, "+40214075000"),
        ("0040 21 407 5000", "RO", "+40214075000"),
        ("021 407 5000", "ro", "+40214075000"),
        ("021 407 5000", None, None),
        ("021 407 5000", "Romania", None),
        ("+40 21 407 5000 ext. 12", None, "+40214075000;ext=12"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("12", "US", None),
        ("call me", "US", None),
        ("9" * 100, "US", None),
        (40214075000, "RO", None),
    ],
)
def test_a_phone_number_is_known_by_its_e164_form(written: object, country: object, meant: str | None) -> None:
    assert phone_of(written, country) == meant


def test_a_name_is_known_without_case_accents_and_order() -> None:
    assert name_of("Ștefan  Ionescu") == name_of("IONESCU, Stefan")
    assert name_of(" - ") is None


def test_a_key_says_its_kind_and_hides_its_value() -> None:
    (email, phone, weak) = person_keys(
        {"person.email": "ana@acme.example", "person.phone": "+40214075000", "person.name": "Ana Pop",
         "company.name": "Acme SRL"},
        ALL, SECRET,
    )  # fmt: skip
    assert [kind_of(each) for each in (email, phone, weak)] == ["email", "phone", WEAK]
    assert "ana" not in email
    assert email == hashed("email", "ana@acme.example", SECRET)
    assert email != hashed("email", "ana@acme.example", b"another")


def test_only_keys_that_the_agreement_merges_on_are_told() -> None:
    profile = {"person.email": "ana@acme.example", "person.phone": "+40214075000"}
    narrow = identity_of(IdentityPart(merge_on=("phone",)))
    assert [kind_of(each) for each in person_keys(profile, narrow)] == ["phone"]
    assert list(person_keys(profile, identity_of(IdentityPart(merge_on=())))) == []


def test_an_id_of_one_system_says_nothing_of_that_of_another() -> None:
    assert linked_key("source_id", "7", "/crm") != linked_key("source_id", "7", "/erp")
    assert linked_key("anonymous_id", "7", "/web") == linked_key("anonymous_id", "7", "/ads")
    assert linked_key("email", "ANA@acme.example", "/crm") == hashed("email", "ana@acme.example")
    assert linked_key("phone", "021 407 5000", "/crm", "RO") == hashed("phone", "+40214075000")
    assert linked_key("phone", "n/a", "/crm") is None


def test_a_mailbox_that_anybody_can_have_tells_no_company() -> None:
    keys = list(company_keys({"person.email": "ana@gmail.com", "company.name": "Acme"}, ALL))
    assert [kind_of(each) for each in keys] == ["company_name"]
    keys = list(company_keys({"person.email": "ana@acme.example"}, ALL))
    assert keys == [hashed("company_domain", "acme.example")]


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_is_normalised_once_stays_as_it_is(local: str, text: str) -> None:
    for found in (email_of(f"{local}@example.com"), email_of(text)):
        assert found is None or email_of(found) == found
    name = name_of(text)
    assert name is None or name_of(name) == name


@given(
    st.text(st.sampled_from("abXYxn019-._ \té"), max_size=16) | st.sampled_from(["a" * 64 + ".de", "a." * 126 + "bc"])
)
def test_a_domain_is_what_idna_makes_of_it(text: str) -> None:
    try:
        host = idna.encode(text.strip().rstrip("."), uts46=True).decode().lower()
    except idna.IDNAError:
        host = ""
    assert domain_of(text) == (host if "." in host else None)


@given(st.text(st.characters(max_codepoint=127), max_size=16))
def test_a_text_is_folded_and_split_the_same_way_beside_an_accent(text: str) -> None:
    assert folded(f"{text} é") == f"{folded(text)} e"
    assert words(f"{folded(text)} 公") == [*words(folded(text)), "公"]
