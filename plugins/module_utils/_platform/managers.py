# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who changed a field of an object last, by the records that the API server keeps in ``managedFields``."""

from __future__ import annotations

import typing as t


class Writer(t.NamedTuple):
    """Who wrote a field last."""

    manager: str
    at: str | None

    def __str__(self) -> str:
        return f"{self.manager} at {self.at or 'an unknown time'}"


def last_writer(obj: t.Mapping[str, t.Any], *path: str) -> Writer | None:
    """The manager of a field and when it wrote; None if nobody is recorded.

    Several managers may own a field: the one that wrote last set the value that is there.
    """
    entries = [e for e in obj["metadata"].get("managedFields") or [] if _owns(e.get("fieldsV1") or {}, path)]
    if not entries:
        return None
    # The API server writes all times in one form, which sorts as text.
    last = max(entries, key=lambda entry: str(entry.get("time") or ""))
    return Writer(str(last.get("manager") or "an unnamed client"), str(last.get("time") or "") or None)


# Labels and annotations by which the usual tools know what is theirs, the one that decides in the end first.
_TRACKS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "meta.helm.sh/release-name": "Helm",
}


def applying_tool(obj: t.Mapping[str, t.Any]) -> str | None:
    """The tool that brings this object back to what is written elsewhere; None if none says so."""
    metadata = obj["metadata"]
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return next((tool for mark, tool in _TRACKS.items() if mark in marks), None)


def _owns(fields: t.Any, path: t.Sequence[str]) -> bool:
    for part in path:
        fields = fields.get(f"f:{part}") if isinstance(fields, dict) else None
    return fields is not None
