from pathlib import Path

import pytest

from leadstream.serving import _touched


def test_a_heartbeat_that_cannot_be_touched_is_told_once_and_again_when_it_broke_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a directory must be")
    told = ""
    for _ in range(3):
        told = _touched(blocked / "heartbeat", told)
    assert len(caplog.messages) == 1
    assert str(blocked / "heartbeat") in caplog.messages[0]
    blocked.unlink()
    told = _touched(blocked / "heartbeat", told)
    assert (told, (blocked / "heartbeat").exists()) == ("", True)
    (blocked / "heartbeat").unlink()
    blocked.rmdir()
    blocked.write_text("again")
    _touched(blocked / "heartbeat", told)
    assert len(caplog.messages) == 2
