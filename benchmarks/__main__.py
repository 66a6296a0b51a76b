"""Run the benchmarks: ``python -m benchmarks [start] [choice] [diagnosis] [sampling] [monitor] [memory] [pull]``."""

import os
import sys

from benchmarks import choice, diagnosis, events, memory, monitor, pull, sampling, start

ALL = {
    "start": start.measure,
    "choice": choice.measure,
    "diagnosis": diagnosis.measure,
    "sampling": sampling.measure,
    "monitor": monitor.measure,
    "memory": memory.measure,
    "events": events.measure,
    "pull": pull.measure,
}


def main() -> None:
    wanted = sys.argv[1:] or list(ALL)
    unknown = [name for name in wanted if name not in ALL]
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(ALL)}")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"load average {load:.1f}; ratios to the anchor of the same run, smaller is better")
    for name in wanted:
        for ratio in ALL[name]():
            print(ratio.line(), flush=True)


if __name__ == "__main__":
    main()
