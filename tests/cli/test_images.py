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
