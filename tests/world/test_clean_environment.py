"""What a packaged app added to the environment does not reach child processes."""

from hypothesis import given
from hypothesis import strategies as st

from drydock.world.clean_environment import clean_environment

FROZEN = "/usr/lib/drydock/_internal"


def test_running_from_source_changes_nothing():
    environment = {"LD_LIBRARY_PATH": "/a", "LD_LIBRARY_PATH_ORIG": "/b", "_PYI_ARCHIVE_FILE": "x"}
    assert clean_environment(environment, "") == environment


def test_the_users_library_path_is_put_back():
    environment = {"LD_LIBRARY_PATH": f"{FROZEN}:/home/ada/lib", "LD_LIBRARY_PATH_ORIG": "/home/ada/lib"}
    assert clean_environment(environment, FROZEN) == {"LD_LIBRARY_PATH": "/home/ada/lib"}


def test_a_library_path_that_the_user_never_set_goes():
    assert clean_environment({"LD_LIBRARY_PATH": FROZEN}, FROZEN) == {}
    assert clean_environment({"LD_LIBRARY_PATH": FROZEN, "LD_LIBRARY_PATH_ORIG": ""}, FROZEN) == {}


def test_a_library_path_of_which_only_the_backup_is_left_comes_back():
    assert clean_environment({"LD_LIBRARY_PATH_ORIG": "/opt/x"}, FROZEN) == {"LD_LIBRARY_PATH": "/opt/x"}


def test_variables_that_lead_into_the_package_go():
    added = {
        "QT_PLUGIN_PATH": f"{FROZEN}/PySide6/plugins",
        "QML2_IMPORT_PATH": f"{FROZEN}/PySide6/qml",
        "GIO_MODULE_DIR": f"{FROZEN}/gio_modules",
        "SSL_CERT_FILE": f"{FROZEN}/certifi/cacert.pem",
        "PYTHONHOME": FROZEN,
        "FONTCONFIG_PATH": f"{FROZEN}/etc/fonts",
        "_PYI_APPLICATION_HOME_DIR": FROZEN,
        "_PYI_PARENT_PROCESS_LEVEL": "1",
        "_MEIPASS2": FROZEN,
    }
    users = {"HOME": "/home/ada", "QT_SCALE_FACTOR": "2", "PYTHONPATH": "/home/ada/src", "EMPTY": ""}
    assert clean_environment({**added, **users}, FROZEN) == users


def test_only_the_packages_entries_leave_a_path_list():
    environment = {"PATH": f"/usr/bin:{FROZEN}:/bin", "XDG_DATA_DIRS": f"{FROZEN}/share:/usr/share"}
    assert clean_environment(environment, FROZEN) == {"PATH": "/usr/bin:/bin", "XDG_DATA_DIRS": "/usr/share"}


def test_a_neighbour_with_a_longer_name_is_not_the_package():
    environment = {"TOOLS": f"{FROZEN}-tools/bin"}
    assert clean_environment(environment, FROZEN) == environment


def test_a_users_own_variable_that_ends_like_a_backup_stays():
    assert clean_environment({"PRICE_ORIG": "5"}, FROZEN) == {"PRICE_ORIG": "5"}


NAMES = st.sampled_from(["PATH", "LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG", "QT_PLUGIN_PATH", "HOME", "A_ORIG", "A"])
VALUES = st.lists(st.sampled_from([FROZEN, f"{FROZEN}/lib", "/usr/lib", "", "x"]), max_size=3).map(":".join)


@given(st.dictionaries(NAMES, VALUES))
def test_nothing_of_the_package_is_left_and_cleaning_twice_changes_nothing(environment):
    clean = clean_environment(environment, FROZEN)
    for name, value in clean.items():
        entries = value.split(":") if name in ("PATH", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH") else [value]
        assert not any(entry == FROZEN or entry.startswith(FROZEN + "/") for entry in entries)
    assert "LD_LIBRARY_PATH_ORIG" not in clean
