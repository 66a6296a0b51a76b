"""The generated Dockerfile."""

import hashlib
from importlib import resources

from drydock.core.launch import PARTS
from drydock.core.launch.service_image import Programs, dockerfile, service_image


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


def test_the_settings_are_copied_only_where_they_are_used():
    assert "network/" not in dockerfile(service_image("i", "x", ("tini",)), ("pip.conf",))


def test_one_install_for_all_system_packages():
    text = dockerfile(service_image("i", "x", ("tini", "ssh", "compiler")), ("ca.pem",))
    assert text.count("apt-get -o Acquire::https::CaInfo=") == 2
    assert "openssh-server gcc g++ libc6-dev tini $(python3 /opt/drydock/python_headers.py)" in text
    assert "pip install" not in text


def test_an_init_goes_before_what_the_parent_runs():
    programs = Programs(entrypoint=("/entry.sh", "-x"), command=("bash",), user="worker")
    text = dockerfile(service_image("i", "x", ("tini",)), programs=programs)
    assert 'ENTRYPOINT ["/bin/sh", "/opt/drydock/init", "/entry.sh", "-x"]' in text
    assert 'CMD ["bash"]' in text
    # the tools stage needs no such thing, and nor does an image without one
    assert text.count("ENTRYPOINT") == 1
    assert "ENTRYPOINT" not in dockerfile(service_image("i", "x", ("compiler",)), programs=programs)


def test_whoever_works_inside_still_does_unless_services_need_root():
    programs = Programs(user="worker")
    assert dockerfile(service_image("i", "x", ("compiler",)), programs=programs).endswith("USER worker\n")
    assert "USER worker" not in dockerfile(service_image("i", "x", ("jupyter", "compiler")), programs=programs)


def test_the_key_follows_contents_and_parts():
    one = service_image("a/b:1", "sha256:x", ("jupyter",))
    assert one.key == service_image("mirror:5000/a/b:1", "sha256:x", ("jupyter",), "sha256:other").key
    assert one.key != service_image("a/b:1", "sha256:y", ("jupyter",)).key
    assert one.key != service_image("a/b:1", "sha256:x", ("jupyter", "tini")).key


def test_labels_name_the_parent():
    labels = service_image("i:1", "sha256:x", ("jupyter", "tini"), "sha256:d").labels
    assert labels["drydock.parent"] == "i:1"
    assert (labels["drydock.parent-id"], labels["drydock.parent-digest"]) == ("sha256:x", "sha256:d")
    assert labels["drydock.parts"] == "jupyter,tini"
    # a finished image is no stage
    assert labels["drydock.service-image.stage"] == ""
    assert "drydock.parent-digest" not in service_image("i:1", "sha256:x", ("jupyter",)).labels


def test_a_change_of_the_contents_needs_a_new_format():
    """Images are found again by a key that does not see the files: raise ``_FORMAT`` in the module with this hash."""
    root = resources.files("drydock_resources") / "service_image"
    image = service_image("i", "x", PARTS)
    content = b"".join((root / name).read_bytes() for name in sorted(image.files))
    # the Dockerfile names the key, and so the format
    assert hashlib.sha256(content + dockerfile(image).encode()).hexdigest()[:16] == "3174af8565972309"
