"""What the framework does beyond single kernels: training, attention, compiler, export, libraries, loader, packages.

Each check returns a *finding*: ``passed`` (None: it is not there, and ``values["why"]`` says why), ``values`` and
``flags``. Each is called in a process of its own, and may raise: the driver reports that.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import tempfile
import time
import warnings
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Dict, Generator, List, Optional, Tuple

from drydock_probes import failures
from drydock_probes.channel import Record
from drydock_probes.kernels import TOLERANCES, relative_error, use_tf32

_ABSENT = {
    "compiler-missing": "there is no C compiler",
    "python-headers-missing": "the header files of Python are not installed",
    "triton-missing": "Triton is not installed",
    "gpu-too-old-for-triton": "Triton needs a GPU of compute capability 7.0 or newer",
}
"""Kinds of failure of the compiler that are a condition of the place, not a defect; in words."""
_UNWRITABLE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.ENOSPC, errno.EDQUOT}
)
# an operator's name in the profiler begins with one of these; the narrower stands first
_OPERATORS = (
    ("aten::_scaled_dot_product_flash_attention", "flash"),
    ("aten::_scaled_dot_product_efficient_attention", "efficient"),
    ("aten::_scaled_dot_product_cudnn_attention", "cudnn"),
    ("aten::_scaled_dot_product_fused_attention_overrideable", "overrideable"),
    ("aten::_scaled_dot_product_attention_math", "math"),
)
_BACK_ENDS = (
    ("flash", "FLASH_ATTENTION"),
    ("efficient", "EFFICIENT_ATTENTION"),
    ("cudnn", "CUDNN_ATTENTION"),
    ("math", "MATH"),
)
_PACKAGES = ("torchvision", "torchaudio", "triton", "transformers", "flash-attn", "xformers", "bitsandbytes",
             "accelerate", "deepspeed", "apex", "tensorboard", "numpy")  # fmt: skip


def _finding(passed: Optional[bool], values: Record, flags: Tuple[str, ...] = ()) -> Record:
    return {"passed": passed, "values": values, "metrics": {}, "flags": list(flags)}


def _absent(why: str, flag: str = "absent") -> Record:
    return _finding(None, {"why": why}, (flag,))


def _judged(errors: Dict[str, Optional[float]], limit: float, values: Record) -> Record:
    """Return a finding that passes when every error is finite and within a limit."""
    bad = [name for name, error in errors.items() if error is None or not error <= limit]
    flags = () if not bad else ("not-finite",) if any(errors[name] is None for name in bad) else ("wrong-result",)
    return _finding(not bad, {"errors": errors, "tolerance": limit, **values}, flags)


def _format(torch: Any, device: str) -> str:
    """Return the number format that training on a device would use."""
    if device == "cpu":
        return "float32"
    capability = tuple(torch.cuda.get_device_capability(device))
    return "bfloat16" if capability >= (8, 0) else "float16" if capability >= (7, 0) else "float32"


def _synchronise(torch: Any, device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize(device)


def _timed(torch: Any, device: str, act: Callable[[], Any]) -> Tuple[Any, float]:
    """Return what an act gives, and its milliseconds."""
    _synchronise(torch, device)
    start = time.perf_counter()
    given = act()
    _synchronise(torch, device)
    return given, round(1000 * (time.perf_counter() - start), 3)


def _net(torch: Any) -> Any:
    """Return a small net with the layers of a Transformer, the same every time."""
    torch.manual_seed(71)
    nn = torch.nn
    layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True)
    return nn.Sequential(layer, nn.LayerNorm(64), nn.Linear(64, 10))


def training(torch: Any, device: str) -> Record:
    """Forward, backward, optimiser step: each timed, loss and gradients compared with double precision."""
    use_tf32(torch, False)
    torch.manual_seed(72)
    inputs, target = torch.randn(8, 32, 64), torch.randint(0, 10, (8,))

    def loss_of(net: Any, sample: Any, goal: Any) -> Any:
        return torch.nn.functional.cross_entropy(net(sample).mean(1), goal)

    exact = _net(torch).double()
    expected = loss_of(exact, inputs.double(), target)
    expected.backward()
    net, sample, goal = _net(torch).to(device), inputs.to(device), target.to(device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-2)
    loss_of(net, sample, goal).backward()  # the first time loads libraries
    net.zero_grad()
    loss, forward = _timed(torch, device, lambda: loss_of(net, sample, goal))
    _, backward = _timed(torch, device, loss.backward)
    pairs = list(zip(net.parameters(), exact.parameters()))
    errors: Dict[str, Optional[float]] = {
        "loss": relative_error(loss.detach().cpu().double(), expected.detach()),
        "gradients": _worst([relative_error(one.grad.cpu().double(), other.grad) for one, other in pairs]),
    }
    _, step = _timed(torch, device, optimiser.step)
    after = float(loss_of(net, sample, goal).detach())
    values = {"forward_ms": forward, "backward_ms": backward, "optimiser_ms": step}
    values.update({"loss": float(loss.detach()), "loss_after": after})
    finding = _judged(errors, 1e-4, values)
    if not after < values["loss"]:
        return {**finding, "passed": False, "flags": [*finding["flags"], "loss-not-lower"]}
    return finding


def _worst(errors: List[Optional[float]]) -> Optional[float]:
    known = [error for error in errors if error is not None]
    return max(known) if len(known) == len(errors) else None


def attention(torch: Any, device: str) -> Record:
    """Scaled dot product attention: which back end runs by itself, which others would, and why the rest refuse."""
    functional = torch.nn.functional
    if not hasattr(functional, "scaled_dot_product_attention"):
        return _absent(f"torch {torch.__version__} has no scaled_dot_product_attention; it came with 2.0")
    name = _format(torch, device)
    source = torch.Generator().manual_seed(73)
    parts = [torch.randn(2, 4, 256, 64, generator=source).to(getattr(torch, name)) for _ in range(3)]
    query, key, value = (part.double() for part in parts)
    hidden = torch.ones(256, 256, dtype=torch.bool).triu(1)
    expected = (query @ key.transpose(-2, -1) / 8.0).masked_fill(hidden, float("-inf")).softmax(-1) @ value
    there = [part.to(device).requires_grad_() for part in parts]

    def act() -> Any:
        return functional.scaled_dot_product_attention(*there, is_causal=True)

    ran, result = _operator_of(torch, act)
    errors: Dict[str, Optional[float]] = {"default": relative_error(result.detach().cpu().double(), expected)}
    backs: Dict[str, Record] = {}
    for back, constant in _BACK_ENDS:
        if device == "cpu" and back in ("efficient", "cudnn"):
            backs[back] = {"why": "it is for GPUs only"}
            continue
        forced = _forced(torch, back, constant)
        if forced is None:
            backs[back] = {"why": f"torch {torch.__version__} does not have it"}
            continue
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                with forced():
                    act()
                    result, took = _timed(torch, device, act)
            except RuntimeError as error:
                backs[back] = {"why": _reasons(said, str(error))}
                continue
        errors[back] = relative_error(result.detach().cpu().double(), expected)
        backs[back] = {"ms": took}
    return _judged(errors, 4 * TOLERANCES[name], {"dtype": name, "ran": ran, "back_ends": backs})


def _operator_of(torch: Any, act: Callable[[], Any]) -> Tuple[str, Any]:
    """Return which back end an act took, and its result."""
    act()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        result = act()
    names = [str(event.key) for event in profile.key_averages()]
    for prefix, back in _OPERATORS:
        if any(name.startswith(prefix) for name in names):
            return back, result
    return "unknown", result


def _forced(torch: Any, back: str, constant: str) -> Optional[Callable[[], Any]]:
    """Return what makes the context in which only one back end may run; None where this torch has not that one."""
    try:
        chooser: Any = importlib.import_module("torch.nn.attention")
    except ImportError:
        if back == "cudnn":
            return None
        kernel = torch.backends.cuda.sdp_kernel
        return lambda: kernel(
            enable_flash=back == "flash", enable_math=back == "math", enable_mem_efficient=back == "efficient"
        )
    chosen = getattr(chooser.SDPBackend, constant, None)
    return None if chosen is None else lambda: chooser.sdpa_kernel(chosen)


def _reasons(said: List[Any], text: str) -> str:
    """Return the reasons torch gives as warnings, without its file names and repetitions."""
    lines = [str(warning.message).split(" (Triggered internally")[0].strip() for warning in said]
    told = [line for line in dict.fromkeys(lines) if line and "kernel not used because" not in line]
    return "; ".join(told) or text.strip().split("\n")[0]


def compiled(torch: Any, device: str) -> Record:
    """torch.compile: the first call's seconds, and the same result and gradient as without."""
    if not hasattr(torch, "compile"):
        return _absent(f"torch {torch.__version__} has no torch.compile; it came with 2.0")
    off = [name for name in ("TORCH_COMPILE_DISABLE", "TORCHDYNAMO_DISABLE") if os.environ.get(name, "0") != "0"]
    if off:
        return _absent(f"the variable {off[0]} turns it off", "turned-off")
    use_tf32(torch, False)

    def function(left: Any, right: Any) -> Any:
        return torch.nn.functional.gelu(left @ right / 96).mean(-1).tanh()

    source = torch.Generator().manual_seed(74)
    pair = [torch.randn(96, 96, generator=source).to(device).requires_grad_() for _ in range(2)]
    expected, wanted = _with_gradient(torch, function, pair)
    try:
        start = time.perf_counter()
        result, gradient = _with_gradient(torch, torch.compile(function), pair)
        _synchronise(torch, device)
        seconds = round(time.perf_counter() - start, 2)
    except Exception as error:
        failure = failures.of(error)
        if failure.kind in _ABSENT:
            return _absent(_ABSENT[failure.kind], failure.kind)
        unwritable = _unwritable(error)
        if unwritable:
            return _absent(f"its cache in {_cache_folder()} cannot be written: {unwritable}", "cache-not-writable")
        raise
    graphs = importlib.import_module("torch._dynamo.utils").counters["stats"].get("unique_graphs", 0)
    errors: Dict[str, Optional[float]] = {
        "result": relative_error(result.cpu().double(), expected.cpu().double()),
        "gradient": relative_error(gradient.cpu().double(), wanted.cpu().double()),
    }
    finding = _judged(errors, 1e-4, {"first_call_s": seconds, "graphs": graphs, "cache": _cache_folder()})
    return finding if graphs else {**finding, "passed": False, "flags": [*finding["flags"], "not-compiled"]}


