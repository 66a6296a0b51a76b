"""Tag lists are kept between runs, and a bad file costs nothing but the lists."""

from pathlib import Path

import pytest

from drydock.core.facts import TagList
from drydock.store import Store


def tags(repository: str, *names: str, read_at: str = "2026-01-01T00:00:00Z") -> TagList:
    return TagList(repository=repository, tags=names, read_at=read_at)


def test_lists_survive_a_restart_one_for_each_repository(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save_tag_list(tags("a/b", "1"))
    store.save_tag_list(tags("c/d", "2"))
    store.save_tag_list(tags("a/b", "1", "3", read_at="2026-01-02T00:00:00Z"))
    again = Store(tmp_path)
    assert {kept.repository: kept.tags for kept in again.tag_lists} == {"a/b": ("1", "3"), "c/d": ("2",)}
    assert again.problems == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\x00", b'{"schema":1,"lists":[{"repository":3}]}', b"[" * 100_000]
)
def test_a_bad_file_is_said_and_replaced_by_the_next_list(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tag_lists.json").write_bytes(content)
    store = Store(tmp_path)
    assert store.tag_lists == ()
    assert len(store.problems) == 1
    store.save_tag_list(tags("a/b", "1"))
    assert Store(tmp_path).tag_lists == (tags("a/b", "1"),)


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tag_lists.json").write_bytes(b'{"schema":2,"lists":[]}')
    assert Store(tmp_path).tag_lists == ()


def test_a_directory_that_takes_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    store.save_tag_list(tags("a/b", "1"))
    assert store.tag_lists == (tags("a/b", "1"),)
    assert any("could not be kept" in problem for problem in store.problems)
