import itertools

from hypothesis import given
from hypothesis import strategies as st

from drydock.engines.stream_lines import LONGEST_LINE, FrameCutter, LineCutter, text_of


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


@given(
    st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line and not line.endswith(b"\r"))),
    st.lists(st.integers(0, 5000)),
)
def test_lines_do_not_depend_on_where_pieces_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    cutter = LineCutter()
    found = [
        line for piece in in_pieces(b"".join(line + b"\r\n" for line in lines), cuts) for line in cutter.feed(piece)
    ]
    assert found == lines
    assert list(cutter.end()) == []


def test_a_last_line_without_an_end_is_handed_out() -> None:
    cutter = LineCutter()
    assert list(cutter.feed(b"one\ntw")) == [b"one"]
    assert list(cutter.feed(b"o")) == []
    assert list(cutter.end()) == [b"two"]


def test_an_endless_line_comes_in_parts() -> None:
    cutter = LineCutter()
    parts = [part for _ in range(3) for part in cutter.feed(b"x" * LONGEST_LINE)]
    assert parts
    assert all(len(part) <= LONGEST_LINE for part in parts)
    assert sum(map(len, parts)) + sum(map(len, cutter.end())) == 3 * LONGEST_LINE


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40))), st.lists(st.integers(0, 5000)))
def test_frames_do_not_depend_on_where_pieces_are_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    cutter = FrameCutter()
    data = b"".join(frame(stream, payload) for stream, payload in frames)
    assert [found for piece in in_pieces(data, cuts) for found in cutter.feed(piece)] == frames


def test_an_error_written_without_a_frame_is_standard_error() -> None:
    cutter = FrameCutter()
    assert list(cutter.feed(b"OCI runtime ")) == [(2, b"OCI runtime ")]
    assert list(cutter.feed(b"exec failed")) == [(2, b"exec failed")]


@given(st.lists(st.binary(max_size=50)))
def test_no_bytes_break_the_frame_cutter(pieces: list[bytes]) -> None:
    cutter = FrameCutter()
    found = b"".join(payload for piece in pieces for _stream, payload in cutter.feed(piece))
    assert len(found) <= sum(map(len, pieces))


def test_bad_utf8_is_shown_as_replaced() -> None:
    assert text_of(b"caf\xc3\xa9 \xff") == "café �"
