"""How a deployment and Kafka's brokers prove to each other who they are: TLS and SASL, named as Kafka clients do."""

import ssl
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from engine.errors import LogError
from leadstream.secret_files import text_in

_TLS = ("SSL", "SASL_SSL")
_SASL = ("SASL_PLAINTEXT", "SASL_SSL")


class BadAccess(LogError):
    """A file that access to the brokers needs is not as it must be; the message says which, and why."""


class KafkaAccess(BaseModel):
    """Part of the settings; without effect on the embedded log.

    Attributes:
        security_protocol: PLAINTEXT, SSL (TLS alone), SASL_PLAINTEXT, or SASL_SSL.
        ssl_cafile: PEM file of the authorities that brokers' certificates come from; empty for those of the system.
        ssl_certfile: PEM file of our own certificate, where brokers want one; may hold the key, too.
        ssl_keyfile: PEM file of its private key.
        sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        sasl_username: who we are.
        sasl_password_file: file that holds our password; white space around it is no part of it.
        sasl_password: our password, where no file holds it. Never shown.
    """

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = Field(default="", validate_default=True)
    sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(default="", validate_default=True)
    sasl_username: str = Field(default="", validate_default=True)
    sasl_password_file: str = Field(default="")
    sasl_password: str = Field(default="", repr=False, validate_default=True)

    @field_validator("security_protocol", "sasl_mechanism", mode="before")
    @classmethod
    def _in_capitals(cls, said: Any) -> Any:
        return said.upper() if isinstance(said, str) else said

    @field_validator("ssl_cafile", "ssl_certfile", "ssl_keyfile")
    @classmethod
    def _over_tls(cls, said: str, info: ValidationInfo) -> str:
        if said and info.data.get("security_protocol", _TLS[0]) not in _TLS:
            raise ValueError(f"is for {' and '.join(_TLS)}; security_protocol is {info.data['security_protocol']}")
        if said and info.field_name == "ssl_keyfile" and not info.data.get("ssl_certfile"):
            raise ValueError("a key needs its certificate, ssl_certfile")
        return said

    @field_validator("sasl_mechanism", "sasl_username", "sasl_password_file", "sasl_password")
    @classmethod
    def _by_sasl(cls, said: str, info: ValidationInfo) -> str:
        protocol = info.data.get("security_protocol")
        if said and protocol is not None and protocol not in _SASL:
            raise ValueError(f"is for {' and '.join(_SASL)}; security_protocol is {protocol}")
        if protocol not in _SASL or info.field_name == "sasl_password_file":
            return said
        if info.field_name == "sasl_password":
            if bool(said) == bool(info.data.get("sasl_password_file")):
                raise ValueError(f"{protocol} needs a password: either sasl_password_file or this one")
        elif not said:
            more = "; expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512" if info.field_name == "sasl_mechanism" else ""
            raise ValueError(f"{protocol} needs it{more}")
        return said

    def security(self, tls: ssl.SSLContext | None = None) -> dict[str, Any]:
        """What aiokafka is told; empty for brokers that ask nobody who they are.

        Args:
            tls: in place of what the files say.

        Raises:
            BadAccess: a file cannot be read, or holds something else.
        """
        if self.security_protocol == "PLAINTEXT":
            return {}
        found: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.over_tls:
            found["ssl_context"] = tls or self._tls()
        if self.security_protocol in _SASL:
            found["sasl_mechanism"] = self.sasl_mechanism
            found["sasl_plain_username"] = self.sasl_username
            found["sasl_plain_password"] = self.sasl_password or _password(Path(self.sasl_password_file))
        return found

    @property
    def over_tls(self) -> bool:
        """Whether all that is said to the brokers is encrypted."""
        return self.security_protocol in _TLS

    def _tls(self) -> ssl.SSLContext:
        """TLS 1.2 or later; the broker's certificate and its name are checked."""
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile or None)
        except OSError as exc:  # an SSLError is one
            raise BadAccess(f"ssl_cafile {self.ssl_cafile}: {_reason(exc)}") from None
        if self.ssl_certfile:
            files = f"ssl_certfile {self.ssl_certfile}" + (f" with {self.ssl_keyfile}" if self.ssl_keyfile else "")
            try:  # without a passphrase: nobody is there to be asked for it
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile or None, password=_no_passphrase)
            except (OSError, ValueError) as exc:
                raise BadAccess(f"{files}: {_reason(exc)}") from None
        return context


ACCESS = tuple(KafkaAccess.model_fields)
"""Names of these settings."""


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase, which nobody can be asked for")


def _reason(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return f"is no PEM file of what is needed ({exc.reason or 'nothing in it'})"
    return exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)


def _password(path: Path) -> str:
    try:
        return text_in(path)
    except ValueError as exc:
        raise BadAccess(f"sasl_password_file {path}: {exc}") from None