def _with_gradient(torch: Any, function: Any, pair: List[Any]) -> Tuple[Any, Any]:
    result = function(*pair)
    (gradient,) = torch.autograd.grad(result.square().sum(), pair[:1])
    return result.detach(), gradient


def _unwritable(error: Optional[BaseException]) -> str:
    """Return what the system said where an error comes from a file that cannot be written; else empty."""
    seen: List[BaseException] = []
    while error is not None and error not in seen:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            return str(error)
        seen.append(error)
        error = error.__cause__ or error.__context__
    return ""


def _cache_folder() -> str:
    named = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    return named or os.path.join(tempfile.gettempdir(), "torchinductor_*")


def exported(torch: Any, device: str) -> Record:
    """torch.export: written, read again, and the same answers."""
    if not hasattr(torch, "export") or not hasattr(torch.export, "export"):
        return _absent(f"torch {torch.__version__} has no torch.export; it came with 2.1")
    use_tf32(torch, False)
    net, sample = _net(torch).to(device).eval(), torch.randn(2, 32, 64).to(device)
    with _quiet() as said:
        program = torch.export.export(net, (sample,))
        file = io.BytesIO()
        torch.export.save(program, file)
        file.seek(0)
        loaded = torch.export.load(file).module()
    return _same_answers(torch, net, loaded, sample, said)


