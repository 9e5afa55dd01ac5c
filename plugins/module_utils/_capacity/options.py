# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of C(theia_capacity)."""

from __future__ import annotations

import typing as t

from .repair import KINDS

Spec = dict[str, dict[str, t.Any]]


def verdict_argument_spec() -> Spec:
    """What a verdict is about."""
    return {
        "app_definitions": {"type": "list", "elements": "str"},
        "participants": {"type": "int"},
        "participants_of": {"type": "dict"},
        "with_workspaces": {"type": "bool", "default": False},
        "with_max_instances": {"type": "dict"},
        "with_present": {"type": "bool", "default": False},
    }


def capacity_argument_spec() -> Spec:
    """What to set, for which exam, and how to go about it."""
    return {
        "app_definitions": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "warm": {"type": "int"},
                "min_instances": {"type": "int"},
                "max_instances": {"type": "int"},
                "timeout_minutes": {"type": "int"},
                "inactive_minutes": {"type": "int"},
            },
            "mutually_exclusive": [("warm", "min_instances")],
        },
        "state": {"type": "str", "choices": ["present", "baseline"], "default": "present"},
        "hold": {"type": "str"},
        "all_holds": {"type": "bool", "default": False},
        "hold_from": {"type": "str"},
        "hold_until": {"type": "str"},
        "late": {"type": "bool", "default": False},
        "extend_time_limits": {"type": "int"},
        "drain_min_freed": {"type": "int", "default": 10},
        "time_zone": {"type": "str"},
        "drift": {"type": "str", "choices": ["refuse", "overwrite", "adopt", "repair_once"], "default": "refuse"},
        "accept": {"type": "list", "elements": "str", "choices": ["verdict"], "default": []},
        "repair": {"type": "list", "elements": "str", "choices": list(KINDS), "default": []},
        "lockout": {"type": "str", "choices": ["refuse", "repair", "accept"], "default": "refuse"},
        "quiet_seconds": {"type": "float", "default": 5},
        "quiet_wait_seconds": {"type": "float", "default": 120},
        "wait": {"type": "bool", "default": False},
        "wait_timeout_seconds": {"type": "int", "default": 600},
        "settle_seconds": {"type": "float", "default": 3},
        "unchecked": {"type": "bool", "default": False},
        "progress_file": {"type": "path"},
    }
