"""One call from a mapping's text and the files' contents to a translation."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from leadstream.importing import Translation, load_mapping, match_files, translate

Translate = Callable[..., Translation]


@pytest.fixture(scope="session")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Translate:
    """Writes the files (name -> content) into a folder of their own and translates them by the mapping's text."""
    folder = tmp_path_factory.mktemp("imports")
    counter = itertools.count()

    def run(mapping: str, files: dict[str, str | bytes]) -> Translation:
        place = folder / str(next(counter))
        place.mkdir()
        for name, content in files.items():
            (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        loaded = load_mapping(mapping)
        return translate(loaded, match_files(loaded, [place / name for name in files]))

    return run


@pytest.fixture(scope="session")
def mappings() -> Path:
    """The folder of the example mappings."""
    return Path(__file__).resolve().parents[3] / "examples" / "imports"
