"""Which currencies amounts may come in."""

from streams.agreement.pipeline import Pipeline
from streams.deciders.told import Refused

_FEW = 20
"""As many currencies are named."""


def unreportable(currency: str, pipeline: Pipeline) -> Refused | None:
    """Why an amount in a currency cannot be taken: reports could not turn it into theirs."""
    if currency in pipeline.currencies:
        return None
    expected = ", ".join(sorted(pipeline.currencies)) if len(pipeline.currencies) < _FEW else "an ISO 4217 code"
    detail = f"{currency} cannot be reported; expected {expected} (data.currency)"
    return Refused("unknown_currency", detail, "data.currency")
