"""A newcomer sees the shape of a service from its folders."""

from __future__ import annotations

from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

SERVICES = sorted(
    path.parent.name for path in Path(__file__).parents[2].glob("services/*/pyproject.toml")
)
MOST_MODULES = 12
MOST_LEVELS = 6


@pytest.mark.parametrize("service", SERVICES)
def test_no_folder_holds_more_modules_than_a_person_keeps_in_mind(service: str) -> None:
    graph = grimp.build_graph(service, cache_dir=None)
    modules = {module for module in graph.modules if not graph.find_children(module)}
    sizes = Counter(module.rpartition(".")[0] for module in modules)
    assert {folder: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_imports_between_the_rooms_of_a_service_are_few_levels_deep(service: str) -> None:
    chain = longest_chain(service)
    assert len(chain) <= MOST_LEVELS, " -> ".join(chain)


def longest_chain(service: str) -> list[str]:
    """Return the longest chain of imports between rooms: a folder is one room, and so is a module beside the folders."""
    graph = grimp.build_graph(service, cache_dir=None)
    rooms = {room: graph.find_descendants(room) | {room} for room in graph.find_children(service)}
    room_of = {module: room for room, modules in rooms.items() for module in modules}
    below = {
        room: {
            room_of[imported]
            for module in modules
            for imported in graph.find_modules_directly_imported_by(module)
            if imported in room_of
        }
        - {room}
        for room, modules in rooms.items()
    }
    longest: dict[str, list[str]] = {}
    for room in TopologicalSorter(below).static_order():
        longest[room] = [room, *max((longest[other] for other in below[room]), key=len, default=[])]
    return max(longest.values(), key=len)
