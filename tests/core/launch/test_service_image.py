"""The generated Dockerfile."""

import hashlib
from importlib import resources

from drydock.core.launch.service_image import dockerfile, service_image


def test_services_decide_what_is_installed():
    image = service_image("pytorch/pytorch:2.9", "sha256:x", ("ssh", "jupyter"))
    text = dockerfile(image)
    assert image.services == ("jupyter", "ssh")
    assert "jupyterlab" in text
    assert "tensorboard" not in text
    assert "openssh-server" in text
    # host keys made at the install would be the same in every container
    assert "rm -rf /etc/ssh/ssh_host_*" in text
    assert "apt-get" not in dockerfile(service_image("i", "x", ("jupyter",)))


def test_network_settings_stay_in_the_first_stage():
    image = service_image("i", "x", ("jupyter", "tensorboard"))
    first, final = dockerfile(image, ("pip.conf", "ca.pem")).split("\n\nFROM ")
    assert "PIP_CONFIG_FILE=" in first
    assert "PIP_CERT=" in first
    assert "network" not in final
    assert "PIP_" not in dockerfile(image)


def test_labels_name_the_parent():
    labels = service_image("i:1", "sha256:x", ("jupyter",)).labels
    assert labels["drydock.parent"] == "i:1"
    assert labels["drydock.parent-digest"] == "sha256:x"
    assert "drydock.parent-digest" not in service_image("i:1", "", ("jupyter",)).labels


def test_a_change_of_the_contents_needs_a_new_format():
    """Images are found again by a key that does not see the files: raise ``_FORMAT`` in the module with this hash."""
    root = resources.files("drydock_resources") / "service_image"
    content = b"".join((root / name).read_bytes() for name in ("jupyter_config.py", "services.py"))
    image = service_image("i", "x", ("jupyter", "ssh", "tensorboard"))
    # the Dockerfile names the key, and so the format
    assert hashlib.sha256(content + dockerfile(image).encode()).hexdigest()[:16] == "474522f5d3659826"
