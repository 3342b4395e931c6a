"""`leadstream gateway`: facts, commands and questions over HTTP."""

import asyncio
from functools import partial
from pathlib import Path

import click

from leadstream.beside import WorkFailed, beside
from leadstream.cli.extra import EXTRA, is_installed
from leadstream.cli.metrics import metrics_options, serving_metrics
from leadstream.cli.options import command, fail, say
from leadstream.cli.root import main
from leadstream.cli.ways_in import configured
from leadstream.clock import now_us
from leadstream.deployment import partition_count
from leadstream.serving import reachable, stop_on_signals
from leadstream.settings import Settings
from leadstream.supervising import watch_parent
from leadstream.tuning import collect_garbage, quiet_gc

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def keys_path(settings: Settings, chosen: Path | None) -> Path:
    """Where the hashes of keys lie: in the data directory unless another file is chosen."""
    return chosen or settings.data_dir / "keys.json"


def _loop() -> asyncio.AbstractEventLoop:
    """The faster event loop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - part of the extra
    except ModuleNotFoundError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


KEYS_OPTION = click.option(
    "--keys", "keys_file", type=click.Path(dir_okay=False, path_type=Path), envvar="LEADSTREAM_KEYS", metavar="FILE",
    help="File of the keys' hashes (default: keys.json in the data directory).",
)  # fmt: skip


@command(main, "gateway", loop=_loop)
@click.option(
    "--host", default="127.0.0.1", envvar="LEADSTREAM_GATEWAY_HOST", show_default=True, metavar="ADDRESS",
    help="Where to listen; 0.0.0.0 for everybody, then with TLS or behind a proxy that speaks it.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, envvar="LEADSTREAM_GATEWAY_PORT", show_default=True,
    metavar="PORT", help="The port (0: any free one).",
)  # fmt: skip
@click.option(
    "--tls-cert", type=_FILE, envvar="LEADSTREAM_GATEWAY_TLS_CERT", metavar="FILE", help="Certificate chain, PEM."
)
@click.option(
    "--tls-key", type=_FILE, envvar="LEADSTREAM_GATEWAY_TLS_KEY", metavar="FILE", help="Its private key, PEM."
)
@click.option(
    "--connections", type=click.IntRange(min=1), default=1000, envvar="LEADSTREAM_GATEWAY_CONNECTIONS",
    show_default=True, metavar="N", help="Connections at a time, at most.",
)  # fmt: skip
@metrics_options("LEADSTREAM_GATEWAY_METRICS")
@KEYS_OPTION
async def gateway(
    settings: Settings,
    *,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    connections: int,
    metrics_port: int | None,
    metrics_address: str,
    keys_file: Path | None,
) -> None:
    """Take events over HTTP and put them into the log, until stopped. Callers need a key: leadstream keys create.

    Vendors and forms send to the ways in that leadstream.toml sets up: leadstream connectors check.

    \b
    Examples:
      leadstream gateway
      leadstream gateway --metrics-port 9103
      leadstream --broker kafka://localhost:9092 gateway --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
    """
    if not is_installed():
        fail(f"the gateway needs more packages than this installation has: {EXTRA}")
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    from leadstream.gateway.app import build_app  # noqa: PLC0415 - the extra is there, as was just seen
    from leadstream.gateway.metrics import Metrics  # noqa: PLC0415
    from leadstream.gateway.parts import parts_of  # noqa: PLC0415
    from leadstream.gateway.reading import sources  # noqa: PLC0415
    from leadstream.gateway.server import WrongTls, listening, serve_http  # noqa: PLC0415

    ways_in = configured(settings)
    async with reachable(settings, say) as log:
        stop = stop_on_signals()
        partitions, path = await partition_count(log), keys_path(settings, keys_file)
        parts = parts_of(log, partitions, path, partial(sources, settings), now_us, ways_in=ways_in)
        try:
            listener = listening(host, port)
        except OSError as exc:
            fail(f"cannot listen on {host} port {port}: {exc.strerror}; choose others with --host and --port")
        tls = None if tls_cert is None or tls_key is None else (tls_cert, tls_key)
        quiet_gc()
        ways = f"{len(ways_in)} way{'' if len(ways_in) == 1 else 's'} in"
        where = f"http{'s' if tls else ''}://{host}:{listener.getsockname()[1]}"
        say(f"gateway on {where}, log {settings.url}, {len(parts.callers)} keys in {path}, {ways}")
        try:
            with serving_metrics(Metrics(parts.measures), metrics_port, metrics_address):
                works = {
                    "following answers": parts.answers.follow(),
                    "watching the parent": watch_parent(stop),
                    "collecting garbage": collect_garbage(),
                }
                async with beside(stop, works):
                    await serve_http(build_app(parts), listener, stop, tls=tls, connections=connections)
        except (WrongTls, WorkFailed) as exc:
            fail(str(exc))
        finally:
            parts.reading.close()
