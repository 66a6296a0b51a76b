"""A line for each of the frequent failures, and logs in which one explains the others."""

import tomllib
from pathlib import Path

import pytest

from drydock.core.symptoms import explain_text
from drydock.data.symptoms import sign_table

KNOWN = tomllib.loads((Path(__file__).parent / "lines.toml").read_text("utf-8"))
LINES = KNOWN["lines"]


@pytest.mark.parametrize("name", LINES)
def test_a_frequent_failure_is_recognised(name):
    text = f"step 1 of 9\n{LINES[name]}\nend\n"
    root = explain_text(text, sign_table()).root
    assert root is not None
    assert (root.id, root.lines) == (name, (2,))


@pytest.mark.parametrize("name", LINES)
def test_it_is_recognised_behind_colours_ranks_and_progress_bars(name):
    text = f"a 10%\ra 20%\r\x1b[31m{LINES[name]}\x1b[0m\r\n"
    behind = f"web-1  | [rank0]: {LINES[name]}"
    table = sign_table()
    assert name in {one.id for one in explain_text(text, table).symptoms}
    assert name in {one.id for one in explain_text(behind, table).symptoms}


@pytest.mark.parametrize("log", KNOWN["logs"], ids=lambda log: log["name"])
def test_the_root_cause_comes_first_and_the_rest_is_put_under_it(log):
    explanation = explain_text(log["text"], sign_table())
    assert explanation.root is not None
    assert explanation.root.id == log["root"]
    assert {one.id for one in explanation.under(log["root"])} == set(log["folded"])


def test_values_are_captured():
    def values(name):
        return explain_text(LINES[name], sign_table()).symptoms[0].values

    oom = values("cuda-oom")
    assert (oom["wanted"], oom["gpu"], oom["total"], oom["free"]) == ("3.25 GiB", "1", "23.5 GiB", "1.0 GiB")
    assert values("port-already-allocated")["address"] == "127.0.0.1:8888"
    assert values("dns-lookup-failed")["host"] == "registry-1.docker.io"
    assert values("nvc-requirement-cuda")["cuda"] == "13.0"
    assert values("volume-permission-denied")["path"] == "/data/runs/7"


def test_jupyter_may_try_two_ports_before_it_is_worth_a_word():
    line = "[I ServerApp] The port {} is already in use, trying another port.\n"
    twice, thrice = (
        "".join(line.format(8888 + place) for place in range(times)) + "http://127.0.0.1/lab\n" for times in (2, 3)
    )
    assert explain_text(twice, sign_table()).root is None
    assert explain_text(thrice, sign_table()).symptoms[0].values["port"] == "8888"


def test_a_context_alone_says_nothing():
    assert explain_text("Context: desktop-linux\npin_memory=True\n/etc/docker/daemon.json\n", sign_table()).root is None


def test_a_product_is_captured_without_what_stands_before_it():
    line = "web-1 | [rank0]: NVIDIA H100 PCIe with CUDA capability sm_90 is not compatible with the current PyTorch"
    values = explain_text(f"{line} installation.", sign_table()).symptoms[0].values
    assert (values["gpu"], values["arch"]) == ("NVIDIA H100 PCIe", "90")
