# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of C(theia_exam) and C(theia_exam_info)."""

from __future__ import annotations

import typing as t
from datetime import tzinfo

from .._common.errors import Misconfigured
from .._common.timestamps import read_zone
from .declaration import EXAM_NAME

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]

# The options that declare an exam, beside its name.
STATED = ("start", "end", "lead_minutes", "extra_time_minutes", "grace_minutes", "participants", "users")


def exam_argument_spec() -> Spec:
    """Which exam, what it is, and what becomes of it."""
    return {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["declared", "closed"], "default": "declared"},
        "start": {"type": "str"},
        "end": {"type": "str"},
        "lead_minutes": {"type": "int"},
        "extra_time_minutes": {"type": "int"},
        "grace_minutes": {"type": "int"},
        "participants": {"type": "int"},
        "app_definitions": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "warm": {"type": "int"},
                "max_instances": {"type": "int"},
                "timeout_minutes": {"type": "int"},
            },
        },
        "users": {"type": "list", "elements": "str"},
        "time_zone": {"type": "str"},
        "source": {"type": "str", "choices": ["calendar", "manual"], "default": "manual"},
        "must_be_due": {"type": "bool", "default": False},
        "end_early_reason": {"type": "str"},
        "run": {"type": "str"},
    }


def exam_info_argument_spec() -> Spec:
    """Which exams, or which calendar."""
    return {
        "names": {"type": "list", "elements": "str"},
        "calendar": {"type": "raw"},
        "time_zone": {"type": "str"},
        "history": {"type": "bool", "default": False},
    }


def read_stated(params: Params) -> dict[str, t.Any]:
    """What the task declares, without what it leaves out."""
    stated = {field: params[field] for field in STATED if params[field] is not None}
    definitions = params["app_definitions"]
    if definitions:
        known = [{field: value for field, value in each.items() if value is not None} for each in definitions]
        stated["app_definitions"] = known
    return stated


def stated_calendar(params: Params) -> t.Any:
    """The calendar; blank is not stated, which is how older versions of Ansible hand on a null."""
    calendar = params["calendar"]
    return None if isinstance(calendar, str) and not calendar.strip() else calendar


def check_name(name: str) -> None:
    """Refuse what can name no record, before anything is read."""
    if not EXAM_NAME.fullmatch(name):
        raise Misconfigured(
            f"name {name!r} cannot name an exam: use up to 50 lower-case letters, digits and hyphens, such as "
            "pgdp-final-2027"
        )


def read_time_zone(params: Params) -> tzinfo | None:
    try:
        return read_zone(params["time_zone"])
    except ValueError as exc:
        raise Misconfigured(f"time_zone={exc}") from exc
