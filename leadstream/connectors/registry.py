"""All connectors by name."""

from leadstream.connectors.port import Connector

CONNECTORS: dict[str, Connector] = {}
"""Name -> connector."""
