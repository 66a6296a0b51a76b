"""What the package says of itself."""

import configparser
import subprocess
import xml.etree.ElementTree as ET

import pytest
from tests.packaging.conftest import ROOT

APP_ID = "io.github.torch_drydock.Drydock"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.1.0", "0.1.0"), ("1.0.0rc1", "1.0.0~rc1"), ("2.0a3", "2.0~a3"), ("1.2.dev4", "1.2~dev4"), ("1.0.1", "1.0.1")],
)
def test_versions_sort_in_debian_as_in_python(script, version, expected):
    assert script("build_deb").debian_version(version) == expected


def test_the_version_is_the_apps(script):
    import drydock

    assert script("build_deb").app_version() == drydock.__version__


def test_dependencies_follow_from_libraries(script):
    libraries = script("desktop_libraries")
    relations = libraries.package_relations(["libEGL.so.1", "libc.so.6", "libm.so.6", "libgio-2.0.so.0"], (2, 36))
    assert relations == ["libc6 (>= 2.36)", "libegl1", "libglib2.0-0t64 | libglib2.0-0"]


def test_a_library_that_no_package_is_known_for_stops_the_build(script):
    libraries = script("desktop_libraries")
    with pytest.raises(libraries.UnknownLibraryError, match=r"libfoo\.so\.7"):
        libraries.package_relations(["libfoo.so.7", "libc.so.6"], (2, 36))


def test_needs_are_read_from_the_files(script, tmp_path):
    source = tmp_path / "part.c"
    source.write_text("#include <math.h>\ndouble part(double x) { return sin(x); }\n")
    command = ["cc", "-shared", "-fPIC", "-Wl,--no-as-needed", "-o", str(tmp_path / "libpart.so"), str(source), "-lm"]
    subprocess.run(command, check=True, timeout=60)
    (tmp_path / "notes.so.txt").write_text("not a library")
    libraries = script("desktop_libraries")
    needed, glibc = libraries.needed_libraries(tmp_path)
    assert needed == {"libm.so.6": ["libpart.so"], "libc.so.6": ["libpart.so"]}
    assert glibc >= (2, 17)
    (tmp_path / "libm.so.6").write_bytes(b"")
    assert set(libraries.needed_libraries(tmp_path)[0]) == {"libc.so.6"}


def test_desktop_entry_icon_and_appstream_data_agree():
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # ty: ignore
    entry.read_string((ROOT / f"packaging/deb/{APP_ID}.desktop").read_text("utf-8"))
    desktop = entry["Desktop Entry"]
    component = ET.fromstring((ROOT / f"packaging/deb/{APP_ID}.metainfo.xml.in").read_text("utf-8"))
    assert desktop["Exec"] == "drydock gui"
    assert desktop["Icon"] == APP_ID == component.findtext("id") == component.findtext("icon")
    assert component.findtext("launchable") == f"{APP_ID}.desktop"
    assert component.findtext("provides/binary") == desktop["TryExec"] == "drydock"
    assert f'"{APP_ID}"' in (ROOT / "app/drydock/qt/application.py").read_text("utf-8")
    categories = [element.text for element in component.findall("categories/category")]
    assert desktop["Categories"].strip(";").split(";") == categories
