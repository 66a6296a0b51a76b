import pytest

from drydock_probes import failures


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("CUDA error: no kernel image is available for execution on the device", "no-kernel-image", None),
        ("CUDA error 209: something in another language", "no-kernel-image", 209),
        ("The NVIDIA driver on your system is too old (found version 11040).", "driver-too-old", None),
        ("cudaGetDeviceCount() returned an error. Error 804: forward compatibility was attempted on non supported HW",
         "forward-compatibility-refused", 804),
        ("Error 803: system has unsupported display driver / cuda driver combination", "driver-library-mismatch", 803),
        ("cudaGetDeviceCount() CUDA. Error 802: system not yet initialized", "fabric-not-ready", 802),
        ("the provided PTX was compiled with an unsupported toolchain.", "ptx-too-new", None),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", "oom", None),
        ("CUDA error: an illegal memory access was encountered", "illegal-address", None),
        ("CUDA error: something new", "cuda-error", None),
        ("InvalidCxxCompiler: No working C++ compiler found", "compiler-missing", None),
        ("fatal error: Python.h: No such file or directory", "python-headers-missing", None),
        ("index 3 is out of bounds", "other", None),
    ],
)  # fmt: skip
def test_kinds(text, kind, number):
    found = failures.classify(text)
    assert (found.kind, found.number) == (kind, number)


def test_the_number_of_an_exception_wins_over_its_words():
    error = RuntimeError("CUDA error: words nobody knows")
    error.error_code = 222
    assert failures.of(error)[::2] == ("ptx-too-new", 222)
    assert failures.of(MemoryError()).kind == "oom"
    assert len(failures.classify("x" * 9000).text) == 2000
