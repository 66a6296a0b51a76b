from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.engines import PullProgress
from drydock.engines.pull_meter import Detail, PullEvent, PullMeter, decode_event

DATA = Path(__file__).with_name("data")
DIGEST = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"


def replay(name: str, step: float = 0.5) -> tuple[PullMeter, list[PullProgress]]:
    meter, moments = PullMeter(0.0), []
    for number, line in enumerate((DATA / name).read_bytes().splitlines(), start=1):
        event = decode_event(line)
        assert event is not None
        meter.take(event, number * step)
        moments.append(meter.progress(number * step))
    return meter, moments


def test_layers_of_a_graph_driver_are_summed_in_compressed_bytes() -> None:
    meter, moments = replay("graphdriver.jsonl")
    end = moments[-1]
    assert (end.phase, end.done, end.total) == ("done", 4_000_120, 4_000_120)
    assert (end.layers, end.layers_done, end.layers_present) == (3, 3, 1)
    assert end.seconds_left == 0.0
    assert meter.digest == DIGEST


def test_a_retry_is_said_and_does_not_move_the_bar_back() -> None:
    _meter, moments = replay("graphdriver.jsonl")
    assert moments[7].detail == "Retrying in 5 seconds"
    assert moments[8].detail == ""
    assert moments[6].done == moments[8].done == 2_500_000


def test_time_left_is_not_told_while_a_waiting_layer_has_no_size() -> None:
    _meter, moments = replay("graphdriver.jsonl")
    assert moments[6].speed > 0
    assert moments[6].seconds_left is None


def test_phases_follow_each_other() -> None:
    for name in ("graphdriver.jsonl", "containerd_store.jsonl"):
        phases = [moment.phase for moment in replay(name)[1]]
        order = ["asking", "downloading", "extracting", "done"]
        assert sorted(phases, key=order.index) == phases
        assert set(phases) == set(order)


def test_what_an_earlier_pull_left_counts_as_done_but_not_as_speed() -> None:
    _meter, moments = replay("containerd_store.jsonl")
    assert moments[4].done == 55_000_000
    assert moments[4].speed == 0.0
    # 15 MB came between 0 s and 3 s
    assert moments[5].speed == pytest.approx(15_000_000 / 3.0)
    assert moments[5].seconds_left == pytest.approx(10_000_000 / moments[5].speed)


def test_seconds_of_extraction_are_not_taken_for_bytes() -> None:
    _meter, moments = replay("containerd_store.jsonl")
    assert moments[7].total == moments[-1].total == 80_000_000


def test_speed_falls_to_zero_when_nothing_comes() -> None:
    meter = PullMeter(0.0)
    for second in range(1, 4):
        detail = Detail(current=second * 1e6, total=10e6)
        meter.take(PullEvent(status="Downloading", id="a", detail=detail), float(second))
    assert meter.progress(3.0).speed == pytest.approx(2e6 / 3)
    assert meter.progress(20.0).speed == 0.0
    assert meter.progress(20.0).seconds_left is None


def test_a_known_size_keeps_the_bar_from_promising_too_much() -> None:
    meter = PullMeter(0.0, expected=100)
    meter.take(PullEvent(status="Pulling fs layer", id="a"), 0.1)
    meter.take(PullEvent(status="Pulling fs layer", id="b"), 0.1)
    meter.take(PullEvent(status="Downloading", id="a", detail=Detail(current=10, total=20)), 0.2)
    assert meter.progress(0.2).total == 100
    meter.take(PullEvent(status="Already exists", id="b"), 0.3)
    assert meter.progress(0.3).total == 20


def test_a_pull_of_what_is_here_is_done_at_once() -> None:
    meter = PullMeter(0.0)
    meter.take(PullEvent(status="Pulling from a/b", id="1.0"), 0.1)
    meter.take(PullEvent(status="Status: Image is up to date for a/b:1.0"), 0.1)
    end = meter.progress(0.1)
    assert (end.phase, end.done, end.total, end.layers) == ("done", 0, 0, 0)


def test_errors_are_found_in_both_places() -> None:
    both = decode_event(b'{"errorDetail":{"message":"long"},"error":"short"}')
    only = decode_event(b'{"error":"short"}')
    assert both is not None
    assert both.failure == "long"
    assert only is not None
    assert only.failure == "short"


@pytest.mark.parametrize("line", [b"", b"[]", b"{", b"\xff", b'{"status": 3}', b'{"progressDetail": "x"}', b"null"])
def test_what_is_no_event_is_passed_over(line: bytes) -> None:
    assert decode_event(line) is None


numbers = st.one_of(st.none(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=True))
statuses = st.sampled_from(
    [
        "Pulling from x/y",
        "Pulling fs layer",
        "Waiting",
        "Downloading",
        "Verifying Checksum",
        "Download complete",
        "Extracting",
        "Pull complete",
        "Already exists",
        "Retrying in 3 seconds",
        "Digest: sha256:00",
        "Status: Downloaded newer image",
        "a status of the future",
    ]
)
events = st.builds(
    PullEvent,
    status=st.one_of(st.none(), statuses),
    id=st.sampled_from([None, "", "a", "b", "c"]),
    detail=st.one_of(st.none(), st.builds(Detail, current=numbers, total=numbers, units=st.sampled_from([None, "s"]))),
)


@given(
    st.lists(st.tuples(events, st.floats(min_value=-1, max_value=10)), max_size=60),
    st.one_of(st.none(), st.integers(0, 2**40)),
)
def test_no_sequence_of_events_makes_it_run_backwards_or_break(
    sequence: list[tuple[PullEvent, float]], expected: int | None
) -> None:
    meter, now, before = PullMeter(0.0, expected), 0.0, 0
    for event, step in sequence:
        now += step
        meter.take(event, now)
        moment = meter.progress(now)
        assert moment.done >= before
        assert moment.total is None or moment.total >= moment.done
        assert 0 <= moment.layers_present <= moment.layers_done <= moment.layers
        assert moment.speed >= 0
        assert moment.seconds_left is None or moment.seconds_left >= 0
        before = moment.done


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_passed_over(line: bytes) -> None:
    event = decode_event(line)
    assert event is None or isinstance(event, PullEvent)


@given(events)
def test_events_survive_the_wire(event: PullEvent) -> None:
    decoded = decode_event(msgspec.json.encode(event))
    assert decoded is not None
    assert (decoded.status, decoded.id) == (event.status, event.id)
