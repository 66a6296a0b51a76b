import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.registry.challenge import Challenge, parse_challenges


def test_the_challenge_of_docker_hub():
    header = (
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
        'scope="repository:library/ubuntu:pull,push",error="insufficient_scope"'
    )
    assert parse_challenges([header]) == (
        Challenge(
            "bearer",
            {
                "realm": "https://auth.docker.io/token",
                "service": "registry.docker.io",
                "scope": "repository:library/ubuntu:pull,push",
                "error": "insufficient_scope",
            },
        ),
    )


@pytest.mark.parametrize(
    ("headers", "schemes"),
    [
        (['Basic realm="x"', 'Bearer realm="y"'], ["basic", "bearer"]),
        (['Basic realm="a, b", Bearer realm="y",service=z'], ["basic", "bearer"]),
        (["Negotiate, BASIC realm=x"], ["negotiate", "basic"]),
        (["Negotiate dG9rZW4=, Basic realm=x"], ["negotiate", "basic"]),
        ([""], []),
        (['realm="x"'], []),
        ([', ,, Basic  realm = "x" ,'], ["basic"]),
    ],
)
def test_several_challenges(headers, schemes):
    assert [challenge.scheme for challenge in parse_challenges(headers) if challenge.scheme in SCHEMES] == schemes


SCHEMES = {"basic", "bearer", "negotiate"}


def test_quoted_characters_lose_their_backslash():
    [challenge] = parse_challenges([r'Basic realm="a \"b\" \\c", charset="UTF-8"'])
    assert challenge.parameters == {"realm": r'a "b" \c', "charset": "UTF-8"}


def test_the_first_of_equal_parameters_counts():
    [challenge] = parse_challenges(['Bearer realm="https://good",realm="https://bad"'])
    assert challenge.parameters["realm"] == "https://good"


@given(st.lists(st.text(max_size=200) | st.text('Basicer ="\\,;', max_size=200), max_size=3))
def test_any_header_is_read_without_a_failure(headers):
    for challenge in parse_challenges(headers):
        assert challenge.scheme == challenge.scheme.lower()


def test_a_header_of_endless_length_is_read_soon():
    assert len(parse_challenges(['a="' * 100_000])) < 20_000
    assert parse_challenges(["Basic " + "\\" * 1_000_000])


_word = st.text("abcXYZ-_1", min_size=1, max_size=8)
_value = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


@given(_word, st.dictionaries(_word.map(str.lower), _value, max_size=4))
def test_a_written_challenge_is_read_back(scheme, parameters):
    def quoted(text):
        return text.replace("\\", "\\\\").replace('"', '\\"')

    header = f"{scheme} " + ", ".join(f'{name}="{quoted(value)}"' for name, value in parameters.items())
    assert parse_challenges([header]) == (Challenge(scheme.lower(), parameters),)
