"""The report of a meeting as one page of HTML that stands alone: to be read, printed and handed round."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from leadstream.councils.meeting import Meeting, measure_words, slice_words
from leadstream.councils.money import amount_text, growth_text, percent_text


def page_of(meeting: Meeting) -> str:
    """The page; it needs nothing from outside, and the same facts give the same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"slice": slice_words, "measure": measure_words}
    template = environment.from_string(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.render(
        meeting=meeting,
        head=meeting.head,
        measures=meeting.measures,
        amount=amount_text,
        percent=percent_text,
        growth=growth_text,
    )
