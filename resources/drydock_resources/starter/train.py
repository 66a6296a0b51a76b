"""Train a Transformer: ``python train.py --task language`` or ``--task classify``; ``--help`` tells the rest.

On several GPUs: ``torchrun --standalone --nproc-per-node=gpu train.py …``, with ``--shard`` for FSDP.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import checkpoints
import torch
from model import SIZES, LanguageModel, TextClassifier
from setting import Place, Precision, compiler_missing, join, leave, mean_over_all, wrap
from torch.nn import functional

from data import PADDING, Batches, labelled_data, language_data, loader


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    ask = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    ask.add_argument("--task", choices=["language", "classify"], default="language")
    ask.add_argument("--size", choices=list(SIZES), default="small")
    ask.add_argument(
        "--data", default="", help="a text (language) or CSV file with text,label (classify); else generated"
    )
    ask.add_argument("--out", type=Path, default=Path("runs/last"), help="for checkpoints, numbers and TensorBoard")
    ask.add_argument("--steps", type=int, default=300)
    ask.add_argument("--batch", type=int, default=32, help="samples on one GPU at once")
    ask.add_argument("--accumulate", type=int, default=1, help="batches whose gradients make one step")
    ask.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    ask.add_argument("--warmup", type=int, default=20, help="steps until the rate is highest")
    ask.add_argument("--decay", type=float, default=0.1, help="weight decay")
    ask.add_argument("--clip", type=float, default=1.0, help="longest gradient")
    ask.add_argument("--precision", choices=["auto", "fp32", "bf16", "fp16"], default="auto")
    ask.add_argument("--compile", choices=["auto", "yes", "no"], default="auto", help="auto: on a GPU that can")
    ask.add_argument("--shard", action="store_true", help="FSDP: spread the model over the GPUs")
    ask.add_argument("--workers", type=int, default=2, help="processes that prepare batches")
    ask.add_argument("--device", choices=["auto", "cuda", "cpu"], default="auto")
    ask.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in --out")
    ask.add_argument("--overwrite", action="store_true", help="remove the checkpoints in --out and start anew")
    ask.add_argument("--save-every", type=int, default=100)
    ask.add_argument("--write-every", type=int, default=10, help="steps between lines of numbers")
    ask.add_argument("--check-every", type=int, default=50, help="steps between looks at the validation data")
    ask.add_argument("--seed", type=int, default=1)
    wanted = ask.parse_args()
    for name in ("steps", "batch", "accumulate", "save_every", "check_every", "write_every"):
        if getattr(wanted, name) < 1:
            ask.error(f"--{name.replace('_', '-')} must be at least 1")
    return wanted


def make_optimiser(model: torch.nn.Module, rate: float, decay: float, device: torch.device) -> torch.optim.Optimizer:
    """Return AdamW; matrices decay, biases and norms do not. On a GPU all weights are updated by one fused kernel."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in weights if weight.dim() >= 2], "weight_decay": decay},
        {"params": [weight for weight in weights if weight.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), fused=device.type == "cuda")


def rate_at(step: int, wanted: argparse.Namespace) -> float:
    """Return the learning rate of a step: a rise, then half a cosine down to a tenth."""
    if step < wanted.warmup:
        return wanted.rate * (step + 1) / wanted.warmup
    share = (step - wanted.warmup) / max(1, wanted.steps - wanted.warmup)
    return wanted.rate * (0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, share))))


