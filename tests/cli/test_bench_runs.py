"""``drydock bench`` on earlier runs: the list, one, two compared, a file."""

import pytest
from tests.support.bench_runs import payload

from drydock.store import Store


@pytest.fixture
def runs(call):
    """Two runs in the history of the command line."""
    store = Store()
    values = {"where": "torch:1", "gpu": "A100", "torch": "2.9.0", "mode": "quick", "end": "finished", "best": "amp"}
    numbers = [
        str(store.add_record("bench", payload(fp32=16e3, amp=speed), {**values, "tokens_per_second": speed}))
        for speed in (50e3, 60e3)
    ]
    store.close()
    return numbers


def test_the_list(call, runs):
    answer = call("bench", "--history", "--json")
    assert (answer.code, answer.json["kind"]) == (0, "bench-history")
    assert [str(run["id"]) for run in answer.json["runs"]] == runs[::-1]
    assert "60,000 tokens/s (amp)" in call("bench", "--history").out


def test_an_empty_list_says_what_to_do(call):
    answer = call("bench", "--history")
    assert (answer.code, answer.out) == (0, "")
    assert "drydock bench --quick" in answer.err


def test_one_run_again_with_what_it_says(call, runs):
    answer = call("bench", "--run", runs[0])
    assert "50,000" in answer.out
    assert "Recommended: amp" in answer.out
    assert call("bench", "--run", runs[0], "--json").json["summary"]["best"] == "amp"


def test_two_compared(call, runs):
    answer = call("bench", "--compare", *runs)
    assert answer.code == 0
    assert "faster: amp" in answer.out
    assert "1.20x" in answer.out
    tree = call("bench", "--compare", *runs, "--json").json
    assert {item["id"]: item["change"] for item in tree["comparison"]["rungs"]} == {"fp32": "same", "amp": "faster"}


def test_a_file_goes_out_and_comes_in(call, runs, tmp_path):
    assert call("bench", "--run", runs[0], "--export", "run.jsonl", "--json").json["path"] == "run.jsonl"
    assert call("bench", "--compare", "run.jsonl", runs[0]).code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--run", "77"),
        ("--compare", "1", "absent.jsonl"),
        ("--history", "--run", "1"),
        ("--export", "x.csv"),
        ("--run", "1", "--export", "x.txt"),
    ],
)
def test_what_does_not_fit_is_wrong_usage(call, runs, words):
    assert call("bench", *words).code == 2
