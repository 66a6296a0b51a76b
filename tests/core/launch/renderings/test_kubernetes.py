"""Kubernetes manifests, judged by the schemas that Kubernetes publishes."""

import kubernetes_validate
import pytest
import yaml
from hypothesis import given, settings
from tests.core.launch.renderings.test_renderings import CHOICES, FULL, made

from drydock.core.launch import Choice, MountWish
from drydock.core.launch.renderings import render

VERSIONS = ("1.30", "1.34")


def manifests(choice, kind="kubernetes", **keywords):
    return list(yaml.safe_load_all(render(made(choice), kind, **keywords).text))


@given(CHOICES)
@settings(max_examples=8, deadline=None)
def test_they_fit_the_schemas(choice):
    for kind in ("kubernetes", "kubernetes-pod"):
        for manifest in manifests(choice, kind):
            kubernetes_validate.validate(manifest, VERSIONS[-1], strict=True)


def test_older_clusters_take_them():
    for manifest in manifests(FULL):
        kubernetes_validate.validate(manifest, VERSIONS[0], strict=True)


def test_the_schemas_can_refuse():
    *_, job = manifests(FULL)
    job["spec"]["template"]["spec"]["restart"] = "Never"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, VERSIONS[0], strict=True)


def test_a_job_in_full():
    *claims, job = manifests(FULL)
    assert (job["kind"], job["apiVersion"], job["metadata"]["name"]) == ("Job", "batch/v1", "my-run")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    sizes = {"memory": "32Gi", "nvidia.com/gpu": "2"}
    assert container["resources"] == {"limits": sizes, "requests": sizes}
    assert pod["restartPolicy"] == "Never"
    assert container["securityContext"] == {"allowPrivilegeEscalation": False}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["shm"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "8Gi"}
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert mounts["/dev/shm"]["name"] == "shm"
    assert mounts["/data"]["readOnly"] is True
    assert "readOnly" not in mounts["/workspace"]
    claimed = {volume["persistentVolumeClaim"]["claimName"] for name, volume in volumes.items() if name != "shm"}
    assert claimed == {claim["metadata"]["name"] for claim in claims}
    assert {mount["name"] for mount in mounts.values()} == set(volumes)
    variables = {variable["name"]: variable for variable in container["env"]}
    assert variables["HF_TOKEN"]["valueFrom"]["secretKeyRef"] == {"name": "my-run-secrets", "key": "HF_TOKEN"}
    assert variables["GREETING"]["value"] == "it's $$HOME\nand more"
    assert "Secret" not in {manifest["kind"] for manifest in claims}


def test_a_pod_and_a_number_for_all_gpus():
    (pod,) = manifests(Choice(image="i"), "kubernetes-pod", gpu_count=8)
    assert pod["kind"] == "Pod"
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"nvidia.com/gpu": "8"}
    (without,) = manifests(Choice(image="i", gpus="none"), "kubernetes-pod")
    assert "resources" not in without["spec"]["containers"][0]
    assert {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"} in without["spec"]["containers"][0]["env"]


def test_claims_have_names_of_their_own():
    mounts = tuple(
        MountWish(source=source, target=target)
        for source, target in (("/a", "/x/y"), ("/b", "/x-y"), ("/a", "/z"), ("shm", "/s"), ("x-y", "/v"))
    )
    *claims, job = manifests(Choice(image="i", mounts=mounts))
    names = [claim["metadata"]["name"] for claim in claims]
    assert len(set(names)) == len(names) == 4
    pod = job["spec"]["template"]["spec"]
    by_path = {mount["mountPath"]: mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert by_path["/x/y"] == by_path["/z"]
    assert len({by_path[path] for path in ("/x/y", "/x-y", "/s", "/v", "/dev/shm")}) == 5
