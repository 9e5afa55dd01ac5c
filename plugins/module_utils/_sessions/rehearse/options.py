# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a rehearsal."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured

_LIMITS = {"over_seconds": (0, 7200), "launch_timeout_seconds": (1, 3600), "concurrency": (1, 500)}


def rehearsal_argument_spec() -> dict[str, dict[str, t.Any]]:
    """Who comes, when, and where it is allowed."""
    return {
        "allow_rehearsal": {"type": "bool", "default": False},
        "app_definition": {"type": "str", "required": True},
        "users": {"type": "int", "required": True},
        "user_tokens": {"type": "list", "elements": "str", "no_log": True},
        "over_seconds": {"type": "int", "default": 60},
        "curve": {"type": "list", "elements": "int", "default": [1]},
        "launch_timeout_seconds": {"type": "int", "default": 180},
        "concurrency": {"type": "int", "default": 64},
        "progress_file": {"type": "path"},
    }


def check_limits(params: t.Mapping[str, t.Any]) -> None:
    for option, (least, most) in _LIMITS.items():
        if not least <= params[option] <= most:
            raise Misconfigured(f"{option}={params[option]}: it has to be between {least} and {most}")
