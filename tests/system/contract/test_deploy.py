"""Compose and Kubernetes set what the services need, and name nothing that does not exist."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from servicekit.settings import StatelessSettings

ROOT = Path(__file__).parents[3]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
IMAGES = ROOT / "deploy" / "images"
DOCKERFILES = sorted(IMAGES.glob("*.Dockerfile"))
README = (ROOT / "deploy" / "README.md").read_text()


def local_requirements(service: str) -> list[str]:
    """Return what deploy/images/requirements.py installs for a service."""
    done = subprocess.run(
        [sys.executable, IMAGES / "requirements.py", service], capture_output=True, text=True
    )
    if done.returncode:
        raise ValueError(done.stderr)
    return done.stdout.split()


def settings_of(service: str) -> type[StatelessSettings]:
    """Return the settings class of a service."""
    found: type[StatelessSettings] = importlib.import_module(f"{service}.settings").Settings
    return found


def variables(service: str) -> set[str]:
    """Return every environment variable that a service reads."""
    return {name.upper() for name in settings_of(service).model_fields}


def needed(service: str) -> set[str]:
    """Return the variables that a service can't start without."""
    fields = settings_of(service).model_fields
    return {name.upper() for name, field in fields.items() if field.is_required()}


def dockerfile_of(service: str) -> Path:
    """Return the Dockerfile that a service is built with: a service with weights needs a GPU."""
    return IMAGES / f"{'gpu' if (ROOT / 'models' / service).is_dir() else 'light'}.Dockerfile"


def of_image(service: str) -> set[str]:
    """Return the variables that the Dockerfile of a service sets."""
    text = dockerfile_of(service).read_text()
    final_stage = text[text.rindex("FROM ") :]
    return set(re.findall(r"([A-Z_]+)=", " ".join(re.findall(r"^ENV (.*)", final_stage, re.M))))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return the services of the compose file."""
    text = (ROOT / "deploy" / "compose" / "compose.yaml").read_text()
    parsed: dict[str, Any] = yaml.safe_load(text)["services"]
    return parsed


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the objects of the rendered Kubernetes base, by kind and name."""
    done = subprocess.run(
        [Path(sys.executable).parent / "kubectl", "kustomize", ROOT / "deploy" / "k8s" / "base"],
        capture_output=True,
        text=True,
        check=True,
    )
    rendered = list(yaml.safe_load_all(done.stdout))
    return {(item["kind"], item["metadata"]["name"]): item for item in rendered}


@pytest.mark.parametrize("service", SERVICES)
def test_compose_sets_what_a_service_needs(compose: dict[str, Any], service: str) -> None:
    set_here = set(compose[service]["environment"])
    assert needed(service) <= set_here | of_image(service)
    shared = set.intersection(*(set(compose[name]["environment"]) for name in SERVICES))
    assert set_here - shared <= variables(service)


def test_compose_builds_what_exists(compose: dict[str, Any]) -> None:
    folder = ROOT / "deploy" / "compose"
    for name in SERVICES:
        build = compose[name]["build"]
        assert (folder / build["context"]).resolve() == ROOT
        assert ROOT / build["dockerfile"] == dockerfile_of(name)
        assert build["args"]["SERVICE"] == name
        assert local_requirements(name + build["args"].get("EXTRAS", ""))
    ports = [port for name in SERVICES for port in compose[name]["ports"]]
    assert len(set(ports)) == len(SERVICES)
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_provisions_before_any_service_starts(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        condition = compose[name]["depends_on"]["provision"]["condition"]
        assert condition == "service_completed_successfully"
    assert compose["provision"]["entrypoint"][1:] == ["-m", "servicekit.provision"]


@pytest.mark.parametrize("service", SERVICES)
def test_kubernetes_sets_what_a_service_needs(
    objects: dict[tuple[str, str], dict[str, Any]], service: str
) -> None:
    (container,) = objects["Deployment", service]["spec"]["template"]["spec"]["containers"]
    assert ":" in container["image"], "kustomization.yaml gives its image no tag"
    assert {"configMapRef": {"name": "settings"}} in container["envFrom"]
    assert {"secretRef": {"name": "connections"}} in container["envFrom"]
    config = set(objects["ConfigMap", "settings"]["data"])
    secret = set(re.findall(r"--from-literal=([A-Z_]+)=", README))
    own = {entry["name"] for entry in container.get("env", [])}
    assert needed(service) <= own | config | secret | of_image(service)
    assert own <= variables(service)


def test_kubernetes_config_names_settings_that_exist(
    objects: dict[tuple[str, str], dict[str, Any]],
) -> None:
    known = set.union(*(variables(service) for service in SERVICES))
    assert set(objects["ConfigMap", "settings"]["data"]) <= known


@pytest.mark.parametrize("service", SERVICES)
def test_kubernetes_runs_each_service_restricted_probed_and_reachable(
    objects: dict[tuple[str, str], dict[str, Any]], service: str
) -> None:
    deployment = objects["Deployment", service]["spec"]
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"]["port"] == 50051
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    grace = settings_of(service).model_fields["shutdown_grace_s"].default
    before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= before + 2 * grace
    service_object = objects["Service", service]["spec"]
    assert service_object["clusterIP"] == "None"
    labels = deployment["template"]["metadata"]["labels"]
    assert service_object["selector"].items() <= labels.items()
    assert ("ServiceAccount", pod["serviceAccountName"]) in objects


def test_two_services_ask_for_a_gpu(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    asking = {
        name
        for (kind, name), item in objects.items()
        if kind == "Deployment"
        and "nvidia.com/gpu"
        in item["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    }
    assert asking == {"classifier", "segmenter"}


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_a_dockerfile_copies_what_exists_and_one_service(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", text, re.M)
    assert len([path for path in copied if path.startswith("services/")]) == 1
    for path in (path.replace("${SERVICE}", "segmenter") for path in copied):
        assert (ROOT / path).exists()
        assert any(
            kept[0] == "!" and (path.startswith(kept[1:]) or kept[1:].startswith(f"{path}/"))
            for kept in ignored
        )
    assert "USER 10001" in text


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_the_process_of_a_container_is_python_itself(dockerfile: Path, tmp_path: Path) -> None:
    """A shell as process 1 would keep SIGTERM to itself, and the service would be killed after the grace."""
    (tmp_path / "segmenter.py").write_text("import os; print(os.getpid())")
    (line,) = re.findall(r"^ENTRYPOINT (.*)", dockerfile.read_text(), re.M)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    process = subprocess.Popen(
        json.loads(line),
        env={"PATH": path, "SERVICE": "segmenter", "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    out, _ = process.communicate(timeout=30)
    assert out == f"{process.pid}\n"


@pytest.mark.parametrize("service", SERVICES)
def test_every_library_that_an_image_installs_is_sent_to_its_build(service: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in local_requirements(service):
        folder = line.removeprefix("./").partition("[")[0]
        assert f"!{folder}" in ignored or folder.startswith("services/")


def test_an_image_holds_no_service_but_its_own() -> None:
    for service in SERVICES:
        lines = local_requirements(service)
        assert [line for line in lines if "services/" in line] == [f"./services/{service}"]


def test_an_unknown_service_or_extra_is_named() -> None:
    with pytest.raises(ValueError, match="nosuch: there is no such service"):
        local_requirements("nosuch")
    with pytest.raises(ValueError, match="color: there is no extra nosuch"):
        local_requirements("color[nosuch]")
