"""The contracts as pages of the site (`make docs`), from the comments and rules in the .proto files beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool, text_format
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import buf_image

ROOT = Path(__file__).resolve().parent
_RULES: Any = descriptor_pool.Default().FindExtensionByName("buf.validate.field")
# Numbers of fields in descriptor.proto, of which the paths of comments are made.
_MESSAGE, _ENUM, _SERVICE = 4, 5, 6
_FIELD = _METHOD = _VALUE = 2

Comments = Mapping[tuple[int, ...], str]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add one page for each .proto file of this repository."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "protos.binpb"
        buf_image.write(ROOT, image)
        described = FileDescriptorSet.FromString(image.read_bytes())
    for file in described.file:
        if file.package.startswith("snsfashion."):
            name = _page_name(file.package)
            files.append(File.generated(config, f"contracts/{name}", content=page(file)))
    return files


def page(file: FileDescriptorProto) -> str:
    """Return the Markdown page of one file: its services, messages and enums in the order of the file."""
    comments = {
        tuple(location.path): location.leading_comments.strip()
        for location in file.source_code_info.location
    }
    lines = [f"# {file.package}", "", comments.get((12,), ""), ""]
    for number, service in enumerate(file.service):
        lines += _service(service, comments, (_SERVICE, number))
    for number, message in enumerate(file.message_type):
        lines += _message(message, comments, (_MESSAGE, number))
    for number, enum in enumerate(file.enum_type):
        lines += _enum(enum, comments, (_ENUM, number))
    return "\n".join(lines) + "\n"


def _service(
    service: ServiceDescriptorProto, comments: Comments, path: tuple[int, ...]
) -> Iterator[str]:
    yield from (f"## {service.name}", "", comments.get(path, ""), "")
    yield from ("| call | takes, returns | meaning |", "|---|---|---|")
    for number, method in enumerate(service.method):
        text = _cell(comments.get((*path, _METHOD, number), ""))
        types = f"{_type(method.input_type)}<br>{_type(method.output_type)}"
        yield f"| `{method.name}` | {types} | {text} |"
    yield ""


def _message(message: DescriptorProto, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield from (f"## {message.name}", "", comments.get(path, ""), "")
    if not message.field:
        return
    maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    yield from ("| field | number | type | meaning |", "|---|---|---|---|")
    for number, field in enumerate(message.field):
        text = _cell(comments.get((*path, _FIELD, number), ""))
        if field.options.deprecated:
            text = f"*Deprecated.* {text}"
        if field.options.HasExtension(_RULES):
            text += f"<br>Rules: {_rules(field)}"
        cells = (f"`{field.name}`", str(field.number), _field_type(field, maps), text)
        yield f"| {' | '.join(cells)} |"
    yield ""


def _enum(enum: EnumDescriptorProto, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield from (f"## {enum.name}", "", comments.get(path, ""), "")
    yield from ("| value | number | meaning |", "|---|---|---|")
    for number, value in enumerate(enum.value):
        text = _cell(comments.get((*path, _VALUE, number), ""))
        yield f"| `{value.name}` | {value.number} | {text} |"
    yield ""


def _field_type(field: FieldDescriptorProto, maps: Mapping[str, DescriptorProto]) -> str:
    entry = maps.get(field.type_name.rsplit(".", 1)[-1])
    if entry:
        key, value = (_field_type(part, {}) for part in entry.field)
        return f"map of {key} to {value}"
    name = (
        _type(field.type_name)
        if field.type_name
        else FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    )
    return f"repeated {name}" if field.label == FieldDescriptorProto.LABEL_REPEATED else name


def _type(name: str) -> str:
    """Return a type's name, with a link to its section if it is one of this repository."""
    package, _, short = name.lstrip(".").rpartition(".")
    if not package.startswith("snsfashion."):
        return f"`{package}.{short}`"
    return f"[{short}]({_page_name(package)}#{short.lower()})"


def _page_name(package: str) -> str:
    return f"{package.removeprefix('snsfashion.').replace('.', '-')}.md"


def _rules(field: FieldDescriptorProto) -> str:
    """Return the rules in buf.validate that a value must keep, in protobuf's text format."""
    text = text_format.MessageToString(field.options.Extensions[_RULES], as_one_line=True)
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
