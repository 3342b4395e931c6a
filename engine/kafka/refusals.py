"""Why brokers do not let us in. aiokafka tells its log, and whoever asked only that nobody answered."""

import ssl
from collections.abc import Sequence

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    AuthenticationMethodNotSupported,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from engine.kafka.session import Session

_OF_SASL = (AuthenticationFailedError, SaslAuthenticationFailed)
_OF_MECHANISM = (AuthenticationMethodNotSupported, UnsupportedSaslMechanismError)


async def refusal(servers: Sequence[str], session: Session, name: str) -> str | None:
    """What the first of the brokers that says so does not take of us, or we of it; None where it is something else.

    Args:
        servers: their addresses.
        session: how to talk to them.
        name: what brokers call this client in their logs.
    """
    said = session.client([], name)
    del said["bootstrap_servers"], said["retry_backoff_ms"]
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            connection = await create_conn(host.strip("[]"), int(port), **said)
        except _OF_SASL:
            return f"{server} does not take sasl_username and password by {session.security.get('sasl_mechanism')}"
        except _OF_MECHANISM:
            return f"{server} does not take sasl_mechanism {session.security.get('sasl_mechanism')}"
        except ssl.SSLCertVerificationError as exc:
            return f"the certificate of {server} is not trusted: {exc.verify_message}"
        except (OSError, KafkaError):
            continue
        connection.close()
    return None
