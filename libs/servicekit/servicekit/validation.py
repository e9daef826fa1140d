"""Check a message against the rules of its contract, which are stated in buf.validate.

A rule that needs more than the message, such as a folder that must exist, stays in its service.
"""

from __future__ import annotations

from google.protobuf.message import Message
from protovalidate import Validator, Violation

from servicekit.errors import InvalidArgument

# It compiles the rules of a message type on first use, and caches them.
_validator = Validator()


def check(message: Message) -> None:
    """Check all fields, nested ones too. Raise InvalidArgument for the first that breaks a rule.

    The field is given as a path, such as `posts[3].site` or `filter.kind`.
    """
    for violation in _validator.collect_violations(message, fail_fast=True):
        raise InvalidArgument(_path(violation), violation.proto.message)


def _path(violation: Violation) -> str:
    broken = violation.proto
    steps = []
    for element in broken.field.elements if broken.field else ():
        place = f"[{element.subscript.value}]" if element.subscript else ""
        steps.append(element.field_name + place)
    if not broken.rule and broken.rule_id != "required":
        # The id of a rule of a whole message is the name of the field that it is about.
        steps.append(broken.rule_id)
    return ".".join(steps)
