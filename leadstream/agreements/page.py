"""An agreement as one page of HTML that stands alone: to be read, printed, signed and shared."""

from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from events.agreement import Signature
from leadstream.agreements.versions import SIDES
from streams.agreement.compile import review_of
from streams.agreement.described.describe import HOURS, describe
from streams.agreement.described.hours import DAYS, hours_of
from streams.agreement.grammar import AgreementSpec


def page_of(spec: AgreementSpec, signed: Sequence[Signature], state: str, digest: str) -> str:
    """The page; it needs nothing from outside, and the same agreement gives the same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.render(
        spec=spec,
        state=state,
        digest=digest,
        review=review_of(spec),
        sections=[section for section in describe(spec) if section.title != HOURS],
        hours=hours_of(spec),
        days=[day.capitalize() for day in DAYS],
        signatures=[(side, next((each for each in signed if each.side == side), None)) for side in SIDES],
    )
