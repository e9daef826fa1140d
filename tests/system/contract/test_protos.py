"""The contracts keep their conventions, and a breaking change is noticed in every kind of clone."""

from __future__ import annotations

import importlib
import keyword
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor

ROOT = Path(__file__).parents[3]
PROTOS = ROOT / "protos"
BIN = Path(sys.executable).parent
FILES = sorted(PROTOS.glob("snsfashion/**/*.proto"))


def described(path: Path) -> FileDescriptor:
    """Return the descriptor of a .proto, through the Python that is committed."""
    name = path.relative_to(PROTOS).as_posix()
    importlib.import_module(name.replace("/", ".").replace(".proto", "_pb2"))
    return descriptor_pool.Default().FindFileByName(name)


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command that is installed beside the interpreter, or any other."""
    environment = {
        "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )


def test_the_generated_code_is_what_the_protos_say() -> None:
    done = run(sys.executable, PROTOS / "generate.py", "--check")
    assert done.returncode == 0, done.stderr


def test_buf_finds_no_fault() -> None:
    done = run(sys.executable, PROTOS / "lint.py")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_path_is_the_package_and_ends_in_its_version(path: Path) -> None:
    package = described(path).package
    assert package.replace(".", "/") == path.parent.relative_to(PROTOS).as_posix()
    assert package.endswith(".v1")


def test_every_rpc_has_a_request_and_a_response_of_its_own() -> None:
    uses = Counter(
        message.full_name
        for path in FILES
        for service in described(path).services_by_name.values()
        for method in service.methods
        for message in (method.input_type, method.output_type)
    )
    assert uses
    assert [name for name, count in uses.items() if count > 1] == []


def test_no_field_is_a_keyword_of_python_unless_it_is_deprecated() -> None:
    fields = [
        field
        for path in FILES
        for message in described(path).message_types_by_name.values()
        for field in message.fields
    ]
    assert fields
    assert [
        field.full_name
        for field in fields
        if keyword.iskeyword(field.name) and not field.GetOptions().deprecated
    ] == []


def test_every_enum_starts_unspecified() -> None:
    enums = [enum for path in FILES for enum in described(path).enum_types_by_name.values()]
    assert enums
    assert [
        e.full_name for e in enums if not e.values_by_number[0].name.endswith("_UNSPECIFIED")
    ] == []


def test_the_categories_are_numbered_as_in_deepfashion2() -> None:
    from snsfashion.fashion.v1.fashion_pb2 import Category

    names = "short sleeve top, long sleeve top, short sleeve outwear, long sleeve outwear, vest, sling, shorts, trousers, skirt, short sleeve dress, long sleeve dress, vest dress, sling dress"
    expected = ["CATEGORY_" + name.upper().replace(" ", "_") for name in names.split(", ")]
    assert [Category.DESCRIPTOR.values_by_number[n].name for n in range(1, 14)] == expected


class Repository:
    """A git repository with protos of its own and this project's breaking.py."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "protos" / "a" / "v1").mkdir(parents=True)
        for name in ("breaking.py", "buf_image.py", "buf.yaml"):
            shutil.copy(PROTOS / name, folder / "protos" / name)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> None:
        """Run git."""
        who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
        done = run("git", *who, *arguments, cwd=self.folder)
        assert done.returncode == 0, done.stderr

    def write(self, *fields: str) -> None:
        """Write the message with these fields, numbered from 1."""
        body = "".join(f"  string {field} = {n};\n" for n, field in enumerate(fields, 1) if field)
        text = f'syntax = "proto3";\npackage a.v1;\nmessage M {{\n{body}}}\n'
        (self.folder / "protos" / "a" / "v1" / "a.proto").write_text(text)

    def commit(self, *fields: str) -> None:
        """Commit that message."""
        self.write(*fields)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=.")

    def clone(self, folder: Path, *options: str) -> Repository:
        """Return a clone of it."""
        done = run(
            "git", "clone", "--quiet", *options, self.folder.as_uri(), folder, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr
        other = Repository.__new__(Repository)
        other.folder = folder
        return other

    def check(self, base: str = "") -> subprocess.CompletedProcess[str]:
        """Run breaking.py."""
        return run(
            "env", f"PROTO_BASE={base}", sys.executable, "protos/breaking.py", cwd=self.folder
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty one."""
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)


def test_before_and_at_the_first_commit_there_is_nothing_to_break(repository: Repository) -> None:
    repository.write("one")
    assert "nothing can break" in repository.check().stdout
    repository.commit("one")
    assert repository.check().returncode == 0


def test_a_field_may_be_added_but_not_removed(repository: Repository) -> None:
    repository.commit("one", "two")
    repository.git("switch", "--quiet", "--create", "work")
    repository.commit("one", "two", "three")
    assert repository.check().returncode == 0
    repository.commit("one")
    done = repository.check()
    assert done.returncode == 1
    assert '"2"' in done.stdout
    assert "would break" in done.stderr


def test_what_is_not_committed_yet_is_compared_too(repository: Repository) -> None:
    repository.commit("one", "two")
    repository.git("switch", "--quiet", "--create", "work")
    repository.write("one")
    assert repository.check().returncode == 1


def test_on_main_itself_the_commit_before_counts(repository: Repository) -> None:
    repository.commit("one", "two")
    repository.commit("one")
    assert repository.check().returncode == 1


def test_a_detached_head_of_a_clone_is_compared_with_origin(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit("one", "two")
    repository.git("switch", "--quiet", "--create", "work")
    repository.commit("one")
    clone = repository.clone(tmp_path / "clone")
    clone.git("switch", "--quiet", "--detach", "origin/work")
    assert clone.check().returncode == 1


def test_a_clone_without_history_has_nothing_to_compare_unless_told(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit("one", "two")
    repository.git("tag", "base")
    repository.commit("one")
    clone = repository.clone(tmp_path / "clone", "--depth=1")
    assert clone.check().returncode == 0
    assert "PROTO_BASE=base is not a revision" in clone.check("base").stderr
    clone.git("fetch", "--quiet", "--depth=1", "origin", "tag", "base")
    assert clone.check("base").returncode == 1
