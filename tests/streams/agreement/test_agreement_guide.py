import re

from tests.streams.agreement.agreement_keys import condition_keys, described_keys, grammar_keys
from tests.streams.agreement.agreement_texts import GUIDE

TEXT = GUIDE.read_text()


def test_the_guide_describes_every_key_of_the_grammar_and_no_other_with_its_default() -> None:
    assert described_keys(TEXT) == grammar_keys()


def test_the_guide_describes_every_key_of_a_condition() -> None:
    table = TEXT.partition("\nIn a condition:\n")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {key for row in rows for key in re.findall("`([^`]+)`", row)} == condition_keys()
