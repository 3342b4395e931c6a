"""`leadstream connectors`: what can be translated, and whether the configured ways in are right."""

from typing import TYPE_CHECKING, Any

from leadstream.cli.options import SOURCES, command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.cli.ways_in import read_sources, tables
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE

if TYPE_CHECKING:
    from leadstream.intake.sources import Fault, Source

_LISTED = ("connector", "sources", "methods", "answered_within_s")
_CHECKED = ("source", "connector", "path", "keys", "zone", "fetches", "state")


@main.group("connectors")
def connectors_group() -> None:
    """See which vendors' requests can be translated, and check the ways in that leadstream.toml sets up."""


@command(connectors_group, "list")
@format_option
async def list_connectors(settings: Settings, *, form: str) -> None:
    """List the connectors, and the ways in that use them.

    \b
    Example: leadstream connectors list
    """
    found, _ = read_sources(settings)
    from leadstream.connectors.registry import CONNECTORS  # noqa: PLC0415 - the extra is there
    from leadstream.connectors.signatures import fetched_only  # noqa: PLC0415

    rows = [
        {
            "connector": name,
            "sources": " ".join(source.name for source in found.values() if source.connector.name == name),
            "methods": "fetched only" if connector.verify is fetched_only else " ".join(connector.methods),
            "answered_within_s": None if connector.verify is fetched_only else connector.seconds,
        }
        for name, connector in sorted(CONNECTORS.items())
    ]
    show(rows, form, columns=_LISTED)


@command(connectors_group, "check")
@format_option
async def check_sources(settings: Settings, *, form: str) -> None:
    """Check every [sources.NAME] of leadstream.toml, its secret too; ends with 1 where one is not right.

    \b
    Example: leadstream connectors check
    """
    found, faults = read_sources(settings)
    rows = [_row(name, table, found.get(name), faults) for name, table in tables().items()]
    show(rows, form, columns=_CHECKED, empty=f"no ways in; {CONFIG_FILE} has no [{SOURCES}.NAME]")
    if faults:
        wrong = len({fault.source for fault in faults})
        fail(f"{CONFIG_FILE}: {wrong} of {len(rows)} ways in {'is' if wrong == 1 else 'are'} not right")


def _row(name: str, table: Any, source: "Source | None", faults: "tuple[Fault, ...]") -> dict[str, object]:
    if source is None:
        told = table.get("connector") if isinstance(table, dict) else None
        state = "; ".join(f"{each.setting}: {each.reason}".lstrip(": ") for each in faults if each.source == name)
        return {
            "source": name,
            "connector": told,
            "path": None,
            "keys": None,
            "zone": None,
            "fetches": None,
            "state": state,
        }
    return {
        "source": name,
        "connector": source.connector.name,
        "path": f"/v1/hooks/{name}",
        "keys": len(source.trust.secrets) + len(source.trust.public_keys),
        "zone": source.given.zone,
        "fetches": _fetches(source),
        "state": "ok",
    }


def _fetches(source: "Source") -> str | None:
    """What is read from the vendor; None where it sends everything by itself."""
    from leadstream.fetching.configured import vendor_of  # noqa: PLC0415 - the extra is there

    if source.fetch is None:
        return "not set up" if vendor_of(source.connector.name) else None
    lists = len(source.fetch.feeds)
    watched = len(source.fetch.watched)
    shown = f", {lists} list{'' if lists == 1 else 's'}" if lists else ""
    return f"what is announced{shown}" + (f" ({watched} watched)" if watched else "")
