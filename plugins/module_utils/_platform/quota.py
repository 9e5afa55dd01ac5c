# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resource quotas as ``kubectl describe resourcequota`` shows them, with the share that is used."""

from __future__ import annotations

import typing as t

from .._common.quantities import parse_quantity


class QuotaRow(t.NamedTuple):
    quota: str
    resource: str
    used: str
    hard: str
    percent: float | None
    """None where nothing is allowed at all, so that no share can be told."""


def project_quota(obj: t.Mapping[str, t.Any]) -> list[QuotaRow]:
    """One row per resource, from the status: the limits of the spec are those of a quota not yet counted."""
    status = obj.get("status") or {}
    hard, used = status.get("hard") or (obj.get("spec") or {}).get("hard") or {}, status.get("used") or {}
    return [
        _row(obj["metadata"]["name"], resource, str(used.get(resource, "0")), str(limit))
        for resource, limit in sorted(hard.items())
    ]


def _row(quota: str, resource: str, used: str, hard: str) -> QuotaRow:
    limit = parse_quantity(hard)
    percent = round(float(parse_quantity(used) / limit * 100), 1) if limit else None
    return QuotaRow(quota, resource, used, hard, percent)
