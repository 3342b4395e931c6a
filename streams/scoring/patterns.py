"""Which touches a scoring rule or a clause speaks about."""

from dataclasses import dataclass
from typing import Protocol


class TouchLike(Protocol):
    """What scoring reads of a touch; the fact `LeadTouched` is one."""

    @property
    def channel(self) -> str:
        """Where it happened, such as `webinar`."""

    @property
    def kind(self) -> str:
        """What happened, such as `attended`."""

    @property
    def direction(self) -> str:
        """`inbound` (the prospect acted) or `outbound` (we acted)."""

    @property
    def campaign(self) -> str | None:
        """The campaign it belongs to."""

    @property
    def asset(self) -> str | None:
        """Page, document or event touched."""


@dataclass(frozen=True, slots=True)
class TouchPattern:
    """Values a touch must have. An attribute that is None accepts every value, also none.

    Attributes:
        channels: accepted channels.
        kinds: accepted kinds.
        assets: accepted assets.
        campaigns: accepted campaigns.
    """

    channels: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    assets: frozenset[str] | None = None
    campaigns: frozenset[str] | None = None

    def fits(self, channel: str, kind: str, asset: str | None = None, campaign: str | None = None) -> bool:
        """Whether a touch with these values is meant."""
        return (
            (self.channels is None or channel in self.channels)
            and (self.kinds is None or kind in self.kinds)
            and (self.assets is None or asset in self.assets)
            and (self.campaigns is None or campaign in self.campaigns)
        )

    def words(self) -> str:
        """The pattern for people: `webinar attended`, `website asset pricing`, `call or email`."""
        named = (("", self.channels), ("", self.kinds), ("asset ", self.assets), ("campaign ", self.campaigns))
        return " ".join(f"{prefix}{' or '.join(sorted(values))}" for prefix, values in named if values) or "any touch"
