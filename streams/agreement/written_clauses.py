"""What a clause asks for besides one answer, as it is written: counts of touches, and who hears of a broken promise."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from streams.agreement.scalars import Duration, Name
from streams.agreement.texts import Part


class NeedPart(Part):
    """So many touches of ours through a channel."""

    channel: Name
    count: Annotated[int, Field(ge=1, le=1000)]


class EscalationPart(Part):
    """Somebody is told, or the lead changes hands, when a promise is still broken after a time."""

    after: Duration
    to: Name | None = None
    do: Literal["reassign"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.to is None and self.do is None:
            raise ValueError("expected {after: 30m, to: manager} or {after: 1d, do: reassign}")
        return self
