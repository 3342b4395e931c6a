from pathlib import Path

import pytest

from leadstream.demo.home import MARKER, NotOurs, demo_home


def test_a_demo_wipes_what_a_former_demo_left(tmp_path: Path) -> None:
    with demo_home(tmp_path / "demo") as home:
        (home / "log.db").write_text("old")
        (home / "folder").mkdir()
        (home / "folder" / "file").write_text("old")
    with demo_home(tmp_path / "demo") as home:
        assert [child.name for child in home.iterdir()] == [MARKER]
    assert "SIMULATED" in (tmp_path / "demo" / MARKER).read_text()


def test_what_no_demo_made_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_text("precious")
    with pytest.raises(NotOurs, match="was not made by a demo"), demo_home(tmp_path):
        pass
    assert [(child.name, child.read_text()) for child in tmp_path.iterdir()] == [("log.db", "precious")]


def test_a_link_out_of_the_demo_is_cut_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "precious").write_text("precious")
    with demo_home(tmp_path / "demo") as home:
        (home / "link").symlink_to(tmp_path / "else")
    with demo_home(tmp_path / "demo"):
        pass
    assert (tmp_path / "else" / "precious").read_text() == "precious"


def test_two_demos_cannot_share_a_directory(tmp_path: Path) -> None:
    with demo_home(tmp_path) as home:
        (home / "log.db").write_text("running")
        with pytest.raises(NotOurs, match="another demo runs"), demo_home(tmp_path):
            pass
        assert (home / "log.db").read_text() == "running"
