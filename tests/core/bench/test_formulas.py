import itertools

import pytest

from drydock.core.bench import formulas
from drydock_probes import bench_formulas

# MFLOP a token of a training step: published counts of well-known models (non-causal, causal)
KNOWN = [
    ("GPT-2 124M", 12, 768, 1024, 50304, 854.7, 798.1),
    ("GPT-2 350M", 24, 1024, 1024, 50304, 2423, 2272),
    ("GPT-2 774M", 36, 1280, 1024, 50304, 5199, 4917),
    ("GPT-2 1.5B", 48, 1600, 1024, 50304, 10274, 9803),
    ("BERT base, 128", 12, 768, 128, 30528, 664.4, None),
    ("BERT base, 512", 12, 768, 512, 30528, 706.9, None),
    ("BERT large, 512", 24, 1024, 512, 30528, 2150.5, None),
]


@pytest.mark.parametrize(("name", "layers", "width", "context", "vocabulary", "whole", "causal"), KNOWN)
def test_training_flops_of_known_models(name, layers, width, context, vocabulary, whole, causal):
    shape = {"layers": layers, "width": width, "context": context, "vocabulary": vocabulary}
    assert formulas.training_flops_per_token(**shape) / 1e6 == pytest.approx(whole, rel=1e-3), name
    if causal is not None:
        assert formulas.training_flops_per_token(**shape, causal=True) / 1e6 == pytest.approx(causal, rel=1e-3), name


def test_probe_and_app_count_alike():
    for layers, width, context, vocabulary, causal in itertools.product(
        (1, 12), (64, 768), (1, 1024), (7, 50304), (False, True)
    ):
        ours = formulas.training_flops_per_token(
            layers=layers, width=width, context=context, vocabulary=vocabulary, causal=causal
        )
        assert bench_formulas.flops_per_token(layers, width, context, vocabulary, causal) == ours


def test_utilisation_is_a_share_of_the_ceiling():
    # the video's last line: 175 thousand tokens a second on an A100 are 48 %
    assert formulas.model_flops_utilisation(175e3, 854.7e6, 312e12) == pytest.approx(0.479, abs=1e-3)
    with pytest.raises(ValueError, match="positive"):
        formulas.model_flops_utilisation(1.0, 1.0, 0.0)
