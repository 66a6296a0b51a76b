import contextlib

import pytest
from tests.support.registries import make_certificates, need_programs
from tests.support.web_stand_ins import ConnectProxy, Reply, ScriptedServer, json_reply


def test_recommends_for_a_described_machine(call):
    answer = call("images", "recommend", "--gpu", "RTX 4090:8.9", "--driver", "580.95.05", "--json")
    assert answer.code == 0
    body = answer.json
    assert (body["schema"], body["kind"], body["refusal"]) == (1, "recommendation", None)
    assert body["choice"]["reference"] == "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"
    assert {"reference", "torch", "cuda", "flavour"} <= body["choice"].keys()
    assert all(item["why"] and item["why"][0]["code"] and item["why"][0]["text"] for item in body["rejected"])


def test_refuses_in_words(call):
    words = ["--gpu", "RTX 4090:8.9", "--driver", "580.95.05", "--torch", "2.9", "--cuda", "11.8"]
    answer = call("images", "recommend", *words, "--json")
    assert answer.code == 1
    assert answer.json["choice"] is None
    assert answer.json["refusal"]["code"] == "NO_SUCH_TAG"
    assert "12.6" in answer.json["refusal"]["text"]
    printed = call("images", "recommend", *words)
    assert printed.code == 1
    assert "Nearest that works here" in printed.out


def test_mixed_gpus_get_a_plan_each(call):
    answer = call(
        "images", "recommend", "--gpu", "GTX 1080:6.1", "--gpu", "RTX 5090:12.0", "--driver", "580.95.05", "--json"
    )
    assert answer.code == 1
    assert answer.json["refusal"]["code"] == "MIXED_GPUS"
    chosen = [plan["choice"]["reference"] for plan in answer.json["per_gpu"]]
    assert chosen == [
        "pytorch/pytorch:2.14.1-cuda12.6-cudnn9-runtime",
        "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime",
    ]


def test_a_recorded_machine(call):
    answer = call("images", "recommend", "--machine", "h100x8-server", "--json")
    assert answer.code == 0
    assert "cuda12" in answer.json["choice"]["reference"]  # branch 570 cannot start 13.x


def test_all_rejected_with_why(call):
    answer = call("images", "recommend", "--gpu", "GTX 1080:6.1", "--driver", "580.95.05", "--all")
    assert "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime\n    It holds code for" in answer.out


def test_without_an_engine(call, no_engine):
    for words in (["list"], ["pull", "x"], ["inspect", "--local", "x"], ["remove", "x"]):
        answer = call("images", *words, "--json")
        assert answer.code == 3
        assert answer.json["kind"] == "trouble"
        assert answer.json["id"].startswith("engine-")
        assert answer.json["text"]


def test_a_gpu_that_cannot_be_read_is_not_said_to_be_absent(call):
    answer = call("images", "recommend", "--machine", "broken-laptop", "--json")
    assert answer.code == 1
    assert answer.json["refusal"]["code"] == "NO_NVIDIA_GPU"
    assert "driver must answer first" in answer.json["refusal"]["text"]


NOWHERE = {"HTTPS_PROXY": "http://127.0.0.1:9"}  # where nobody answers


def test_without_a_registry_the_recommendation_stands_and_says_that_it_is_not_confirmed(call, no_engine):
    words = ("images", "recommend", "--gpu", "RTX 4090:8.9", "--driver", "580.95.05", "--confirm")
    answer = call(*words, "--json", **NOWHERE)
    assert answer.code == 1
    assert answer.json["choice"]["reference"] == "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"
    assert answer.json["confirmed"] is None
    assert answer.json["unconfirmed"]["id"] == "registry-unreachable"
    assert "NOT_CONFIRMED" in {why["code"] for why in answer.json["choice"]["why"]}
    printed = call(*words, **NOWHERE)
    assert printed.code == 1
    assert "not yet confirmed with the registry" in printed.out
    assert "Not confirmed: The registry cannot be reached" in printed.err


def test_what_a_description_lacks_is_named(call):
    bare = call("images", "recommend", "--gpu", "RTX 4090:8.9")
    assert (bare.code, "--driver" in bare.err) == (1, True)
    empty = call("images", "recommend", "--driver", "580.95.05")
    assert (empty.code, "--gpu" in empty.err) == (1, True)
    assert not call("images", "recommend", "--gpu", "RTX 4090:8.9", "--driver", "580.95.05").err