def loss_of(scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy in nats, for scores of texts (2 axes) or of every token (3 axes)."""
    return functional.cross_entropy(scores.flatten(0, -2).float(), target.flatten(), ignore_index=PADDING)


class Trainer:
    """Everything that one training run holds."""

    def __init__(self, wanted: argparse.Namespace, place: Place) -> None:
        self.wanted, self.place = wanted, place
        # all processes start from the same weights
        torch.manual_seed(wanted.seed)
        shape = SIZES[wanted.size]
        self.about: dict[str, Any] = {"task": wanted.task, "shape": asdict(shape), "classes": []}
        if wanted.task == "language":
            training, self.held_out = language_data(wanted.data, shape.context, wanted.seed)
            raw: torch.nn.Module = LanguageModel(shape)
        else:
            training, self.held_out, names = labelled_data(wanted.data, shape.context, wanted.seed)
            raw = TextClassifier(shape, len(names))
            self.about["classes"] = names
        self.precision = Precision(wanted.precision, place.device)
        if wanted.shard and self.precision.name == "fp16":
            raise SystemExit("--shard works with --precision bf16 or fp32, not with fp16.")
        self.model = wrap(raw.to(place.device), place, shard=wanted.shard)
        self.optimiser = make_optimiser(self.model, wanted.rate, wanted.decay, place.device)
        self.step = self._resume()
        self.batches = self._batches(training)
        self.call = self._compiled()
        # dropout differs from process to process, and is no repetition after a resume
        torch.manual_seed(wanted.seed + 1000 * self.step + place.rank)
        place.say(f"{wanted.task}, {wanted.size}: {sum(weight.numel() for weight in raw.parameters()):,} weights")
        place.say(f"device: {place.device}, {place.world} process(es)")
        place.say(f"precision: {self.precision.name} ({self.precision.why})")

    def _resume(self) -> int:
        path = checkpoints.newest(self.wanted.out)
        if path and self.wanted.overwrite:
            checkpoints.remove(self.wanted.out, self.place)
        elif path and not self.wanted.resume:
            raise SystemExit(f"{path} is there already: --resume goes on from it, --overwrite removes it.")
        if not self.wanted.resume or self.wanted.overwrite:
            return 0
        if path is None:
            self.place.say(f"no checkpoint in {self.wanted.out}: starting anew")
            return 0
        state = checkpoints.read(path)
        if state.get("about") != self.about:
            raise SystemExit(f"{path} is of another task, size or data: {state.get('about')}")
        step = checkpoints.restore(state, self.model, self.optimiser, self.precision.scaler, shard=self.wanted.shard)
        self.place.say(f"resumed after step {step} from {path}")
        return step

    def _batches(self, training: Any) -> Any:
        order = Batches(
            len(training),
            self.wanted.batch,
            seed=self.wanted.seed,
            rank=self.place.rank,
            world=self.place.world,
            start=self.step * self.wanted.accumulate,
        )
        pinned = self.place.device.type == "cuda"
        return iter(loader(training, order, workers=self.wanted.workers, pinned=pinned))

    def _compiled(self) -> Any:
        if self.wanted.compile == "no" or (self.wanted.compile == "auto" and self.place.device.type != "cuda"):
            return self.model
        why_not = compiler_missing(self.place.device)
        if why_not and self.wanted.compile == "yes":
            raise SystemExit(f"torch.compile does not work here: {why_not}.")
        if why_not:
            self.place.say(f"not compiled: {why_not}")
            return self.model
        self.place.say("compiling: the first steps take long")
        return torch.compile(self.model)

    def train_step(self) -> torch.Tensor:
        """Do one step of the optimiser; return this process's loss, which the GPU may still be computing."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.step, self.wanted)
        self.model.train()
        total = torch.zeros((), device=self.place.device)
        for part in range(self.wanted.accumulate):
            tokens, target = (tensor.to(self.place.device, non_blocking=True) for tensor in next(self.batches))
            with self._joined(last=part == self.wanted.accumulate - 1):
                with self.precision.cast():
                    loss = loss_of(self.call(tokens), target) / self.wanted.accumulate
                self.precision.scaler.scale(loss).backward()
            total += loss.detach()
        self.precision.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.wanted.clip)
        self.precision.scaler.step(self.optimiser)
        self.precision.scaler.update()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        return total

    def _joined(self, *, last: bool) -> Any:
        """Gradients travel between the processes once a step, with the last batch."""
        if isinstance(self.model, torch.nn.parallel.DistributedDataParallel) and not last:
            return self.model.no_sync()
        if self.wanted.shard:
            self.model.set_requires_gradient_sync(last)
        return contextlib.nullcontext()

    @torch.no_grad()
    def check(self, most: int = 20) -> dict[str, float]:
        """Return loss (and accuracy of a classifier) on data that is not trained on."""
        self.model.eval()
        size = min(self.wanted.batch, len(self.held_out))
        order = Batches(len(self.held_out), size, seed=0, rank=self.place.rank, world=self.place.world)
        count = max(1, min(most, len(self.held_out) // size) // self.place.world)
        losses, right = [], []
        for tokens, target in islice(loader(self.held_out, order, workers=0, pinned=False), count):
            with self.precision.cast():
                scores = self.model(tokens.to(self.place.device))
            losses.append(loss_of(scores, target.to(self.place.device)))
            right.append((scores.argmax(-1) == target.to(self.place.device)).float().mean())
        found = {"held_out_loss": mean_over_all(torch.stack(losses).mean(), self.place)}
        found["held_out_accuracy"] = mean_over_all(torch.stack(right).mean(), self.place)
        return found

    def save(self) -> None:
        """Write a checkpoint."""
        checkpoints.save(
            self.wanted.out,
            self.step,
            self.place,
            self.model,
            self.optimiser,
            self.precision.scaler,
            {"about": self.about},
            shard=self.wanted.shard,
        )


class Metrics:
    """Numbers of the run: lines of JSON in ``metrics.jsonl``, and TensorBoard's files where that is installed."""

    def __init__(self, folder: Path, place: Place, step: int) -> None:
        self._file: Any = None
        self._board: Any = None
        if not place.first:
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "metrics.jsonl"
        # what an interrupted run wrote after its last checkpoint is computed, and written, once more
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() and step else []
        self._file = path.open("w", encoding="utf-8")
        self._file.writelines(f"{line}\n" for line in lines if line.endswith("}") and json.loads(line)["step"] <= step)
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            place.say("TensorBoard is not installed: numbers go to metrics.jsonl alone")
        else:
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, numbers: dict[str, float]) -> None:
        """Write the numbers of a step."""
        if self._file:
            self._file.write(json.dumps({"step": step, **numbers}) + "\n")
            self._file.flush()
        if self._board:
            for name, value in numbers.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is still waiting."""
        for end in (self._file, self._board):
            if end:
                end.close()


def train(wanted: argparse.Namespace, place: Place) -> None:
    """Train until the last step."""
    trainer = Trainer(wanted, place)
    metrics = Metrics(wanted.out, place, trainer.step)
    samples = wanted.batch * wanted.accumulate * place.world
    began, since = time.perf_counter(), trainer.step
    while trainer.step < wanted.steps:
        loss = trainer.train_step()
        last = trainer.step == wanted.steps
        check = trainer.step % wanted.check_every == 0 or last
        if check or trainer.step % wanted.write_every == 0:
            # reading a number waits for the GPU: done rarely, it costs nothing, and the time is true
            numbers = {"loss": mean_over_all(loss, place), "rate": rate_at(trainer.step - 1, wanted)}
            numbers["samples_per_second"] = (trainer.step - since) * samples / (time.perf_counter() - began)
            if check:
                numbers.update(trainer.check())
                if place.device.type == "cuda":
                    numbers["gpu_memory_gib"] = torch.cuda.max_memory_allocated(place.device) / 2**30
                place.say(
                    f"step {trainer.step}: " + ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
                )
            metrics.write(trainer.step, numbers)
            began, since = time.perf_counter(), trainer.step
        if trainer.step % wanted.save_every == 0 or last:
            trainer.save()
    metrics.close()


def main() -> None:
    """Read the command line, and train."""
    wanted = arguments()
    if not hasattr(functional, "scaled_dot_product_attention"):
        raise SystemExit(f"This project needs torch 2.0 or newer; this is {torch.__version__}.")
    place = join(wanted.device)
    train(wanted, place)
    leave(place)


if __name__ == "__main__":
    main()
