from pathlib import Path

import pytest

from tests.support import golden


@pytest.fixture(autouse=True)
def _reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(golden.SWITCH, raising=False)
    monkeypatch.delenv("CI", raising=False)


def test_a_missing_golden_file_fails_and_says_which_command_writes_it(tmp_path: Path) -> None:
    with pytest.raises(
        pytest.fail.Exception, match=r"a\.json is missing(?s:.*)LEADSTREAM_UPDATE_GOLDEN=1 pytest .*test_golden\.py"
    ):
        golden.check(tmp_path / "a.json", b"{}")


def test_a_differing_golden_file_fails_with_the_difference_and_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"one\n")
    with pytest.raises(pytest.fail.Exception, match=r"LEADSTREAM_UPDATE_GOLDEN=1(?s:.*)-one\n\+two"):
        golden.check(tmp_path / "a.json", b"two\n")
    assert (tmp_path / "a.json").read_bytes() == b"one\n"


def test_the_switch_rewrites_and_an_equal_file_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "a.json"
    monkeypatch.setenv(golden.SWITCH, "1")
    golden.check(path, b"two\n")
    monkeypatch.delenv(golden.SWITCH)
    golden.check(path, b"two\n")
    assert path.read_bytes() == b"two\n"


def test_the_switch_is_refused_where_the_run_must_prove_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(golden.SWITCH, "1")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI=true"):
        golden.check(tmp_path / "a.json", b"")
    assert not (tmp_path / "a.json").exists()


def test_files_that_stand_for_nothing_are_named(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "kept.json", "note.txt"):
        (tmp_path / name).touch()
    assert golden.strays(tmp_path, {"kept"}) == ["a", "b"]
