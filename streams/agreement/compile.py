"""From what people wrote to what deciders ask."""

from events.agreement import AgreementPublished
from streams.agreement.compiled import Agreement


def compile_published(fact: AgreementPublished) -> Agreement:
    """Compile the document of a published version."""
    raise NotImplementedError
