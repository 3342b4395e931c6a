"""Facts about whose data of a lead may be kept."""

from events.fact import Fact, Name


class LeadEnrichmentWithdrawn(Fact, frozen=True, kw_only=True):
    """What a provider told of the lead until then must not be used any more; what others told counts again.

    Attributes:
        provider: who told it, as in `lead.profile_updated`.
    """

    provider: Name
