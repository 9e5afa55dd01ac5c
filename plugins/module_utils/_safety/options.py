# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a task that ends things, whichever they are: within which limits, and what it must not touch."""

from __future__ import annotations

import typing as t

from .case import Safeguards
from .limits import caps_argument_spec, read_caps
from .protection import protection_argument_spec, read_protection

Params = t.Mapping[str, t.Any]


def ending_argument_spec(things: str, cap: str, *, concurrency: int) -> dict[str, dict[str, t.Any]]:
    """``things`` are what the module calls those that it ends, ``cap`` is its option for how many."""
    return {
        **protection_argument_spec(things),
        **caps_argument_spec(cap),
        "concurrency": {"type": "int", "default": concurrency},
        "wait": {"type": "bool", "default": True},
        "wait_timeout_seconds": {"type": "int", "default": 120},
        "unchecked": {"type": "bool", "default": False},
        "progress_file": {"type": "path"},
    }


def read_safeguards(params: Params, things: str, cap: str, only_user: str | None = None) -> Safeguards:
    return Safeguards(read_caps(params, cap), read_protection(params, things), only_user, params["unchecked"])
