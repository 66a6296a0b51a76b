import itertools
import time

from drydock_probes import bench_timing
from drydock_probes.bench_timing import measure


class Clock:
    """Plays given times instead of reading one; time itself does pass."""

    def __init__(self, times):
        self.times = iter(times)
        self.calls = 0

    def block(self, call, count):
        self.calls += count
        for _ in range(count):
            call()
        return [next(self.times) for _ in range(count)]


def test_steady_times_converge_and_the_first_calls_do_not_count():
    blocks = []
    clock = Clock(itertools.chain([5000.0, 900.0, 100.0], itertools.repeat(100.0)))
    done = measure(clock, lambda: time.sleep(0.01), time.monotonic() + 20, blocks.append)
    assert done.converged
    assert set(done.milliseconds) == {100.0}
    assert [ms for block in blocks for ms in block] == done.milliseconds


def test_too_little_time_still_gives_one_step_that_is_not_called_converged():
    done = measure(Clock(itertools.repeat(700.0)), lambda: None, time.monotonic() - 1, lambda _: None)
    assert done.milliseconds == [700.0]
    assert not done.converged


def test_no_more_steps_are_timed_than_wanted():
    done = measure(Clock(itertools.repeat(1.0)), lambda: None, time.monotonic() + 60, lambda _: None, most=5)
    assert len(done.milliseconds) == 5


def test_noise_that_does_not_shrink_ends_before_its_time():
    clock = Clock(itertools.chain([50.0] * 3, itertools.cycle([50.0, 150.0])))
    done = measure(clock, lambda: time.sleep(0.005), time.monotonic() + 20, lambda _: None)
    assert not done.converged
    assert len(done.milliseconds) >= bench_timing._NOISY
