"""Where a publisher publishes to: an address, or what the settings of the deployment say."""

import os
import ssl
from collections.abc import Mapping
from functools import partial

from pydantic import ValidationError

from leadstream.kafka_access import BadAccess
from leadstream.sdk.errors import NotConfigured
from leadstream.sdk.port import Way
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE, written

_PREFIX = "LEADSTREAM_"
_KEY = f"{_PREFIX}API_KEY"


def settings_here(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings every command of this machine would have: the environment, then leadstream.toml.

    Raises:
        ValueError: one of them is not as it must be, or the file cannot be read.
    """
    in_file = {name: value for name, value in written().items() if name in Settings.model_fields}
    told = {name: environment.get(_PREFIX + name.upper()) for name in Settings.model_fields}
    return Settings(**{**in_file, **{name: value for name, value in told.items() if value}})


def way_to(
    address: str | None,
    *,
    api_key: str | None = None,
    settings: Settings | None = None,
    tls: ssl.SSLContext | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Way:
    """The way to an address; nothing is opened yet.

    Args:
        address: `kafka://host:port,...`, `sqlite:///path`, or `https://host` of a gateway; None for the log of the
            settings.
        api_key: of the gateway; LEADSTREAM_API_KEY unless given.
        settings: of the deployment (the prefix of topics, say); as every command would have them unless given.
        tls: whom to trust as a gateway, or as a broker; what the system, or the settings, say unless given.
        environment: variables.

    Raises:
        NotConfigured: it is no address, or a setting or a key is wrong; a `ValueError` as well.
    """
    scheme = (address or "").partition("://")[0]
    if address is not None and scheme in ("http", "https"):
        from leadstream.sdk.gateway_way import GatewayWay  # noqa: PLC0415 - no HTTP client where there is a log

        return GatewayWay(address, environment.get(_KEY, "") if api_key is None else api_key, tls)
    if address is not None and scheme not in ("kafka", "sqlite"):
        raise NotConfigured(f"expected kafka://host:port, sqlite:///path or https://host, got {address!r}")
    try:
        found = settings_here(environment) if settings is None else settings
    except ValidationError as exc:
        name, reason = _first(exc)
        raise NotConfigured(f"{name} (of {_PREFIX}{name.upper()} or {CONFIG_FILE}): {reason}") from None
    except ValueError as exc:
        raise NotConfigured(str(exc)) from exc
    if address is not None:
        try:
            found = Settings(**{**found.model_dump(), "broker": address})
        except ValidationError as exc:
            raise NotConfigured(_first(exc)[1]) from None
    if not found.embedded:
        _check_access(found, tls)
    from leadstream.sdk.log_way import LogWay, opened_log  # noqa: PLC0415 - no log where there is a gateway

    return LogWay(partial(opened_log, found, tls))


def _check_access(settings: Settings, tls: ssl.SSLContext | None) -> None:
    if tls is not None and not settings.over_tls:
        raise NotConfigured(
            f"tls is given, and security_protocol is {settings.security_protocol}; expected SSL or SASL_SSL"
        )
    try:
        settings.security(tls)
    except BadAccess as exc:
        raise NotConfigured(str(exc)) from None


def _first(exc: ValidationError) -> tuple[str, str]:
    """Which setting is not as it must be and what was expected: one line, where pydantic has many."""
    error = exc.errors(include_url=False, include_context=False)[0]
    name = str(error["loc"][0]) if error["loc"] else "settings"
    return name, error["msg"].removeprefix("Value error, ")
