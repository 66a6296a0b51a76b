"""What is done to the app folder after PyInstaller."""

import ctypes
import subprocess


def library(folder, *options):
    source = folder / "part.c"
    source.write_text("int part(void) { return 7; }\n")
    path = folder / "libpart.so"
    subprocess.run(["cc", "-shared", "-fPIC", *options, "-o", str(path), str(source)], check=True, timeout=60)
    return path


def test_search_paths_of_the_build_machine_are_emptied(script, tmp_path):
    path = library(tmp_path, "-Wl,-rpath,/home/ada/python/lib")
    build_app = script("build_app")
    assert "/home/ada/python/lib" in build_app.dynamic_section(path)
    build_app.forget_build_machine(tmp_path)
    assert b"/home/ada" not in path.read_bytes()
    assert ctypes.CDLL(str(path)).part() == 7


def test_search_paths_within_the_app_stay(script, tmp_path):
    path = library(tmp_path, "-Wl,-rpath,$ORIGIN/../lib")
    before = path.read_bytes()
    script("build_app").forget_build_machine(tmp_path)
    assert path.read_bytes() == before


def test_the_source_date_can_be_told(script, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
    assert script("build_app").source_date() == "1234567890"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert int(script("build_app").source_date()) > 1_700_000_000
