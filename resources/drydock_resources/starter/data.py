"""Text as bytes: generated, or your own. Batches are the same however many GPUs share them, and after a resume."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

PADDING = 256
_GOOD = ("fine", "bright", "lovely", "clever", "warm")
_BAD = ("dull", "poor", "awful", "clumsy", "cold")
_THINGS = ("film", "book", "meal", "song", "garden", "story", "train", "market")
_VERBS = ("was", "seemed", "stayed", "became")


def tokens_of(text: str) -> list[int]:
    """Return a text as token numbers: its UTF-8 bytes."""
    return list(text.encode("utf-8"))


def text_of(tokens: list[int]) -> str:
    """Return the text of token numbers; what is no UTF-8 is replaced."""
    return bytes(token for token in tokens if token < PADDING).decode("utf-8", "replace")


def sentence(dice: random.Random) -> tuple[str, int]:
    """Return a generated sentence, and whether it praises (1) or not (0); "not" turns that round."""
    good, turned = dice.random() < 0.5, dice.random() < 0.5
    word = dice.choice(_GOOD if good else _BAD)
    text = f"the {dice.choice(_THINGS)} {dice.choice(_VERBS)} {'not ' if turned else ''}{word}. "
    return text, int(good != turned)


class Windows(Dataset):
    """Pieces of a long text: each is an input, and the same moved by one token as the target."""

    def __init__(self, text: str, context: int) -> None:
        self._tokens = torch.tensor(tokens_of(text), dtype=torch.long)
        self._context = context
        if len(self) < 1:
            raise SystemExit(f"The text has {len(self._tokens)} bytes; at least {context + 1} are needed.")

    def __len__(self) -> int:
        return (len(self._tokens) - 1) // self._context

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        begin = index * self._context
        piece = self._tokens[begin : begin + self._context + 1]
        return piece[:-1], piece[1:]


class Labelled(Dataset):
    """Texts with a class each, cut or padded to one length."""

    def __init__(self, rows: list[tuple[str, int]], context: int) -> None:
        self._rows = rows
        self._context = context

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        text, label = self._rows[index]
        tokens = tokens_of(text)[: self._context]
        tokens += [PADDING] * (self._context - len(tokens))
        return torch.tensor(tokens, dtype=torch.long), torch.tensor(label, dtype=torch.long)


class Batches(Sampler):
    """Endless batches in a shuffled order that depends on the seed alone.

    The batches of all processes are numbered through; process ``rank`` of ``world`` takes every ``world``-th one. So
    two processes see together what one would, and training that is resumed at batch ``start`` goes on exactly there.
    """

    def __init__(self, length: int, size: int, *, seed: int, rank: int = 0, world: int = 1, start: int = 0) -> None:
        if length < size:
            raise SystemExit(
                f"There are {length} samples, fewer than the batch size of {size}; take a smaller --batch."
            )
        self._length, self._size, self._seed = length, size, seed
        self._rank, self._world, self._start = rank, world, start

    def __iter__(self) -> Iterator[list[int]]:
        per_epoch = self._length // self._size
        number, epoch, order = self._start * self._world + self._rank, -1, []
        while True:
            if number // per_epoch != epoch:
                epoch = number // per_epoch
                shuffle = torch.Generator().manual_seed(self._seed + epoch)
                order = torch.randperm(self._length, generator=shuffle).tolist()
            begin = number % per_epoch * self._size
            yield order[begin : begin + self._size]
            number += self._world


def language_data(path: str, context: int, seed: int) -> tuple[Dataset, Dataset]:
    """Return training and validation text: a file's, or generated where no path is given; a tenth validates."""
    if path:
        text = _read(path)
    else:
        dice = random.Random(seed)
        text = "".join(sentence(dice)[0] for _ in range(20_000))
    cut = len(text) * 9 // 10
    return Windows(text[:cut], context), Windows(text[cut:], context)


def labelled_data(path: str, context: int, seed: int) -> tuple[Dataset, Dataset, list[str]]:
    """Return training and validation texts, and the names of the classes.

    A file is CSV with the columns ``text`` and ``label``; without one, sentences are generated.
    """
    if path:
        table = list(csv.DictReader(_read(path).splitlines()))
        if not table or not {"text", "label"} <= set(table[0]):
            raise SystemExit(f"{path} must be CSV with a first line that names the columns text and label.")
        names = sorted({row["label"] for row in table})
        rows = [(row["text"], names.index(row["label"])) for row in table]
        random.Random(seed).shuffle(rows)
    else:
        dice, names = random.Random(seed), ["blame", "praise"]
        rows = [sentence(dice) for _ in range(8_000)]
    cut = max(1, len(rows) // 10)
    return Labelled(rows[cut:], context), Labelled(rows[:cut], context), names


def loader(data: Dataset, batches: Batches, *, workers: int, pinned: bool) -> DataLoader:
    """Return a loader whose batches lie in pinned memory, where a GPU fetches them while it computes."""
    return DataLoader(
        data,
        batch_sampler=batches,
        num_workers=workers,
        pin_memory=pinned,
        persistent_workers=workers > 0,
        prefetch_factor=4 if workers else None,
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"{path} cannot be read as UTF-8 text: {error}") from error
