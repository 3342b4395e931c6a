"""Agreements for tests: a small one, and places of the real ones."""

from pathlib import Path
from typing import Any

from streams.agreement.compile import compile_agreement
from streams.agreement.compiled import Agreement
from streams.agreement.load import from_document

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "agreements"
GUIDE = ROOT / "docs" / "agreement.md"

SMALL: dict[str, Any] = {
    "agreement": "small",
    "version": 1,
    "effective_from": "2026-01-01T00:00:00+00:00",
}


def built(**parts: Any) -> Agreement:
    """A compiled agreement with these parts."""
    return compile_agreement(from_document(SMALL | parts))
