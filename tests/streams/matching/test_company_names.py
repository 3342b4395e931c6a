# ruff: noqa: RUF001 - names are written in all alphabets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.company_names import NAME_LENGTH, company_name_of
from streams.matching.companies import company_domain_of, near, postcode_of

names = st.text(st.sampled_from("abcd éß.&,/-有限公司 srl"), max_size=20)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Acme SRL", "acme"),
        ("S.C. ACME S.R.L.", "acme"),
        ("Acme, Inc.", "acme"),
        ("Acme Co., Ltd.", "acme"),
        ("ACME GmbH & Co. KG", "acme"),
        ("Acme A/S", "acme"),
        ("Acme B.V.", "acme"),
        ("Acme Oy", "acme"),
        ("Acme AB", "acme"),
        ("Acme SAS", "acme"),
        ("Acme AG", "acme"),
        ("Acme LLC", "acme"),
        ("Acme Sp. z o.o.", "acme"),
        ("ООО «Ромашка»", "ромашка"),
        ("深圳云科技有限公司", "深圳云科技"),
        ("株式会社テスト", "テスト"),
        ("บริษัท ตัวอย่าง จำกัด", "ตัวอย่าง"),
        ("บริษัท ตัวอย่าง จำกัด (มหาชน)", "ตัวอย่าง"),
        ("Société Générale SA", "societe generale"),
        ("Straße AG", "strasse"),
        ("Inc", "inc"),
        ("SA SA", "sa"),
        ("Saab", "saab"),
        ("Agora", "agora"),
        ("foo.com", "foo com"),
        (" -- ", None),
        (12, None),
    ],
)
def test_a_company_is_known_by_its_name_without_its_legal_form(written: object, meant: str | None) -> None:
    assert company_name_of(written) == meant


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("acme industries", "acme industires", True),
        ("acme industries", "industries acme", True),
        ("globex systems", "globex system", True),
        ("acme", "acme industries", False),
        ("metro", "metro ag", False),
        ("ion", "iona", False),
        ("delta one", "delta two", False),
        ("ab", "ab", True),
    ],
)
def test_near_is_a_few_letters_and_never_a_name_inside_another(one: str, other: str, are: bool) -> None:
    assert near(one, other) is are


@given(names, names)
def test_nearness_does_not_depend_on_who_is_asked_first(one: str, other: str) -> None:
    assert near(one, other) == near(other, one)


@given(names)
def test_a_normalised_name_stays_as_it_is(text: str) -> None:
    name = company_name_of(text)
    assert name is None or (near(name, name) and company_name_of(name) == name)


@pytest.mark.parametrize("text", ["\ufdfa" * 4096, "a sa " * 800, "(株)" * 1300, "ŉ" * 4096, "İ" * 4096, "ß " * 2048])
def test_a_name_stays_short_however_it_grows_when_folded(text: str) -> None:
    name = company_name_of(text)
    assert name is not None
    assert len(name) <= NAME_LENGTH
    assert company_name_of(name) == name


def test_a_domain_is_found_in_addresses_hosts_and_web_addresses() -> None:
    free = frozenset({"gmail.com"})
    assert company_domain_of(("https://www.Acme.example/about",), free) == "acme.example"
    assert company_domain_of((None, "ana@gmail.com", "ana@acme.example"), free) == "acme.example"
    assert company_domain_of(("ana@gmail.com", 7, "no domain"), free) is None


def test_a_postcode_needs_its_country() -> None:
    assert postcode_of("D-10 115", "DE") == "de d10115"
    assert postcode_of(10115, "DE") == "de 10115"
    assert postcode_of("10115", None) is None
