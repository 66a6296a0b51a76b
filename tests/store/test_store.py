import contextlib
import json
import sqlite3

import pytest

from drydock.store import Settings, Store


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path)
    yield opened
    opened.close()


def test_settings_survive_a_restart(store, tmp_path):
    store.save_settings(Settings(theme="dark", monitor_interval=0.5))
    assert Store(tmp_path).settings == Settings(theme="dark", monitor_interval=0.5)


def test_a_bad_field_falls_back_and_the_rest_stays(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps({"theme": "pink", "engine": "tcp://x:1", "colour": 3}))
    store = Store(tmp_path)
    assert store.settings == Settings(engine="tcp://x:1")
    assert len(store.problems) == 1
    assert "theme" in store.problems[0]


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00\x01"])
def test_a_ruined_settings_file_does_not_stop_the_start(tmp_path, content):
    (tmp_path / "settings.json").write_text(content)
    store = Store(tmp_path)
    assert store.settings == Settings()
    assert store.problems


def test_records_come_back_newest_first_and_by_kind(store):
    first = store.add_record("bench", b"one", {"tokens": 1.5})
    second = store.add_record("bench", b"two", {"gpu": "cpu"})
    store.add_record("probe", b"three", {})
    assert [record.id for record in store.records("bench")] == [second, first]
    assert store.records("bench")[1].payload == b"one"
    assert store.records("bench")[1].summary == {"tokens": 1.5}
    store.remove_record(second)
    assert [record.id for record in store.records("bench")] == [first]


def test_records_survive_a_restart(store, tmp_path):
    store.add_record("bench", b"kept", {})
    again = Store(tmp_path)
    assert [record.payload for record in again.records("bench")] == [b"kept"]
    again.close()


def test_looking_for_results_before_any_was_kept_makes_no_file(store, tmp_path):
    assert store.records("bench") == ()
    assert store.count_records() == 0
    assert list(tmp_path.iterdir()) == []
    assert store.add_record("bench", b"x", {}) is not None
    assert store.count_records() == 1


def test_a_ruined_history_is_set_aside_not_deleted(tmp_path):
    (tmp_path / "history.sqlite").write_bytes(b"this is no database, but it is long enough to be looked at" * 40)
    store = Store(tmp_path)
    assert store.records("bench") == ()
    assert store.add_record("bench", b"new", {}) is not None
    store.close()
    assert [path.name for path in tmp_path.glob("history.sqlite.bad-*")]
    assert "bad" in store.problems[0]


def test_a_directory_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "below")
    assert store.add_record("bench", b"x", {}) is None
    store.save_settings(Settings(theme="dark"))
    assert any("history" in line for line in store.problems)
    assert any("settings could not be kept" in line for line in store.problems)


def test_a_newer_history_is_left_alone(store, tmp_path):
    store.add_record("bench", b"kept", {})
    store.close()
    with sqlite3.connect(tmp_path / "history.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    older = Store(tmp_path)
    assert older.records("bench") == ()
    assert "newer" in older.problems[0]
    assert [path.name for path in tmp_path.iterdir()] == ["history.sqlite"]


def test_a_history_that_is_locked_is_not_set_aside(store, tmp_path, monkeypatch):
    store.add_record("bench", b"kept", {})
    store.close()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, **{**options, "timeout": 0.05}))
    with contextlib.closing(connect(tmp_path / "history.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert store.records("bench") == ()
        assert store.add_record("bench", b"lost", {}) is None
        other.execute("ROLLBACK")
    assert [path.name for path in tmp_path.glob("history.sqlite*")] == ["history.sqlite"]
    assert any("locked" in line for line in store.problems)
    assert [record.payload for record in store.records("bench")] == [b"kept"]


def test_rows_of_another_shape_are_left_out(store, tmp_path):
    store.add_record("bench", b"kept", {})
    with contextlib.closing(sqlite3.connect(tmp_path / "history.sqlite")) as database:
        for summary, payload in (("{}", 1 << 40), ("{}", "text"), (7, b"x"), ("{", b"x"), ('{"a": []}', b"x")):
            database.execute(
                "INSERT INTO record (kind, at, summary, payload) VALUES ('bench', 'now', ?, ?)", (summary, payload)
            )
        database.commit()
    assert [record.payload for record in store.records("bench")] == [b"kept"]
    assert store.count_records() == 6
    store.clear_records()
    assert store.count_records() == 0


def test_a_history_that_breaks_while_it_is_open_is_a_line(store, tmp_path):
    store.add_record("bench", b"kept", {})
    (tmp_path / "history.sqlite").write_bytes(b"x" * 20000)
    assert store.records("bench") == ()
    assert store.records("bench") == ()
    store.remove_record(1)
    assert len([line for line in store.problems if "could not be used" in line]) == 1
