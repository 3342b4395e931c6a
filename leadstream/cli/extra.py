"""What the extra `gateway` brings, and whether it is there."""

from importlib.util import find_spec

EXTRA = "pip install 'leadstream[gateway]'"
_MODULES = ("cryptography", "fastapi", "httptools", "httpx", "python_multipart", "tenacity", "uvicorn")


def is_installed() -> bool:
    """Whether what the gateway and the connectors need is there."""
    return all(find_spec(name) is not None for name in _MODULES)
