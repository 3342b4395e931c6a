"""What the extra `imports` brings: readers of workbooks and cards."""

from importlib.util import find_spec

from leadstream.importing.problems import FilesError

EXTRA = "pip install 'leadstream[imports]'"


def needed(file: str, module: str, what: str) -> None:
    """Make sure that a module of the extra is there.

    Raises:
        FilesError: it is not.
    """
    if find_spec(module) is None:
        raise FilesError([f"{file}: {what} need {module}: {EXTRA}"])
