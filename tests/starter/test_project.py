"""The starter workspace, run as its owner would run it: on a CPU, with real torch."""

import json
import os
import re
import subprocess
import sys

import pytest

from drydock.jobs.starter import starter_files

pytestmark = pytest.mark.torch
QUICK = ("--size", "tiny", "--batch", "8", "--workers", "0", "--check-every", "6", "--write-every", "1")
COMPARE = """
import sys, torch
first, second = (torch.load(path, weights_only=True)["model"] for path in sys.argv[1:])
assert first.keys() == second.keys()
print(max(float((first[name] - second[name]).abs().max()) for name in first))
"""


@pytest.fixture
def project(tmp_path):
    for name, content in starter_files().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def run(project, torch_python):
    def run(*words, code=0, module=(), **variables):
        ended = subprocess.run(
            [torch_python, *module, *words],
            cwd=project,
            env=os.environ | {"OMP_NUM_THREADS": "1"} | variables,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stdout + ended.stderr

    return run


def numbers(project, name):
    lines = (project / name / "metrics.jsonl").read_text().splitlines()
    return {line["step"]: line for line in map(json.loads, lines)}


def apart(run, *paths):
    return float(run("-c", COMPARE, *paths))


def test_a_language_model_learns_and_is_exported(run, project):
    run("train.py", "--size", "tiny", "--batch", "16", "--steps", "120", "--out", "r", "--workers", "2")
    found = numbers(project, "r")
    # a guess among 256 bytes is 5.5 nats; knowing only how frequent each is, about 2.9
    assert found[120]["held_out_loss"] < 2.5
    assert found[120]["loss"] < found[10]["loss"]
    said = run("export.py", "r")
    assert re.findall(r"difference from the model \S+", said) == ["difference from the model 0"] * 2
    assert run("generate.py", "r", "the film", "--count", "20", "--temperature", "0").startswith("the film")


def test_a_classifier_learns_what_not_turns_round(run, project):
    run("train.py", "--task", "classify", "--size", "tiny", "--steps", "150", "--out", "r")
    assert numbers(project, "r")[150]["held_out_accuracy"] > 0.95
    assert run("generate.py", "r", "the film was not dull. ").startswith("praise")
    assert run("generate.py", "r", "the film was not lovely. ").startswith("blame")
    assert run("generate.py", "r", "the film was lovely. ").startswith("praise")
    assert "TOO LARGE" not in run("export.py", "r")


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(run, project):
    run("train.py", *QUICK, "--steps", "12", "--save-every", "6", "--warmup", "1", "--out", "whole")
    run("train.py", *QUICK, "--steps", "12", "--save-every", "6", "--warmup", "1", "--out", "part")
    # as if it had been killed between the two checkpoints
    (project / "part" / "step-00000012.pt").unlink()
    (project / "part" / "step-00000012.part").write_bytes(b"half")
    said = run("train.py", *QUICK, "--steps", "12", "--save-every", "6", "--warmup", "1", "--out", "part", "--resume")
    assert "resumed after step 6" in said
    assert apart(run, "whole/step-00000012.pt", "part/step-00000012.pt") == 0
    assert list(numbers(project, "part")) == list(range(1, 13))


@pytest.mark.parametrize("way", [(), ("--shard",)], ids=["ddp", "fsdp"])
def test_two_processes_learn_what_one_does(run, project, way):
    run("train.py", *QUICK, "--steps", "6", "--accumulate", "4", "--out", "one")
    two = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    run("train.py", *QUICK, "--steps", "6", "--accumulate", "2", "--out", "two", *way, module=two)
    assert apart(run, "one/step-00000006.pt", "two/step-00000006.pt") < 1e-5
    said = run("train.py", *QUICK, "--steps", "8", "--accumulate", "2", "--out", "two", "--resume", *way, module=two)
    assert "resumed after step 6" in said
    run("train.py", *QUICK, "--steps", "8", "--accumulate", "4", "--out", "one", "--resume")
    assert apart(run, "one/step-00000008.pt", "two/step-00000008.pt") < 1e-5


def test_compiled_it_learns_the_same(run, project):
    run("train.py", *QUICK, "--steps", "4", "--out", "eager")
    assert "compiling" in run("train.py", *QUICK, "--steps", "4", "--compile", "yes", "--out", "compiled")
    assert apart(run, "eager/step-00000004.pt", "compiled/step-00000004.pt") < 1e-4


def test_a_compiler_that_is_not_there_is_named(run, project, tmp_path):
    said = run("train.py", *QUICK, "--steps", "1", "--compile", "yes", code=1, PATH=str(tmp_path), CC="none")
    assert "there is no C compiler" in said


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_learns_nearly_the_same(run, project, precision):
    for name in ("fp32", precision):
        run("train.py", *QUICK, "--steps", "6", "--warmup", "1", "--precision", name, "--out", name)
    full, half = numbers(project, "fp32")[6], numbers(project, precision)[6]
    assert half["held_out_loss"] == pytest.approx(full["held_out_loss"], rel=0.05)


def test_ones_own_text_and_ones_own_classes(run, project):
    (project / "book.txt").write_text("Ein Schiff im Dock. 船在码头。\n" * 400, encoding="utf-8")
    run("train.py", *QUICK, "--steps", "6", "--data", "book.txt", "--out", "book")
    rows = "".join(f'"sehr gut, Nr. {n}",gut\n"schlecht, Nr. {n}",schlecht\nna ja {n},mittel\n' for n in range(60))
    (project / "reviews.csv").write_text("text,label\n" + rows, encoding="utf-8")
    run("train.py", *QUICK, "--task", "classify", "--steps", "6", "--data", "reviews.csv", "--out", "reviews")
    assert run("generate.py", "reviews", "sehr gut").split()[0] in {"gut", "mittel", "schlecht"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "absent.txt"), "cannot be read"),
        (("--data", "short.txt"), "at least 65 are needed"),
        (("--data", "bytes.bin"), "cannot be read as UTF-8"),
        (("--task", "classify", "--data", "short.txt"), "columns text and label"),
        (("--task", "classify", "--data", "few.csv"), "take a smaller --batch"),
        (("--shard",), "needs several processes"),
        (("--out", "full"), "is there already"),
        (("--out", "full", "--resume"), "no checkpoint of this project"),
    ],
)
def test_what_does_not_fit_is_said(run, project, words, said):
    (project / "short.txt").write_text("short")
    (project / "few.csv").write_text("text,label\na,b\nc,d\n")
    (project / "bytes.bin").write_bytes(bytes(range(256)) * 10)
    (project / "full").mkdir()
    (project / "full" / "step-00000003.pt").write_bytes(b"no checkpoint")
    assert said in run("train.py", *QUICK, "--steps", "1", *words, code=1)


def test_a_checkpoint_of_something_else_is_not_taken(run, project):
    run("train.py", *QUICK, "--steps", "1", "--out", "r")
    assert "another task" in run(
        "train.py", *QUICK, "--task", "classify", "--steps", "2", "--out", "r", "--resume", code=1
    )
    assert "Train first" in run("export.py", "nowhere", code=1)


def test_the_files_are_python_that_old_images_have():
    assert sys.version_info >= (3, 11)
    import ast

    for name, content in starter_files().items():
        if name.endswith(".py"):
            ast.parse(content, name, feature_version=(3, 8))
