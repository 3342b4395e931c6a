"""All connectors by name."""

from leadstream.connectors import (
    activecampaign,
    google_ads,
    hubspot,
    linkedin,
    linkedin_response,
    mailchimp,
    web_form,
)
from leadstream.connectors.port import Connector

_ALL = (
    activecampaign.CONNECTOR,
    google_ads.CONNECTOR,
    hubspot.CONNECTOR,
    linkedin.CONNECTOR,
    linkedin_response.CONNECTOR,
    mailchimp.CONNECTOR,
    web_form.CONNECTOR,
)

CONNECTORS: dict[str, Connector] = {connector.name: connector for connector in _ALL}
"""Name -> connector."""
