import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.engines import PullProgress
from drydock.qt.models.pull import PullBar, duration_text, pull_words, size_text


def moment(**changes):
    fields = {
        "phase": "downloading",
        "done": 0,
        "total": None,
        "layers": 0,
        "layers_done": 0,
        "layers_present": 0,
        "speed": 0.0,
        "seconds_left": None,
    }
    return PullProgress(**{**fields, **changes})


def test_a_download_shows_bytes_speed_time_and_layers():
    step = moment(
        done=1_500_000_000,
        total=3_000_000_000,
        layers=9,
        layers_done=4,
        layers_present=2,
        speed=62e6,
        seconds_left=25.0,
    )
    words = pull_words(step)
    assert words.share == 0.5
    assert words.done == "1.5 GB of 3.0 GB"
    assert words.left == "62 MB/s  ·  about 25 s left"
    assert words.detail == "4 of 9 layers complete (2 were here already)"


def test_an_unknown_total_is_not_guessed():
    words = pull_words(moment(done=1000))
    assert (words.share, words.done, words.left) == (None, "1 kB", "")


def test_unpacking_is_not_shown_as_a_full_bar():
    words = pull_words(moment(phase="extracting", done=10, total=10, layers=3, layers_done=1))
    assert words.share is None
    assert "Unpacking" in words.detail
    assert "1 of 3" in words.detail


def test_why_it_waits_is_said():
    words = pull_words(moment(phase="asking", detail="attempt 1 of 4 failed; the next begins in 2 s"))
    assert words.detail == "attempt 1 of 4 failed; the next begins in 2 s"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (62_400_000, "62 MB"), (3.21e9, "3.2 GB"), (2.5e12, "2.5 TB")],
)
def test_sizes(count, words):
    assert size_text(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (5400, "1 h 30 min"), (3 * 86400, "3 days")],
)
def test_lengths_of_time(seconds, words):
    assert duration_text(seconds) == words


@given(
    st.sampled_from(["asking", "downloading", "extracting", "done"]),
    st.integers(0, 10**13),
    st.none() | st.integers(0, 10**13),
    st.floats(0, 1e10),
    st.none() | st.floats(0, 1e8),
)
def test_any_moment_has_words(phase, done, total, speed, left):
    words = pull_words(moment(phase=phase, done=done, total=total, speed=speed, seconds_left=left))
    assert words.share is None or 0 <= words.share <= 1


def test_the_bar_waits_for_sizes_and_then_never_falls():
    bar = PullBar()
    assert bar.take(moment(phase="asking")) is None
    assert bar.take(moment(done=50, total=60)) is None  # more layers will tell their sizes
    assert bar.take(moment(done=60, total=120, seconds_left=6.0)) == 0.5
    assert bar.take(moment(done=66, total=240, seconds_left=17.0)) == 0.5  # a layer that was not counted
    assert bar.take(moment(done=180, total=240)) == 0.75
    assert bar.take(moment(phase="extracting", done=240, total=240)) is None
    assert bar.take(moment(phase="done", done=240, total=240)) == 1.0


def test_another_attempt_fills_what_is_left_of_the_bar():
    bar = PullBar()
    assert bar.take(moment(done=50, total=100, seconds_left=5.0)) == 0.5
    assert bar.take(moment(phase="asking")) == 0.5
    assert bar.take(moment(done=0, total=50, seconds_left=5.0)) == 0.5
    assert bar.take(moment(done=25, total=50, seconds_left=2.5)) == 0.75
    assert bar.take(moment(done=50, total=50)) == 1.0


def test_a_pull_that_goes_on_begins_where_it_was_when_layers_are_kept():
    bar = PullBar()
    bar.take(moment(done=40, total=100, seconds_left=5.0))
    bar.begin(kept=True)
    assert bar.share == 0.4
    assert bar.take(moment(done=30, total=60, seconds_left=3.0)) == pytest.approx(0.7)


def test_a_pull_that_begins_anew_shows_it():
    bar = PullBar()
    bar.take(moment(done=40, total=100, seconds_left=5.0))
    bar.begin(kept=False)
    assert bar.share is None
    assert bar.take(moment(done=10, total=100, seconds_left=9.0)) == 0.1


_moments = st.builds(
    lambda phase, done, total, left: moment(phase=phase, done=done, total=total, seconds_left=left),
    st.sampled_from(["asking", "downloading", "extracting", "done"]),
    st.integers(0, 10**12),
    st.none() | st.integers(0, 10**12),
    st.none() | st.floats(0, 1e6),
)


@given(st.lists(_moments))
def test_no_moments_make_the_bar_run_backwards(moments):
    bar = PullBar()
    shares = [share for each in moments if (share := bar.take(each)) is not None]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
