"""How a Faust app finds the transport over an embedded log."""

SCHEME = "embedded"
TRANSPORT = "engine.embedded.transport:EmbeddedTransport"


def broker_url() -> str:
    """The URL to give to Faust as its broker. Makes the transport known to Faust, by the scheme of the URL."""
    from faust.transport.drivers import TRANSPORTS  # noqa: PLC0415 - readers and publishers need no Faust

    TRANSPORTS.aliases[SCHEME] = TRANSPORT
    return f"{SCHEME}://log"
