"""Stages of opportunities, currencies and tidiness, ready to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from events.currencies import MINOR_DIGITS
from events.opportunity import Forecast, Untidy
from streams.agreement.texts import duration_us
from streams.agreement.written_pipeline import HygienePart, PipelinePart
from streams.calendar_windows import load_zone


@dataclass(frozen=True, slots=True)
class Hygiene:
    """What is untidy about an opportunity.

    Attributes:
        checks: what is looked at.
        grace: how long something may be missing before it is said, microseconds.
        untouched_for: how long nobody has to tell anything of it, microseconds.
        zone: whose midnights end the days on which opportunities are expected to close.
    """

    checks: frozenset[Untidy]
    grace: int
    untouched_for: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Pipeline:
    """How opportunities are counted.

    Attributes:
        stages: stage to how sure a sale is in it, in order; None where the list is open.
        currency: that of reports; None where none was said.
        currencies: those that opportunities may be in.
        hygiene: what is untidy.
        since: from when it governs, microseconds; by it nothing was untidy before. Said by `Known`.
    """

    stages: Mapping[str, Forecast] | None
    currency: str | None
    currencies: frozenset[str]
    hygiene: Hygiene
    since: int = 0

    @property
    def first_stage(self) -> str | None:
        """The stage in which a converted lead's opportunity begins; None where the list is open."""
        return None if self.stages is None else next(iter(self.stages))

    def forecast(self, stage: str) -> Forecast | None:
        """How sure a sale is in a stage; None where nothing is said of it."""
        return None if self.stages is None else self.stages.get(stage)

    def has(self, stage: str) -> bool:
        """Whether there is such a stage."""
        return self.stages is None or stage in self.stages


def pipeline_of(part: PipelinePart) -> Pipeline:
    """Compile a pipeline."""
    reported = () if part.currency is None else (part.currency,)
    return Pipeline(
        None if part.stages is None else {name: stage.forecast for name, stage in part.stages.items()},
        part.currency,
        frozenset((*reported, *part.rates) if part.rates else MINOR_DIGITS),
        _hygiene(part.hygiene, part.timezone),
    )


def _hygiene(part: HygienePart, zone: str) -> Hygiene:
    return Hygiene(frozenset(part.checks), duration_us(part.grace), duration_us(part.untouched_for), load_zone(zone))


OPEN = pipeline_of(PipelinePart())
"""What holds where no agreement says anything: any stage, any currency, the usual checks."""
