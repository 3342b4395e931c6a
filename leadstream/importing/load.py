"""Reading a mapping, and telling which file plays which part in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from hashlib import sha256
from inspect import get_annotations
from pathlib import Path
from typing import Any, get_args

import msgspec
from pydantic import BaseModel, ValidationError

from leadstream.importing.checks import check
from leadstream.importing.model import FileSpec, ImportMapping
from leadstream.importing.problems import FilesError, MappingError, Problem, shown, spelled
from leadstream.importing.tree import Loc, Tree, parse
from leadstream.importing.written import Options

_CHUNK = 1 << 20


def load_mapping(source: Path | str) -> ImportMapping:
    """Read a mapping.

    Args:
        source: the YAML file (a Path) or the YAML text itself (a str).

    Raises:
        MappingError: every problem found, each with its line, its place and what was expected.
    """
    name, text = ("mapping", source) if isinstance(source, str) else (str(source), _text(source))
    tree = parse(text, name)
    try:
        mapping = ImportMapping.model_validate(tree.data)
    except ValidationError as error:
        raise MappingError(name, _problems(error, tree)) from error
    found = check(mapping)
    if found:
        raise MappingError(name, [Problem(tree.line(loc), spelled(loc), message) for loc, message in found])
    return mapping


def digest(
    mapping_text: str,
    file_paths: Iterable[Path],
    options: Options | None = None,
    *,
    content: Callable[[Path], str] | None = None,
) -> str:
    """The sha256 of a mapping, its files and the options: equal for the same import, wherever the files lie.

    Args:
        mapping_text: the mapping's YAML.
        file_paths: the files.
        options: what is said instead of the mapping.
        content: gives the sha256 of a file's bytes; by default they are read.

    Raises:
        FilesError: a file cannot be read.
    """
    content = content or content_of_file
    made = sha256()
    _add(made, b"mapping", mapping_text.encode())
    for path in sorted(file_paths, key=lambda each: (each.name, each)):
        _add(made, path.name.encode(errors="surrogateescape"), content(path).encode())
    if options is not None and options != Options():
        _add(made, b"options", msgspec.json.encode(options, order="sorted"))
    return made.hexdigest()


def match_files(mapping: ImportMapping, paths: Iterable[Path]) -> dict[str, Path]:
    """Which file plays which role: the first entry of the mapping with a pattern that fits the file's name.

    Args:
        mapping: the mapping; its patterns are those of a shell, on the name without the folder.
        paths: the files given.

    Returns:
        role -> file, in the mapping's order.

    Raises:
        FilesError: a file no pattern fits, two files for one role, or a required file that is not given.
    """
    taken: dict[str, Path] = {}
    problems: list[str] = []
    for path in paths:
        role = next((file.role for file in mapping.files if _fits(file, path)), None)
        if role is None:
            patterns = ", ".join(pattern for file in mapping.files for pattern in file.match)
            problems.append(f"{path.name}: no file of the mapping `{mapping.name}` is called so; expected {patterns}")
        elif role in taken:
            problems.append(f"{path.name}: {taken[role].name} is the `{role}` already; import them one after the other")
        else:
            taken[role] = path
    problems += [
        f"the file `{file.role}` is missing; expected a name like {' or '.join(file.match)}"
        for file in mapping.files
        if file.required and file.role not in taken
    ]
    if problems:
        raise FilesError(problems)
    return {file.role: taken[file.role] for file in mapping.files if file.role in taken}


def _fits(file: FileSpec, path: Path) -> bool:
    return any(fnmatchcase(path.name, pattern) for pattern in file.match)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise MappingError(str(path), [Problem(1, "", f"cannot be read: {reason}")]) from error


def _add(made: Any, *parts: bytes) -> None:
    """Each part with its length before it, so that no two lists of parts look alike."""
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)


def content_of_file(path: Path) -> str:
    """The sha256 of a file's bytes, hexadecimal.

    Raises:
        FilesError: it cannot be read.
    """
    made = sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                made.update(chunk)
    except OSError as error:
        raise FilesError([f"{path}: cannot be read: {error.strerror}"]) from error
    return made.hexdigest()


def _problems(error: ValidationError, tree: Tree) -> Iterator[Problem]:
    for each in error.errors(include_url=False):
        loc: Loc = each["loc"]
        yield Problem(tree.line(loc), spelled(loc), _message(each["type"], loc, each))


def _message(kind: str, loc: Loc, error: Mapping[str, Any]) -> str:
    if kind == "extra_forbidden":
        return f"unknown key; expected one of {', '.join(_keys(loc[:-1]))}"
    if kind == "missing":
        return "is missing"
    said = str(error["msg"])
    if kind == "mapping":
        return said
    found = error["input"]
    shape = "a mapping" if isinstance(found, dict) else "a list" if isinstance(found, list) else shown(found)
    expected = said.replace("Input should be ", "expected ").replace("a valid dictionary or instance of", "a mapping")
    return f"{expected}; found {shape}"


def _keys(loc: Loc) -> list[str]:
    """The keys a part of the mapping may have: the fields of the model that stands at the location."""
    model: type[BaseModel] = ImportMapping
    for part in loc:
        named = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        inner = _model(named.get(str(part)))
        if inner is None and not isinstance(part, int):
            inner = _model(_extra(model))
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items() if field.repr]


def _extra(model: type[BaseModel]) -> Any:
    """The type of the keys a model does not name, such as the columns of a condition."""
    for each in model.__mro__:
        found = get_annotations(each).get("__pydantic_extra__")
        if found is not None and each is not BaseModel:
            return found
    return None


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `tuple[Annotated[Step, ...], ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model(inner))), None)
