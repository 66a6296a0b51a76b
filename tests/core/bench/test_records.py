import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import bench_records

from drydock.core.bench import records
from drydock.core.bench.records import BadLine, Unknown, decode_line, decode_stream, encode_line

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def line(kind, /, **fields):
    return msgspec.json.encode({"v": 1, "seq": 0, "t": 0.5, "type": kind, **fields})


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(data):
    decode_line(data)


@given(st.sampled_from(sorted(records._DECODERS)), st.dictionaries(st.text(max_size=8), json_values, max_size=6))
def test_no_fields_make_the_reader_raise(kind, fields):
    found = decode_line(msgspec.json.encode({**fields, "v": 1, "seq": 1, "t": 0, "type": kind}))
    assert isinstance(found, (BadLine, msgspec.Struct))


@given(st.lists(st.sampled_from([b"noise\n", b'{"v":1\n', b"\n", line("later"), line("slot_start", slot="gemm")])))
def test_every_line_is_accounted_for(lines):
    stream = decode_stream(lines)
    assert len(stream.records) == sum(b"slot_start" in one for one in lines)
    assert stream.unknown == sum(b"later" in one for one in lines)
    assert len(stream.bad_lines) == sum(one in (b"noise\n", b'{"v":1\n') for one in lines)


def test_unknown_types_and_fields_are_passed_over():
    assert decode_line(line("hologram", size=3)) == Unknown(type="hologram")
    known = decode_line(line("error", slot="amp", kind="oom", text="out of memory", colour="red"))
    assert isinstance(known, records.ErrorRecord)
    assert (known.slot, known.kind) == ("amp", "oom")


def test_a_line_that_is_no_record_says_why():
    for raw in (
        b"Loading CUDA 12.8 ...",
        b"[1, 2]",
        b'{"type": "final"}',
        line("result", slot=7),
        b"\xff\xfe",
        b"null",
    ):
        found = decode_line(raw)
        assert isinstance(found, BadLine), raw
        assert found.reason


def test_an_older_schema_and_an_endless_line_are_no_records():
    assert isinstance(decode_line(line("final", ok=True).replace(b'"v":1', b'"v":0')), BadLine)
    found = decode_line(b"x" * 3_000_000)
    assert isinstance(found, BadLine)
    assert len(found.text) <= 200


def test_deep_nesting_is_no_record():
    assert isinstance(decode_line(b'{"v":1,"type":' + b"[" * 100_000), BadLine)


def test_final_is_found_and_its_absence_seen():
    assert decode_stream([line("slot_start", slot="gemm")]).final is None
    stream = decode_stream([line("final", ok=True, wall_s=3.5)])
    assert stream.final is not None
    assert stream.final.wall_s == 3.5


@pytest.mark.parametrize("kind", ["whole", "cut"])
def test_records_can_be_written_and_read_again(kind):
    content = bench_records.payload(*(bench_records.WHOLE if kind == "whole" else bench_records.WHOLE[:4]))
    written = decode_stream(content.splitlines()).records
    again = decode_stream([encode_line(record) for record in written])
    assert again.records == written
    assert not again.bad_lines
