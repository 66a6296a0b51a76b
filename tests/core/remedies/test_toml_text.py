"""Changes to a TOML file keep what is in it, as it is written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.remedies.toml_text import with_setting

SHIPPED = """disable-require = false
#swarm-resource = "DOCKER_RESOURCE_GPU"

[nvidia-container-cli]
environment = []
#no-cgroups = false
ldconfig = "@/sbin/ldconfig.real"  # of the host

[nvidia-container-runtime]
mode = "auto"
runtimes = ["runc", "crun"]

[nvidia-container-runtime.modes.csv]
mount-spec-path = "/etc/nvidia-container-runtime/host-files-for-container.d"
"""
"""In the shape of the file that the toolkit comes with."""


def changed_lines(before, after):
    first, second = before.splitlines(), after.splitlines()
    return [line for line in second if line not in first], [line for line in first if line not in second]


def test_a_setting_is_changed_in_its_line_and_its_comment_stays():
    after = with_setting(SHIPPED, "nvidia-container-cli", "ldconfig", "@/sbin/ldconfig")
    assert changed_lines(SHIPPED, after) == (
        ['ldconfig = "@/sbin/ldconfig"  # of the host'],
        ['ldconfig = "@/sbin/ldconfig.real"  # of the host'],
    )


def test_a_setting_that_is_shown_as_a_comment_is_set_below_it():
    after = with_setting(SHIPPED, "nvidia-container-cli", "no-cgroups", value=True)
    assert "#no-cgroups = false\nno-cgroups = true\nldconfig" in after
    assert tomllib.loads(after)["nvidia-container-cli"]["no-cgroups"] is True


def test_a_setting_of_the_same_name_in_another_table_stays():
    text = '[a]\nmode = "x"\n[b]\nmode = "y"\n'
    assert with_setting(text, "b", "mode", "z") == '[a]\nmode = "x"\n[b]\nmode = "z"\n'


@pytest.mark.parametrize("text", ["", "a = 1\n", "a = 1", SHIPPED.replace("[nvidia-container-cli]", "[other]")])
def test_a_table_that_is_not_there_is_added_at_the_end(text):
    after = with_setting(text, "nvidia-container-cli", "no-cgroups", value=True)
    assert after.startswith(text)
    assert after.endswith("[nvidia-container-cli]\nno-cgroups = true\n")


def test_line_ends_of_windows_stay():
    after = with_setting("[t]\r\nk = false\r\n", "t", "k", value=True)
    assert after == "[t]\r\nk = true\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "[t\n",
        "t = {k = false}\n",
        "t = 1\n",
        '[t]\nk = """\nfalse"""\n',
        '[x]\ns = """\n[t]\nk = false\n"""\n[t]\nk = false\n',
    ],
)
def test_what_cannot_be_changed_by_lines_is_refused(text):
    with pytest.raises(ValueError):
        with_setting(text, "t", "k", value=True)


keys = st.text("abc-", min_size=1, max_size=4)
settings = st.dictionaries(keys, st.booleans() | st.text("xyz#@/ ", max_size=6), max_size=4)


def written(tables):
    lines = []
    for table, members in tables.items():
        lines.append(f"[{table}]  # of {table}")
        lines += [
            f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
            for key, value in members.items()
        ]
    return "\n".join([*lines, ""])


@given(st.dictionaries(keys, settings, max_size=3), keys, keys, st.booleans() | st.text("xyz@/", max_size=6))
def test_only_that_setting_changes_and_doing_it_twice_changes_nothing(tables, table, key, value):
    text = written(tables)
    once = with_setting(text, table, key, value)
    wanted = {name: dict(members) for name, members in tables.items()}
    wanted.setdefault(table, {})[key] = value
    assert tomllib.loads(once) == wanted
    assert with_setting(once, table, key, value) == once


@given(st.text(max_size=40))
def test_any_text_is_answered(text):
    try:
        after = with_setting(text, "t", "k", value=True)
    except ValueError:
        return
    assert tomllib.loads(after)["t"]["k"] is True
