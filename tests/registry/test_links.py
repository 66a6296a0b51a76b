import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drydock.registry.links import ForeignLink, next_page, origin

URL = "https://reg.example.org/v2/a/tags/list?n=2"


@pytest.mark.parametrize(
    ("headers", "page"),
    [
        ([], ""),
        (['</v2/a/tags/list?last=b&n=2>; rel="next"'], "https://reg.example.org/v2/a/tags/list?last=b&n=2"),
        (["</v2/a?x>;rel=next"], "https://reg.example.org/v2/a?x"),
        (['<list?last=b>; title="x, y"; rel="prev next"'], "https://reg.example.org/v2/a/tags/list?last=b"),
        (["<https://reg.example.org:443/next>; REL=Next"], "https://reg.example.org:443/next"),
        (['</first>; rel="first", </second>; rel="next"'], "https://reg.example.org/second"),
        (["</first>; rel=first", "</second>; rel=next"], "https://reg.example.org/second"),
        (['</first>; rel="last"'], ""),
        (["nonsense"], ""),
        (['<unclosed; rel="next"'], ""),
    ],
)
def test_where_the_next_page_is(headers, page):
    assert next_page(headers, URL) == page


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.org/v2/a",
        "http://reg.example.org/v2/a",
        "https://reg.example.org:444/v2/a",
        "//evil.example.org/x",
        "ftp://reg.example.org/",
        "https://[broken/",
        "https://reg.example.org:port/",
    ],
)
def test_a_page_on_another_server_is_refused(target):
    with pytest.raises(ForeignLink):
        next_page([f"<{target}>; rel=next"], URL)


@given(st.lists(st.text(max_size=100) | st.text('<>;,="rel next/', max_size=100), max_size=3))
@example(["<" * 50_000])
@example(["<a>" + ";a" * 20_000])
@example(['<a>;rel="' * 5_000])
def test_any_header_leads_to_the_same_server_or_nowhere(headers):
    with contextlib.suppress(ForeignLink):
        page = next_page(headers, URL)
        assert page == "" or origin(page) == origin(URL)


@given(st.text("abc/?&=-._~0", min_size=1, max_size=40), st.booleans())
def test_a_written_link_is_read_back(target, quoted):
    relation = 'rel="next"' if quoted else "rel=next"
    expected = next_page([f"</{target.lstrip('/')}>; rel=next"], URL)
    assert next_page([f"</{target.lstrip('/')}>; {relation}"], URL) == expected != ""
