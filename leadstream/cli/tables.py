"""The tables of views, open for as long as a command reads them; what can be wrong with them is told in its words."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from engine.errors import Unavailable
from leadstream.cli.options import fail
from leadstream.settings import Settings
from leadstream.views_store import open_store
from projections.stores.port import BeingBuilt, StoreUnavailable, ViewStore
from projections.views.view import BadQuery


@contextmanager
def tables(settings: Settings, before: str) -> Iterator[ViewStore]:
    """The open store; a question that it cannot answer, and a store or log out of reach, end the command.

    Args:
        settings: of the deployment.
        before: what the tables are brought up to date for, such as `they are shown`.
    """
    store = open_store(settings)
    try:
        yield store
    except BadQuery as exc:
        raise click.UsageError(str(exc)) from exc
    except BeingBuilt as exc:
        fail(str(exc))
    except (Unavailable, StoreUnavailable) as exc:
        fail(f"{exc} (the tables are brought up to date from the log before {before})")
    finally:
        store.close()
