"""What is said of a probe that wrote no record."""

import pytest

from drydock.core.trouble import Trouble
from drydock.probing.end import Reader


def test_what_a_program_printed_in_place_of_records_moves_no_terminal():
    reader = Reader(lambda _record: None)
    with pytest.raises(Trouble) as caught:
        reader.end("container", "lab", 1, "red \x1b[31m and \x07 a bell\nsecond line\x00")
    assert caught.value.id == "probe-silent"
    assert caught.value.values["text"] == "red \ufffd[31m and \ufffd a bell\nsecond line\ufffd"


def test_one_that_printed_nothing():
    with pytest.raises(Trouble) as caught:
        Reader(lambda _record: None).end("container", "lab", 139, "")
    assert (caught.value.values["code"], caught.value.values["text"]) == (139, "nothing")
