"""The page of reference: facts, topics and views as one page of HTML that stands alone, to be searched."""

import re
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from events.described import envelope_fields
from leadstream import __version__
from leadstream.contract.reference import facts, topics, views

_CODE = re.compile(r"`([^`]+)`")


def reference() -> str:
    """The page; it needs nothing from outside, and the same code gives the same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["words"] = _words
    template = environment.from_string(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.render(
        version=__version__,
        groups=facts(),
        topics=topics(),
        views=views(),
        envelope=envelope_fields(lambda text: f"`{text}`"),
    )


def _words(text: str) -> Markup:
    """Words in which backticks set names off."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