def scripted(torch: Any, device: str) -> Record:
    """TorchScript by tracing: written, read again, and the same answers. PyTorch has deprecated it."""
    use_tf32(torch, False)
    net, sample = _net(torch).to(device).eval(), torch.randn(2, 32, 64).to(device)
    with _quiet() as said:
        file = io.BytesIO()
        torch.jit.save(torch.jit.trace(net, (sample,), check_trace=False), file)
        file.seek(0)
        loaded = torch.jit.load(file, map_location=device)
    return _same_answers(torch, net, loaded, sample, said)


@contextmanager
def _quiet() -> Generator[List[str], None, None]:
    kinds: List[str] = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield kinds
    kinds += sorted({warning.category.__name__ for warning in said})


def _same_answers(torch: Any, net: Any, loaded: Any, sample: Any, said: List[str]) -> Record:
    with torch.no_grad():
        expected, found = net(sample), loaded(sample)
    error = relative_error(found.cpu().double(), expected.cpu().double())
    return _judged({"answers": error}, 1e-4, {"warnings": said})


def libraries(torch: Any, device: str) -> Record:
    """A call through each library of the build: convolution, solver, Fourier transform, communication."""
    use_tf32(torch, False)
    source = torch.Generator().manual_seed(75)
    image, weight = torch.randn(2, 8, 32, 32, generator=source), torch.randn(16, 8, 3, 3, generator=source)
    matrix = torch.randn(64, 64, generator=source) + 8 * torch.eye(64)
    right, signal = torch.randn(64, 4, generator=source), torch.randn(4096, generator=source)
    acts: Dict[str, Tuple[Callable[..., Any], Tuple[Any, ...]]] = {
        "convolution": (torch.nn.functional.conv2d, (image, weight)),
        "solver": (torch.linalg.solve, (matrix, right)),
        "fourier": (partial(_there_and_back, torch), (signal,)),
        "communication": (partial(_reduced, torch), (right,)),
    }
    errors: Dict[str, Optional[float]] = {}
    failed: Dict[str, str] = {}
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for name, (act, inputs) in acts.items():
            exact = right.double() if name == "communication" else act(*(item.double() for item in inputs))
            try:
                result = act(*(item.to(device) for item in inputs))
                errors[name] = relative_error(result.cpu().double(), exact)
            except Exception as error:
                failed[name] = failures.of(error).text.split("\n")[0]
    finding = _judged(errors, 1e-4, {"failed": failed, **_versions(torch, device)})
    return finding if not failed else {**finding, "passed": False, "flags": [*finding["flags"], "library-failed"]}


