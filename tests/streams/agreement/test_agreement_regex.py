import pytest

from streams.agreement.regex import checked


@pytest.mark.parametrize(
    "pattern",
    ["(?i)chief|vp|director|head", "a.*b.*c", r"\bhead of\s+(sales|it)\b.*", "(foo|bar){1,3}", "a{1,100}", "(ab)*"],
)
def test_what_people_write_is_accepted(pattern: str) -> None:
    assert checked(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(?:a?){30}a{30}",
        "a?" * 30 + "a" * 30,
        ".*.*.*.*x",
        "(?>a+)+",
        "(?=(a+)+b)",
        "(a|ab)" * 30,
        r"(x)?(?(1)(a+)+|b)",
        "(a+)+" + "b" * 200,
        "[",
        "(?P<n>a)(?P=m)",
    ],
)
def test_what_could_take_long_or_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="expected a"):
        checked(pattern)
