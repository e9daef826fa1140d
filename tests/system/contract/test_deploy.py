"""Compose and Kubernetes set what the services need, and name nothing that does not exist."""

from __future__ import annotations

import importlib
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
DOCKERFILES = sorted(ROOT.glob("services/*/Dockerfile*"))
README = (ROOT / "deploy" / "README.md").read_text()


def settings_of(service: str) -> type[StatelessSettings]:
    """The settings class of a service."""
    found: type[StatelessSettings] = importlib.import_module(f"{service}.settings").Settings
    return found


def variables(service: str) -> set[str]:
    """Every environment variable that a service reads."""
    return {name.upper() for name in settings_of(service).model_fields}


def needed(service: str) -> set[str]:
    """Those that it can't start without."""
    fields = settings_of(service).model_fields
    return {name.upper() for name, field in fields.items() if field.is_required()}


def of_image(service: str) -> set[str]:
    """What the Dockerfile sets."""
    text = (ROOT / "services" / service / "Dockerfile").read_text()
    final_stage = text[text.rindex("FROM ") :]
    return set(re.findall(r"([A-Z_]+)=", " ".join(re.findall(r"^ENV (.*)", final_stage, re.M))))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file."""
    text = (ROOT / "deploy" / "compose" / "compose.yaml").read_text()
    parsed: dict[str, Any] = yaml.safe_load(text)["services"]
    return parsed


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], dict[str, Any]]:
    """The rendered Kubernetes base, by kind and name."""
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
        assert build["dockerfile"] == f"services/{name}/Dockerfile"
        assert (ROOT / build["dockerfile"]).is_file()
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


@pytest.mark.parametrize(
    "dockerfile", DOCKERFILES, ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_dockerfile_copies_what_exists_and_no_other_service(dockerfile: Path) -> None:
    service, text = dockerfile.parent.name, dockerfile.read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", text, re.M)
    assert {c for c in copied if c.startswith("services/")} == {f"services/{service}"}
    for path in copied:
        assert (ROOT / path).exists()
        assert any(
            path == kept[1:] or path.startswith(f"{kept[1:]}/")
            for kept in ignored
            if kept[0] == "!"
        )
    assert f'ENTRYPOINT ["python", "-m", "{service}"]' in text
    assert "USER 10001" in text
