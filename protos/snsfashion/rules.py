"""The vocabulary of the rules in the contracts, buf.validate.

A .proto that states rules imports `buf/validate/validate.proto`. protovalidate holds that file, described for another
protobuf runtime. Importing this module adds it to the descriptor pool of google.protobuf; generated code does so first.
"""

from __future__ import annotations

# The vocabulary imports descriptor, duration, field_mask and timestamp; they must be in the pool before it.
from google.protobuf import (
    descriptor_pb2,  # noqa: F401
    descriptor_pool,
    duration_pb2,  # noqa: F401
    field_mask_pb2,  # noqa: F401
    timestamp_pb2,  # noqa: F401
)
from protovalidate import ViolationPb

NAME = "buf/validate/validate.proto"
FILE = ViolationPb.desc().file.proto.to_binary()
"""The vocabulary as a serialized google.protobuf.FileDescriptorProto."""

try:
    descriptor_pool.Default().FindFileByName(NAME)
except KeyError:
    descriptor_pool.Default().AddSerializedFile(FILE)
