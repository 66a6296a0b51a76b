import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.redact import Redactor

UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


@pytest.fixture
def redactor():
    return Redactor(user="mlin", host="atlas07", homes=["/home/mlin"])


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("failed to open /home/mlin/.cache/x", "mlin"),
        ("user mlin is not in docker", "mlin"),
        ("atlas07 kernel: NVRM: Xid", "atlas07"),
        ("http://joe:s3cret@proxy:3128", "s3cret"),
        ("http://mlin:s3cret@proxy:3128", "s3cret"),
        ("http://joe:p@ss@proxy:3128", "ss@"),
        ("https://s3crettoken@git.example/x", "s3crettoken"),
        ("AWS_SECRET_ACCESS_KEY=abc/def+ghi", "abc/def+ghi"),
        ("run --password=hunter2 now", "hunter2"),
        ("connect fd12:3456:789a::17 failed", "fd12:3456:789a::17"),
        ("2001:db8:0:0:0:0:0:1 is up", "2001:db8"),
        ("no route to 10.3.2.1.", "10.3.2.1"),
        ("HF token hf_abcdefghijklmnop found", "hf_abcdefghijklmnop"),
        ("GET /lab?token=0123456789abcdef", "0123456789abcdef"),
        ("Authorization: Bearer abc.def-ghijk", "abc.def-ghijk"),
        ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        (f"GPU-{UUID}", UUID),
        ("mail ada@example.org now", "ada@example.org"),
        ("host 10.3.2.1 refused", "10.3.2.1"),
        ("ether 02:42:ac:11:00:02", "02:42:ac:11:00:02"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----", "abc"),
    ],
)
def test_takes_out_and_lists(redactor, text, secret):
    assert secret not in redactor.text(text)
    assert [item.times for item in redactor.removed] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "driver 580.95.05",
        "127.0.0.1:8888",
        "sm_90 cubin",
        "kernel 6.8.0-60-generic",
        "mlinear layer",
        "listen 0.0.0.0:80",
        "c10::Error: at 12:34:56",
        "GPU 00000000:01:00.0",
        "listen [::1]:80",
        "docker+http://localhost/version",
    ],
)
def test_leaves_what_helps(redactor, text):
    assert redactor.text(text) == text
    assert redactor.removed == ()


def test_equal_secrets_stay_equal_and_different_ones_differ(redactor):
    one, two, again = (redactor.text(f"at {address}") for address in ("10.0.0.1", "10.0.0.2", "10.0.0.1"))
    assert one == again != two
    assert {item.token: item.times for item in redactor.removed} == {
        "<network address 1>": 2,
        "<network address 2>": 1,
    }


def test_a_device_keeps_the_form_of_a_uuid(redactor):
    assert redactor.text(f"GPU-{UUID}") == "GPU-00000000-0000-0000-0000-000000000001"


def test_values_of_secret_names_go_whole(redactor):
    tree = redactor.tree({"environment": {"HF_TOKEN": "abc", "LANG": "C"}, "list": [{"home": "/home/mlin/x"}], "n": 3})
    assert tree == {
        "environment": {"HF_TOKEN": "<secret value 1>", "LANG": "C"},
        "list": [{"home": "/home/<home directory 1>/x"}],
        "n": 3,
    }


def test_a_known_token_in_a_variable_is_taken_out_once(redactor):
    assert redactor.text("HF_TOKEN=hf_abcdefghijklmnop") == "HF_TOKEN=<access token 1>"


def test_root_and_other_general_names_tear_nothing_apart():
    redactor = Redactor(user="root", host="localhost", homes=["/root", "/"])
    assert redactor.text("root file system at /root/x on localhost") == "root file system at /root/x on localhost"


@given(st.text())
def test_never_fails_and_is_stable(text):
    redactor = Redactor(user="mlin", host="atlas07", homes=["/home/mlin"])
    once = redactor.text(text)
    assert Redactor(user="mlin", host="atlas07", homes=["/home/mlin"]).text(text) == once


def test_a_home_directory_stays_a_path_on_its_file_system():
    redactor = Redactor(homes=["/home/mlin", "/net/lab/mlin", "C:\\Users\\mlin"])
    assert redactor.text("/home/mlin/x") == "/home/<home directory 1>/x"
    assert redactor.text("/net/lab/mlin/x") == "/<home directory 2>/x"
    assert redactor.text("C:\\Users\\mlin\\x") == "<home directory 3>\\x"
    assert redactor.text(redactor.text("/home/mlin/x")) == "/home/<home directory 1>/x"
