import pytest

from drydock_probes import bench_plan
from drydock_probes.bench_formulas import flops_per_token


def flops(shape):
    return flops_per_token(shape.layers, shape.width, shape.context, shape.vocabulary)


def shape(gigabytes, tflops, seconds=4.0):
    return bench_plan.choose_shape(int(gigabytes * 2**30), tflops * 1e12, seconds, flops)


def test_a_big_gpu_gets_the_full_model():
    for gigabytes, tflops in ((80, 19.5), (24, 70), (80, 50)):
        assert shape(gigabytes, tflops).name == "gpt2-124m"


def test_little_memory_and_little_speed_scale_it_down():
    assert shape(2, 10).name != "gpt2-124m"
    assert flops(shape(16, 0.05)) < flops(shape(16, 1.0))
    assert shape(0.01, 1e-6) == bench_plan.Shape("gpt-1m", 2, 128, 2, 128, 2048, 1)


def test_a_named_shape_only_has_its_batch_chosen():
    named = [bench_plan.choose_shape(2**36, 1e13, 4.0, flops, name) for name in bench_plan.SHAPE_NAMES]
    assert [one.name for one in named] == list(bench_plan.SHAPE_NAMES)
    assert bench_plan.choose_shape(2**20, 1.0, 4.0, flops, "gpt2-124m").batch == 1


def test_the_chosen_shape_fits_and_gives_enough_steps():
    for gigabytes in (1, 4, 8, 24, 80):
        for tflops in (0.1, 1, 8, 60):
            chosen = shape(gigabytes, tflops)
            if chosen.name != "gpt-1m":
                assert bench_plan.training_memory(chosen) <= 0.7 * gigabytes * 2**30
                assert chosen.tokens * flops(chosen) * 16 <= tflops * 1e12 * 0.5 * 4.0


@pytest.mark.parametrize(
    ("rung", "facts", "code"),
    [
        ("tf32", {"cc": None, "sdpa": True}, "cpu"),
        ("tf32", {"cc": [7, 5], "sdpa": True}, "gpu-without-tf32"),
        ("tf32", {"cc": [8, 6], "sdpa": True}, None),
        ("sdpa", {"cc": [8, 6], "sdpa": False}, "torch-too-old"),
        (
            "compile",
            {"cc": [8, 6], "sdpa": True, "compile_refusal": ["compiler-missing", "no gcc"]},
            "compiler-missing",
        ),
        ("compile", {"cc": [8, 6], "sdpa": True, "compile_refusal": None}, None),
        ("fp32", {"cc": None, "sdpa": False}, None),
    ],
)
def test_rungs_are_refused_with_their_cause(rung, facts, code):
    why = bench_plan.skip_reason(bench_plan.rung_by_id(rung), facts)
    assert (why[0] if why else None) == code


def test_the_repeat_is_the_first_rung_again():
    again = bench_plan.rung_by_id(bench_plan.REPEAT)
    assert again._replace(id="fp32") == bench_plan.RUNGS[0]
