"""Write .proto files as one image, which buf reads instead of the sources.

The contracts state rules with buf.validate, which buf would download from its registry. Here it comes from the installed
protovalidate, so that no network is needed.
"""

from __future__ import annotations

import importlib.resources
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

from snsfashion import rules


def run_protoc(root: Path, *options: str) -> None:
    """Run protoc on every .proto under `root`. Exit if it fails."""
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    vocabulary = FileDescriptorSet(file=[FileDescriptorProto.FromString(rules.FILE)])
    with tempfile.NamedTemporaryFile(suffix=".binpb") as file:
        file.write(vocabulary.SerializeToString())
        file.flush()
        status = protoc.main(
            [
                "protoc",
                f"--descriptor_set_in={file.name}",
                f"--proto_path={root}",
                f"--proto_path={well_known}",
                *options,
                *sorted(str(path.relative_to(root)) for path in root.rglob("*.proto")),
            ]
        )
    if status:
        sys.exit(f"protoc failed with status {status}")


def write(root: Path, image: Path) -> None:
    """Write the image of every .proto under `root` to the file `image`, with comments and imports."""
    run_protoc(root, "--include_imports", "--include_source_info", f"--descriptor_set_out={image}")
