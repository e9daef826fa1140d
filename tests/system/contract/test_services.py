"""All services have the same shape, so that who knows one knows the others."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from servicekit import topology
from servicekit.app import App, Ports, Rpc
from servicekit.consumer import Subscription
from servicekit.errors import StartError
from servicekit.settings import StatelessSettings
from snsfashion.color.v1 import color_pb2, color_pb2_grpc

_FUTURE = "from __future__ import annotations"
ROOT = Path(__file__).parents[3]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))


def tree(service: str, module: str) -> ast.Module:
    """Return the code of a module of a service."""
    path = ROOT / "services" / service / service / module
    # Where there is much to say, the module is a folder.
    if not path.is_dir():
        return ast.parse(path.with_suffix(".py").read_text())
    texts = (file.read_text().replace(_FUTURE, "") for file in sorted(path.glob("*.py")))
    return ast.parse("\n".join(texts))


def methods(service: str, module: str, kind: str) -> Iterator[ast.AsyncFunctionDef]:
    """Return the public coroutine methods of the class of a module, and of those of the module that it is put together from."""
    classes = {n.name: n for n in tree(service, module).body if isinstance(n, ast.ClassDef)}
    parts = {base.id for base in classes[kind].bases if isinstance(base, ast.Name)}
    for name, node in classes.items():
        if name == kind or name in parts:
            for method in node.body:
                if isinstance(method, ast.AsyncFunctionDef) and not method.name.startswith("_"):
                    yield method


def calls(source: ast.AST, name: str) -> bool:
    """Return whether the code calls something by this name."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(source)
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_wired_in_its_app_and_nowhere_else(service: str) -> None:
    wiring = importlib.import_module(f"{service}.app")
    hints = get_type_hints(wiring.wire)
    assert issubclass(hints["return"], App)
    assert hints["return"].__name__ == f"{service.capitalize()}App"
    ports = hints["ports"]
    assert issubclass(ports.__origin__, Ports)
    assert issubclass(ports.__args__[0], StatelessSettings)
    assert ports.__args__[0].__name__ == "Settings"
    servicer = f"{service.capitalize()}Service"
    assert calls(tree(service, "app"), servicer)
    elsewhere = [
        path
        for folder in ("services", "tests", "benchmarks", "apps", "libs", "examples")
        for path in (ROOT / folder).rglob("*.py")
        if path != ROOT / "services" / service / service / "app.py"
        and servicer in (text := path.read_text())
        and calls(ast.parse(text), servicer)
    ]
    assert not elsewhere, f"{servicer} is put together outside of its app.py"


@pytest.mark.parametrize("service", SERVICES)
def test_the_entry_point_only_runs_what_app_wires(service: str) -> None:
    entry = tree(service, "__main__")
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(entry)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    runs = {"servicekit.runtime.run", "servicekit.runtime.run_stateless"}
    assert names - runs == {
        "__future__.annotations",
        f"{service}.app.wire",
        f"{service}.settings.Settings",
    }
    assert len(names & runs) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_rpcs_have_the_names_of_the_contract_and_one_kind_of_context(service: str) -> None:
    contract = importlib.import_module(f"snsfashion.{service}.v1.{service}_pb2").DESCRIPTOR
    (descriptor,) = contract.services_by_name.values()
    assert descriptor.name == f"{service.capitalize()}Service"
    found = {method.name: method for method in methods(service, "service", descriptor.name)}
    assert set(found) == {rpc.name for rpc in descriptor.methods}
    for name, method in found.items():
        request, context = method.args.args[1:]
        assert (request.arg, context.arg) == ("request", "context"), name
        assert context.annotation is not None, name
        assert ast.unparse(context.annotation) == "Context", name
        assert ast.get_docstring(method), name


@pytest.mark.parametrize("service", SERVICES)
def test_handlers_are_named_after_their_events(service: str) -> None:
    """`sns.outfit.described.v1` is handled by `Events.described`, and so on; `retried` alone is about no subject."""
    handled = {
        "dead" if subject is topology.DEAD else subject.split(".")[2]
        for durable in topology.durables_of(service)
        for subject in durable.subjects
    }
    found = {method.name: method for method in methods(service, "events", "Events")}
    assert set(found) - {"retried"} == handled
    for name, method in found.items():
        if name != "retried":
            assert [argument.arg for argument in method.args.args] == ["self", "events"], name


@pytest.mark.parametrize("service", SERVICES)
def test_the_parts_of_an_app_are_keywords_with_types(service: str) -> None:
    kind: type[Any] = get_type_hints(importlib.import_module(f"{service}.app").wire)["return"]
    own = set(inspect.signature(kind).parameters) - set(inspect.signature(App).parameters)
    assert {"service", "events"} <= own


def test_an_app_that_handles_what_is_not_declared_for_it_is_one_clear_line() -> None:
    async def ignore(events: Any) -> list[Any]:
        return []

    with pytest.raises(StartError) as caught:
        App(
            name="color",
            rpc=Rpc(
                color_pb2.DESCRIPTOR.services_by_name["ColorService"],
                color_pb2_grpc.add_ColorServiceServicer_to_server,
                object(),
            ),
            subscriptions=[
                Subscription(topology.SEGMENTED, ignore),
                Subscription(topology.DESCRIBED, ignore),
            ],
        )
    text = str(caught.value)
    assert "no handler for sns.post.erased.v1" in text
    assert "sns.outfit.described.v1 has a handler only" in text
    assert "servicekit/topology.py" in text
    assert "\n" not in text
