"""Where a visit came from: campaign parameters and click ids in URLs, and classes of referrers."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from leadstream.connectors.faults import Bad
from leadstream.connectors.forms import Pairs, pairs_of

ReferrerClass = Literal["direct", "internal", "search", "social", "email", "assistant", "referral"]

NETWORKS = {
    "gclid": "Google",
    "gbraid": "Google",
    "wbraid": "Google",
    "dclid": "DoubleClick",
    "msclkid": "Microsoft",
    "fbclid": "Meta",
    "li_fat_id": "LinkedIn",
    "ttclid": "TikTok",
    "twclid": "X",
}
"""Parameter that carries a click id -> the network that gave it; of several the first in this order counts."""

_FIELDS = {
    "source": ("utm_source",),
    "medium": ("utm_medium",),
    "campaign": ("utm_campaign", "cid", "utm_id"),
    "term": ("utm_term",),
    "content": ("utm_content",),
}
PARAMETERS = frozenset(NETWORKS).union(*_FIELDS.values())
"""Names of all parameters that are read here."""

_SEARCH = "google bing duckduckgo yahoo yandex baidu ecosia qwant startpage seznam naver ask aol sogou so presearch "
_SOCIAL = (
    "facebook linkedin lnkd twitter t x instagram youtube reddit pinterest tiktok xing vk vkontakte quora threads "
    "bsky tumblr snapchat medium mastodon"
)
_CLASSES: dict[ReferrerClass, frozenset[str]] = {
    "search": frozenset(_SEARCH.split()),
    "social": frozenset(_SOCIAL.split()),
    "assistant": frozenset(("chatgpt", "perplexity", "claude")),
}
_HOSTS: dict[str, ReferrerClass] = {
    "mail.google.com": "email",
    "mail.yahoo.com": "email",
    "outlook.live.com": "email",
    "outlook.office.com": "email",
    "mail.aol.com": "email",
    "gemini.google.com": "assistant",
    "copilot.microsoft.com": "assistant",
    "news.ycombinator.com": "social",
    "search.brave.com": "search",
}
_ONLY_AS = {
    "t": "t.co",
    "x": "x.com",
    "so": "so.com",
    "ask": "ask.com",
    "medium": "medium.com",
    "threads": "threads.net",
}
"""Short names that mean something only as one whole host."""


@dataclass(frozen=True, slots=True)
class Landing:
    """How a visitor came. All texts are as sent: a click id is case sensitive and never cut.

    Attributes:
        source: who sent them, as the campaign says.
        medium: by what means.
        campaign: the campaign.
        term: what was searched for.
        content: which of several links.
        click_id: the network's id of the click.
        network: the network.
        page: the page without its query.
    """

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""
    network: str = ""
    page: str = ""


def landing(url: str, more: Pairs | None = None) -> Landing:
    """What a URL says of the way to it; `more` are parameters that came beside it and count first."""
    address, query = split(url)
    return landing_of([*(more or []), *query], address)


def landing_of(pairs: Pairs, page: str = "") -> Landing:
    """What parameters say of a visit."""
    found = {name: value.strip() for name, value in reversed(pairs) if name in PARAMETERS and value.strip()}
    told = {field: next((found[name] for name in names if name in found), "") for field, names in _FIELDS.items()}
    click = next((name for name in NETWORKS if name in found), "")
    return Landing(**told, click_id=found.get(click, ""), network=NETWORKS.get(click, ""), page=page)


def split(url: str) -> tuple[str, Pairs]:
    """A URL without its query and fragment, and the query's parameters; both blank where it is none."""
    try:
        parts = urlsplit(url)
        return parts._replace(query="", fragment="").geturl(), pairs_of(parts.query)
    except (ValueError, Bad):
        return "", []


def host_of(url: str) -> str:
    """The host of a URL, lower case without `www.`; blank where it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def referrer_class(referrer: str, page: str = "") -> ReferrerClass:
    """What kind of page sent a visitor.

    Args:
        referrer: its URL; blank where the browser told none.
        page: the URL visited, whose own host is internal.
    """
    host = host_of(referrer)
    if not host:
        return "direct"
    if host == host_of(page):
        return "internal"
    if host in _HOSTS:
        return _HOSTS[host]
    if any(label in ("mail", "webmail") for label in host.split(".")[:-2]):
        return "email"
    named = _named(host)
    return next((kind for kind, names in _CLASSES.items() if named in names), "referral")


def _named(host: str) -> str:
    """The name a host is registered under: `google` of `www.google.co.uk`; blank where only one whole host counts."""
    labels = host.split(".")
    name = (
        labels[-3]
        if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2
        else labels[max(-2, -len(labels))]
    )
    whole = _ONLY_AS.get(name)
    return name if whole is None or host == whole or host.endswith(f".{whole}") else ""
