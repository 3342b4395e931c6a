"""What an import is given beside its mapping and its files."""

from dataclasses import dataclass, field

from leadstream.importing.dates import Dates


@dataclass(frozen=True, slots=True)
class Given:
    """What the values of one file may depend on besides its rows.

    Attributes:
        dates: how the file writes its dates.
        at: when its rows became known, ISO 8601, for files that do not say; empty where nobody said.
        secret: the deployment's key for hashes of personal keys.
        typed: its dates are of a type of their own, which the reader writes as ISO 8601.
    """

    dates: Dates = field(default_factory=Dates)
    at: str = ""
    secret: bytes = b""
    typed: bool = False
