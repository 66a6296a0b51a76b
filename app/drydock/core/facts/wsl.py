"""Facts about a Linux inside WSL: what Windows lends it, and what its settings say."""

import msgspec

from drydock.core.facts.fact import Fact, Missing

_NOT_ASKED = Missing("not_asked")


class Wsl(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of WSL and the driver libraries that Windows lends.

    Attributes:
        libraries: names of the files in /usr/lib/wsl/lib.
        on_loader_path: whether the loader's configuration names that directory.
        gpu_enabled: ``enabled`` of the section ``gpu`` in /etc/wsl.conf; absent where it is not set.
        settings_file: path of Windows' .wslconfig, where there is one; written so that it names nobody.
        memory: ``memory`` of that file, as it is written there; absent where it is not set.
        gpu_support: ``gpuSupport`` of that file; absent where it is not set.
    """

    libraries: Fact[tuple[str, ...]] = _NOT_ASKED
    on_loader_path: Fact[bool] = _NOT_ASKED
    gpu_enabled: Fact[bool] = _NOT_ASKED
    settings_file: Fact[str] = _NOT_ASKED
    memory: Fact[str] = _NOT_ASKED
    gpu_support: Fact[bool] = _NOT_ASKED
