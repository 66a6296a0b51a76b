"""The image choice: the whole catalogue with every reason, for one GPU, eight, and a mixed machine.

The goal is 5 ms a choice on an ordinary desktop. The anchor is reading the shipped list of images as JSON with the
standard library: it rises and falls with the machine as the choice does.
"""

import json
import time
from collections.abc import Callable
from importlib import resources

from benchmarks.harness import Ratio
from drydock.core.images import Gpu, Machine, Wish, recommend
from drydock.data.catalogue import load_catalogue

_GOAL_MS = 5.0
_GTX_1080 = Gpu("NVIDIA GeForce GTX 1080", (6, 1))
_V100 = Gpu("Tesla V100-SXM2-16GB", (7, 0))
_H100 = Gpu("NVIDIA H100 80GB HBM3", (9, 0))
_RTX_5090 = Gpu("NVIDIA GeForce RTX 5090", (12, 0))
_MIXED = (_GTX_1080, _V100, _RTX_5090)
_MACHINES: dict[str, tuple[tuple[Gpu, ...], Wish]] = {
    "one GPU": ((_H100,), Wish()),
    "eight GPUs": ((_H100,) * 8, Wish()),
    "mixed GPUs, a plan each": (_MIXED, Wish()),
    "a wish that nothing meets": ((_H100,), Wish(torch="2.9", cuda="11.8", flavour="devel")),
    "mixed GPUs and such a wish": (_MIXED, Wish(torch="2.9", cuda="11.8", flavour="devel")),
}


def measure() -> list[Ratio]:
    """Return the time of each choice against the least time of the anchor in the same run, and against the goal."""
    catalogue = load_catalogue()
    read = (resources.files("drydock_resources") / "catalogue" / "images.json").read_text("utf-8")
    found: list[Ratio] = []
    for name, (gpus, wish) in _MACHINES.items():
        machine = Machine(gpus=gpus, driver="580.95.05")
        ours, anchor = _least(
            lambda machine=machine, wish=wish: recommend(machine, wish, catalogue), lambda: json.loads(read)
        )
        note = f"{len(catalogue.images)} images; {'within' if ours <= _GOAL_MS else 'MORE THAN'} {_GOAL_MS:g} ms"
        found.append(Ratio(f"choice: {name}", "json.loads of the image list", ours, anchor, "ms", None, note))
    return found


def _least(ours: Callable[[], object], anchor: Callable[[], object], rounds: int = 40) -> tuple[float, float]:
    """Return the least milliseconds of both, taken in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for kept, act in zip(times, (ours, anchor), strict=True):
            started = time.perf_counter()
            act()
            kept.append((time.perf_counter() - started) * 1000)
    return min(times[0]), min(times[1])
