"""All connectors by name."""

from leadstream.connectors import (
    activecampaign,
    ad_click,
    callrail,
    customerio,
    formsort,
    google_ads,
    google_form_responses,
    google_workspace,
    hubspot,
    linkedin,
    linkedin_response,
    mailchimp,
    microsoft_graph,
    salesforce,
    salesforce_outbound,
    segment,
    sendgrid,
    snowplow,
    twilio,
    unbounce,
    web_form,
    zoom,
    zoominfo,
)
from leadstream.connectors.port import Connector

_ALL = (
    activecampaign.CONNECTOR,
    ad_click.CONNECTOR,
    callrail.CONNECTOR,
    customerio.CONNECTOR,
    formsort.CONNECTOR,
    google_ads.CONNECTOR,
    google_form_responses.CONNECTOR,
    google_workspace.CONNECTOR,
    hubspot.CONNECTOR,
    linkedin.CONNECTOR,
    linkedin_response.CONNECTOR,
    mailchimp.CONNECTOR,
    microsoft_graph.CONNECTOR,
    salesforce.CONNECTOR,
    salesforce_outbound.CONNECTOR,
    segment.CONNECTOR,
    sendgrid.CONNECTOR,
    snowplow.CONNECTOR,
    twilio.CONNECTOR,
    unbounce.CONNECTOR,
    web_form.CONNECTOR,
    zoom.CONNECTOR,
    zoominfo.CONNECTOR,
)

CONNECTORS: dict[str, Connector] = {connector.name: connector for connector in _ALL}
"""Name -> connector."""
