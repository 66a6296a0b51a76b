"""Does a setting still compute the same? A tiny decoder is trained for some steps and compared with double precision.

Speed counts only where this holds, and the check itself is proved by planted failures.
"""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Sequence, Tuple

from drydock_probes.bench_plan import RUNGS, Rung, Shape

TINY = Shape("parity", 4, 128, 4, 32, 256, 4)
STEPS = 20
_SEED = 4711
_LEARNING_RATE = 1e-3  # large, so that a difference grows and shows
# largest relative difference of the loss over all steps
LIMITS = {"fp32": 1e-5, "tf32": 5e-4, "amp": 1e-3}


def _data(planted: str) -> List[Tuple[Any, Any]]:
    from drydock_probes.bench_model import batches

    made = batches(TINY, 4, _SEED)
    if planted == "swap":
        tokens, targets = made[0]
        made[0] = (tokens, targets.roll(1, dims=0))  # each sequence gets its neighbour's labels
    return made


def losses(rung: Rung, device: str, planted: str = "none", double: bool = False) -> List[float]:
    """Train the tiny decoder in a rung's setting and return the loss of each step."""
    import torch

    from drydock_probes.bench_model import Trainer

    threads = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(1)  # so small a model gains nothing from more, and waits for them on a busy machine
    trainer = Trainer(TINY, rung, device, _SEED, _data(planted), _LEARNING_RATE)
    if double:
        trainer.double()
    if planted == "nan":
        with torch.no_grad():
            trainer.model.blocks[0].narrow.bias[0] = math.nan
    found = [float(trainer.step()) for _ in range(STEPS)]
    torch.set_num_threads(threads)
    return found


def reference() -> List[float]:
    """Return the losses in double precision on the CPU."""
    return losses(RUNGS[0], "cpu", double=True)


def difference(found: Sequence[float], expected: Sequence[float]) -> Optional[float]:
    """Return the largest relative difference over all steps; None when a loss is not finite or a step is missing."""
    if len(found) != len(expected) or not all(math.isfinite(value) for value in found):
        return None
    return max(abs(one - other) / abs(other) for one, other in zip(found, expected))


def judge(rung: Rung, found: Sequence[float], expected: Sequence[float]) -> Dict[str, Any]:
    """Return the verdict: ``holds``, ``difference`` (None: not finite) and ``limit``."""
    limit = LIMITS[rung.precision]
    apart = difference(found, expected)
    return {"holds": apart is not None and apart <= limit, "difference": apart, "limit": limit}