def test_what_else_would_work_is_counted_apart_from_what_does_not(call):
    words = ("images", "recommend", "--gpu", "RTX 4090:8.9", "--driver", "580.95.05")
    body = call(*words, "--json").json
    more, unfit = len(body["alternatives"]) - 3, len(body["rejected"]) - len(body["alternatives"])
    printed = call(*words).out
    assert f"and {more} more (--all shows them)" in printed
    assert f"{unfit} others do not fit" in printed


def test_what_to_mind_comes_before_dates(call):
    lines = call("images", "recommend", "--gpu", "GTX 1080:6.1", "--driver", "580.95.05").out.splitlines()
    place = {word: next(n for n, line in enumerate(lines) if word in line) for word in ("Triton", "until", "confirmed")}
    assert place["Triton"] < place["until"] < place["confirmed"]


def test_a_platform_is_written_as_such(call, no_engine):
    for act in ("inspect", "pull"):
        answer = call("images", act, "pytorch/pytorch:2.9.1", "--platform", "foo")
        assert answer.code == 2
        assert "linux/amd64" in answer.err


def test_an_empty_name_is_no_name(call, no_engine):
    for words in (["inspect", ""], ["remove", ""], ["export", "", "x.tar"], ["build", "", "--tini"]):
        answer = call("images", *words, "--json")
        assert (answer.code, answer.json["id"]) == (2, "image-name-invalid"), words


@pytest.fixture
def registries(tmp_path, monkeypatch):
    """Docker Hub and NVIDIA's registry, as a proxy shows them; each answers with what the test gives it."""
    need_programs()
    certificates = make_certificates(tmp_path / "certificates", "registry-1.docker.io", "nvcr.io")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(certificates.authority))
    tls = certificates.server_context()

    @contextlib.contextmanager
    def serve(hub, nvidia):
        with (
            ScriptedServer(lambda *_: hub, tls=tls) as first,
            ScriptedServer(lambda *_: nvidia, tls=tls) as second,
            ConnectProxy({"registry-1.docker.io:443": first.address, "nvcr.io:443": second.address}) as proxy,
        ):
            yield {"HTTPS_PROXY": proxy.address, "https_proxy": proxy.address, "NO_PROXY": "", "no_proxy": ""}

    return serve


def tag_list(repository):
    return json_reply({"name": repository, "tags": ["2.9.1-cuda13.0-cudnn9-runtime", "99.0.0-cuda13.0-cudnn9-runtime"]})


def test_the_tags_of_one_registry_are_kept_and_the_failure_of_the_other_is_told(call, no_engine, registries):
    with registries(tag_list("pytorch/pytorch"), Reply(503, b"down for maintenance")) as proxy:
        answer = call("images", "refresh", "--json", **proxy)
        printed = call("images", "refresh", **proxy)
    assert answer.code == 1
    assert [(one["repository"], one["tags"]) for one in answer.json["lists"]] == [("pytorch/pytorch", 2)]
    assert list(answer.json["failed"]) == ["nvcr.io/nvidia/pytorch"]
    assert "pytorch/pytorch:99.0.0-cuda13.0-cudnn9-runtime" in answer.json["newer"]
    assert printed.code == 1
    assert "pytorch/pytorch: 2 tags" in printed.out
    assert "nvcr.io/nvidia/pytorch: The registry" in printed.out
    # what came is used from now on
    chosen = call("images", "recommend", "--gpu", "RTX 4090:8.9", "--driver", "580.95.05", "--json").json["choice"]
    assert chosen["reference"] == "pytorch/pytorch:2.9.1-cuda13.0-cudnn9-runtime"


def test_the_tags_of_both_registries(call, no_engine, registries):
    with registries(tag_list("pytorch/pytorch"), tag_list("nvidia/pytorch")) as proxy:
        answer = call("images", "refresh", "--json", **proxy)
    assert (answer.code, answer.json["failed"], len(answer.json["lists"])) == (0, {}, 2)


def test_without_any_registry_nothing_is_refreshed(call, no_engine):
    answer = call("images", "refresh", "--json", **NOWHERE)
    assert (answer.code, answer.json["kind"], answer.json["id"]) == (1, "trouble", "registry-unreachable")
