"""The ways in for vendors and forms, as leadstream.toml sets them up."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadstream.cli.extra import EXTRA, is_installed
from leadstream.cli.options import SOURCES, fail, from_file
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE

if TYPE_CHECKING:  # they need the packages of the extra
    from leadstream.intake.sources import Fault, Source


def tables() -> Mapping[str, Any]:
    """Their tables, as they are written."""
    found: Mapping[str, Any] = from_file().get(SOURCES, {})
    return found


def read_sources(settings: Settings) -> "tuple[dict[str, Source], tuple[Fault, ...]]":
    """Those that are right, by name, and what is wrong with others; ends the command where packages are missing."""
    if not is_installed():
        fail(f"connectors need more packages than this installation has: {EXTRA}")
    from leadstream.intake.secrets import read_secret  # noqa: PLC0415 - the extra is there, as was just seen
    from leadstream.intake.sources import sources_of  # noqa: PLC0415

    return sources_of(tables(), read_secret, settings.secret.encode())


def configured(settings: Settings) -> "dict[str, Source]":
    """All of them by name; ends the command where one is not right."""
    found, faults = read_sources(settings)
    if faults:
        more = f" (and {len(faults) - 1} more; leadstream connectors check shows all)" if len(faults) > 1 else ""
        fail(f"{CONFIG_FILE}: {faults[0]}{more}")
    return found
