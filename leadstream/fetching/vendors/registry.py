"""All vendors that can be fetched from, by the connector of their ways in."""

from leadstream.fetching.port import Vendor
from leadstream.fetching.vendors import google_workspace, hubspot, linkedin, microsoft_graph, salesforce, zoom

_ALL = (
    google_workspace.VENDOR, hubspot.VENDOR, linkedin.VENDOR, microsoft_graph.VENDOR, salesforce.VENDOR, zoom.VENDOR,
)  # fmt: skip

VENDORS: dict[str, Vendor] = {vendor.name: vendor for vendor in _ALL}
"""Name of a connector -> the vendor."""
