"""Reads what a site's foundation gives to departments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi


def output_of(foundation: pulumi.StackReference, name: str) -> pulumi.Output[Any]:
    """Return an output of the foundation's stack; in a preview before there is one, it is unknown.

    Otherwise a missing output is a KeyError that ends the program, as with `require_output`.
    """
    preview = pulumi.runtime.is_dry_run()

    def pick(outputs: Mapping[str, Any]) -> Any:
        return pulumi.UNKNOWN if preview and name not in outputs else outputs[name]

    return foundation.outputs.apply(pick)
