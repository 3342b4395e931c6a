"""A broker that lets in by TLS and SASL alone, on ports of their own, and nobody without rights.

The plain port is for tests themselves: whoever comes by it may do all.
"""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest

from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports

USER, PASSWORD = "leadstream", "the-password-of-leadstream"
_TOPIC, _GROUP, _TRANSACTIONAL_ID = 2, 3, 5
_READ, _WRITE, _CREATE, _DESCRIBE, _DESCRIBE_CONFIGS = 3, 4, 5, 8, 10
_PREFIXED, _ALLOW = 4, 3
RIGHTS = {
    _TOPIC: (_READ, _WRITE, _CREATE, _DESCRIBE, _DESCRIBE_CONFIGS),
    _GROUP: (_READ, _DESCRIBE),
    _TRANSACTIONAL_ID: (_WRITE, _DESCRIBE),
}
"""What docs/deployment.md says that a deployment needs, in Kafka's numbers: of each kind of thing the operations."""
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


@dataclass(frozen=True)
class Secured:
    """A broker, and what it takes to be let in.

    Attributes:
        cluster: the broker.
        ports: by security protocol.
        authority: PEM file of whoever signed the broker's certificate.
        other_authority: of somebody else.
        certificate: PEM file of a client's certificate and key, which the port for SSL wants.
    """

    cluster: KafkaCluster
    ports: dict[str, int]
    authority: Path
    other_authority: Path
    certificate: Path

    def url(self, protocol: str, host: str = "127.0.0.1") -> str:
        """Our URL of one of the ports."""
        return f"kafka://{host}:{self.ports[protocol]}"

    async def grant(self, prefix: str) -> None:
        """Give our user, by password or certificate, the rights of a deployment with this prefix, and no others."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.cluster.bootstrap)
        await admin.start()
        try:
            for kind, operations in RIGHTS.items():
                for operation in operations:
                    for principal in (f"User:{USER}", "User:CN=client"):
                        request = CreateAclsRequest(kind, prefix, _PREFIXED, principal, "*", operation, _ALLOW)
                        await admin._send_request(request)  # no public way to set rights
        finally:
            await admin.close()

    def trusting(self) -> ssl.SSLContext:
        """A context that trusts the broker."""
        return ssl.create_default_context(cafile=str(self.authority))


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


def authority(folder: Path, name: str) -> Path:
    """An authority; gives its certificate, beside its key."""
    _openssl(
        folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
        "-keyout", f"{name}.key", "-out", f"{name}.pem",
    )  # fmt: skip
    return folder / f"{name}.pem"


def signed(folder: Path, name: str, by: Path) -> Path:
    """A certificate for 127.0.0.1, with its key in the same file."""
    _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
             "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
    (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
    _openssl(folder, "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", str(by), "-CAcreateserial",
             "-CAkey", str(by.with_suffix(".key")), "-extfile", f"{name}.ext", "-out", f"{name}.crt")  # fmt: skip
    both = folder / f"{name}.both.pem"
    both.write_bytes((folder / f"{name}.key").read_bytes() + (folder / f"{name}.crt").read_bytes())
    return both


@contextmanager
def secured_broker(folder: Path) -> Iterator[Secured]:
    """One, while the body runs. SSL wants a certificate of the client; SASL wants a name and a password.

    Args:
        folder: for certificates.
    """
    ours, other = authority(folder, "ours"), authority(folder, "other")
    broker, client = signed(folder, "broker", ours), signed(folder, "client", ours)
    ports = dict(zip(("SSL", "SASL_PLAINTEXT", "SASL_SSL"), free_ports(3), strict=True))
    settings = {
        "ssl.keystore.type": "PEM", "ssl.keystore.location": str(broker),
        "ssl.truststore.type": "PEM", "ssl.truststore.location": str(ours),
        "listener.name.ssl.ssl.client.auth": "required",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS", "allow.everyone.if.no.acl.found": "false",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    }  # fmt: skip
    for name in ("sasl_plaintext", "sasl_ssl"):
        settings[f"listener.name.{name}.plain.sasl.jaas.config"] = f'{_PLAIN} required user_{USER}="{PASSWORD}";'
        for mechanism in ("scram-sha-256", "scram-sha-512"):
            settings[f"listener.name.{name}.{mechanism}.sasl.jaas.config"] = f"{_SCRAM} required;"
    with KafkaCluster(settings=settings, listeners=ports, users={USER: PASSWORD}) as cluster:
        yield Secured(cluster, ports, ours, other, client)
