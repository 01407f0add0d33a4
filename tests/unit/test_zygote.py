"""What the zygote does at its beginning and its end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msglog_tui.ssh import zygote

if TYPE_CHECKING:
    from pathlib import Path


def test_what_killed_zygotes_left_behind_is_removed(tmp_path: Path) -> None:
    used, left, fresh, link = (tmp_path / f"msglog-zygote-{name}" for name in "abcd")
    for folder in (used, left, fresh):
        folder.mkdir()
        (folder / "tiny.db").touch()
    link.symlink_to(used)
    others = tmp_path / "msglog-notes"
    others.mkdir()
    for old in (used, left, others):
        os.utime(old, (0, 0))
    with zygote.kept(str(used)):
        zygote.remove_left_behind(tmp_path)
        assert {path.name[-1] for path in tmp_path.glob("msglog-zygote-*")} == {"a", "c", "d"}
    assert others.exists()
    zygote.remove_left_behind(tmp_path)
    assert not used.exists()
