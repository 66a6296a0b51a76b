import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drydock.core.trouble import Trouble
from drydock.registry.reference import HUB, HUB_HOST, parse_reference, valid_tag

DIGEST = "sha256:" + "a1" * 32


@pytest.mark.parametrize(
    ("text", "domain", "path", "tag", "digest"),
    [
        ("ubuntu", HUB, "library/ubuntu", "latest", ""),
        ("pytorch/pytorch:2.6.0-cuda12.6-cudnn9-runtime", HUB, "pytorch/pytorch", "2.6.0-cuda12.6-cudnn9-runtime", ""),
        ("docker.io/ubuntu:24.04", HUB, "library/ubuntu", "24.04", ""),
        ("index.docker.io/library/ubuntu", HUB, "library/ubuntu", "latest", ""),
        ("nvcr.io/nvidia/pytorch:25.01-py3", "nvcr.io", "nvidia/pytorch", "25.01-py3", ""),
        ("localhost/mine", "localhost", "mine", "latest", ""),
        ("localhost:5000/mine", "localhost:5000", "mine", "latest", ""),
        ("127.0.0.1:5000/a/b/c:1", "127.0.0.1:5000", "a/b/c", "1", ""),
        ("[::1]:5000/a:1", "[::1]:5000", "a", "1", ""),
        (f"pytorch/pytorch@{DIGEST}", HUB, "pytorch/pytorch", "", DIGEST),
        (f"pytorch/pytorch:2.6@{DIGEST}", HUB, "pytorch/pytorch", "2.6", DIGEST),
        (f"reg.example.org:443/x__y/z-1.2@{DIGEST}", "reg.example.org:443", "x__y/z-1.2", "", DIGEST),
        ("HOST/mine", "HOST", "mine", "latest", ""),
    ],
)
def test_the_parts_of_a_reference(text, domain, path, tag, digest):
    parsed = parse_reference(text)
    assert (parsed.domain, parsed.path, parsed.tag, parsed.digest) == (domain, path, tag, digest)
    assert parsed.wanted == (digest or tag)
    assert parsed.host == (HUB_HOST if domain == HUB else domain)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        ("Ubuntu", "small letters"),
        ("pytorch/PyTorch:1", "small letters"),
        ("ubuntu:", "tag"),
        ("a:b:c", "tag"),
        ("ubuntu:" + "x" * 129, "tag"),
        ("ubuntu@sha256:abc", "digest"),
        ("ubuntu@" + DIGEST.upper(), "digest"),
        (f"ubuntu@{DIGEST}@{DIGEST}", "digest"),
        ("https://example.org/image", "address"),
        ("-host.org/image", "address"),
        ("host.org:0/image", "address"),
        ("host.org:70000/image", "address"),
        ("/image", "characters"),
        ("image/", "characters"),
        ("a//b", "characters"),
        ("a b", "characters"),
        ("ubuntu\n", "characters"),
        ("a/../b", "characters"),
        ("--privileged", "characters"),
        ("0" * 64, "ID"),
        ("a" * 260, "characters long"),
    ],
)
def test_what_cannot_be_a_reference_is_refused_with_the_reason(text, why):
    with pytest.raises(Trouble) as caught:
        parse_reference(text)
    assert caught.value.id == "image-name-invalid"
    assert why in caught.value.values["text"]


@given(st.text(max_size=80) | st.from_regex(r"[a-z0-9./:@_-]{0,60}", fullmatch=True))
@example("a.b:99999999999999999999/c")
@example("[::1/x")
@example("²/x")
def test_any_text_is_parsed_or_refused(text):
    try:
        parsed = parse_reference(text)
    except Trouble:
        return
    # what was accepted can stand in a request's path as it is
    assert parsed.path.isascii()
    assert not set(parsed.path + parsed.wanted) & set(" ?#%\r\n\\")
    assert ".." not in parsed.path.split("/")


_names = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?(/[a-z0-9]{1,8}){0,3}", fullmatch=True)
_hosts = st.sampled_from(["localhost", "localhost:5000", "reg.example.org", "10.0.0.1:443", "[fe80::1]:5000"])
_tags = st.text("abcXYZ019_.-", min_size=1, max_size=128).filter(valid_tag)


@given(_hosts, _names, _tags)
def test_a_reference_made_of_good_parts_gives_them_back(host, name, tag):
    parsed = parse_reference(f"{host}/{name}:{tag}@{DIGEST}")
    assert (parsed.domain, parsed.path, parsed.tag, parsed.digest) == (host, name, tag, DIGEST)