def _versions(torch: Any, device: str) -> Record:
    if device == "cpu":
        return {"onednn": bool(torch.backends.mkldnn.is_available()), "blas": "mkl" if torch.has_mkl else "other"}
    return {"cudnn": torch.backends.cudnn.version(), "nccl": str(torch.cuda.nccl.version())}


def _there_and_back(torch: Any, wave: Any) -> Any:
    return torch.fft.irfft(torch.fft.rfft(wave), wave.numel())


def _reduced(torch: Any, numbers: Any) -> Any:
    """Return numbers after an all-reduce among one process, which must change nothing."""
    distributed = torch.distributed
    if not distributed.is_available():
        raise RuntimeError("this torch was built without torch.distributed")
    with tempfile.TemporaryDirectory() as folder:
        back = "nccl" if numbers.is_cuda else "gloo"
        store = distributed.FileStore(os.path.join(folder, "store"), 1)
        distributed.init_process_group(back, store=store, rank=0, world_size=1)
        try:
            copy = numbers.clone()
            distributed.all_reduce(copy)
            return copy.cpu()
        finally:
            distributed.destroy_process_group()


class _Pieces:
    """A data set of a stated number of bytes a sample."""

    def __init__(self, torch: Any, count: int, size: int) -> None:
        self._torch, self._count, self._size = torch, count, size

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Any:
        return self._torch.full((self._size,), index % 251, dtype=self._torch.uint8)


def loader(torch: Any, device: str) -> Record:
    """A DataLoader with two workers: batches of 16 MiB come through shared memory, in their order and whole."""
    count, batch, size = 64, 8, 2 << 20
    pieces = _Pieces(torch, count, size)
    loading = torch.utils.data.DataLoader(pieces, batch_size=batch, num_workers=2, pin_memory=device != "cpu")
    start = time.perf_counter()
    try:
        # the first and the last byte of every sample tell which it is
        seen = [int(row[at]) for rows in loading for row in rows.to(device, non_blocking=True) for at in (0, -1)]
    except RuntimeError as error:
        if "bus error" in str(error).lower() or "shared memory" in str(error).lower():
            return _finding(False, {"why": str(error).split("\n")[0], "batch_bytes": batch * size}, ("shm-too-small",))
        raise
    seconds = time.perf_counter() - start
    right = seen == [index % 251 for index in range(count) for _ in range(2)]
    values = {"workers": 2, "batch_bytes": batch * size, "bytes_per_s": round(count * size / seconds)}
    return _finding(right, values, () if right else ("wrong-result",))


def packages(torch: Any, device: str) -> Record:
    """Packages beside torch: their versions, and whether torchvision's operators fit this torch."""
    metadata: Any = importlib.import_module("importlib.metadata")
    found: Dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = str(metadata.version(name))
        except metadata.PackageNotFoundError:
            continue
    if "torchvision" not in found:
        return _finding(True, {"versions": found})
    try:
        ops: Any = importlib.import_module("torchvision.ops")
        boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [1.0, 1.0, 10.0, 10.0], [20.0, 20.0, 30.0, 30.0]]).to(device)
        kept = ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]).to(device), 0.5).tolist()
    except Exception as error:
        why = failures.of(error).text.split("\n")[0]
        return _finding(False, {"versions": found, "why": why}, ("torchvision-does-not-fit",))
    return _finding(kept == [0, 2], {"versions": found}, () if kept == [0, 2] else ("wrong-result",))


def transformers(torch: Any, device: str) -> Record:
    """A tiny BERT of the package transformers, made from a configuration: forward and backward."""
    try:
        library: Any = importlib.import_module("transformers")
    except ImportError as error:
        return _absent(f"{error}")
    shape = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 64}
    net = library.BertForSequenceClassification(library.BertConfig(vocab_size=100, **shape)).to(device)
    answer = net(input_ids=torch.arange(64).view(2, 32).to(device), labels=torch.tensor([0, 1]).to(device))
    answer.loss.backward()
    whole = all(weight.grad is not None and bool(weight.grad.isfinite().all()) for weight in net.parameters())
    values = {"version": str(library.__version__), "loss": float(answer.loss.detach())}
    return _finding(whole, values, () if whole else ("not-finite",))


CHECKS: Dict[str, Tuple[Callable[[Any, str], Record], float]] = {
    "training": (training, 90.0),
    "attention": (attention, 90.0),
    "compile": (compiled, 240.0),
    "export": (exported, 120.0),
    "torchscript": (scripted, 90.0),
    "libraries": (libraries, 120.0),
    "loader": (loader, 90.0),
    "packages": (packages, 90.0),
    "transformers": (transformers, 120.0),
}
"""Each check with the seconds it may take, in the order of the probe."""
