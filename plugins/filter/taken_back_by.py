# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: taken_back_by
short_description: Tell which app definitions a GitOps controller would reset
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Looks in C(managedFields) for controllers that write what is in a repository again and again.
  - One that owns the bounds of an app definition takes back, in the middle of an exam, what the exam added to it.
options:
  _input:
    description: App definitions as the Kubernetes API returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be taken back
  ansible.builtin.debug:
    msg: "{{ __app_definitions.resources | eduide.theia.taken_back_by }}"
"""

RETURN = r"""
_value:
  description: A sentence for each app definition with such an owner.
  type: list
  elements: str
  sample: ["java-17-latest: argocd-controller writes minInstances and would take back what an exam adds"]
"""

import re
import typing as t

Object = t.Mapping[str, t.Any]
# Names under which Argo CD, Flux and its predecessors write.
_CONTROLLERS = re.compile(r"argocd|kustomize-controller|helm-controller|flux", re.IGNORECASE)
_BOUNDS = ("minInstances", "maxInstances")
_ADVICE = {
    "argocd": (
        "let its Application ignore /spec/minInstances and /spec/maxInstances (ignoreDifferences, with the sync option "
        "RespectIgnoreDifferences=true)"
    ),
    "": "leave both out of what it applies, or annotate the object with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent",
}


def taken_back_by(app_definitions: t.Iterable[Object]) -> list[str]:
    return [
        f"{app['metadata']['name']}: {manager} writes {' and '.join(bounds)} "
        f"and would take back what an exam adds; {advice}"
        for app in app_definitions
        for manager, bounds in sorted(_owners(app).items())
        for advice in [next(text for word, text in _ADVICE.items() if word in manager.lower())]
    ]


def _owners(app: Object) -> dict[str, list[str]]:
    """The bounds that each controller owns."""
    found: dict[str, list[str]] = {}
    for entry in app["metadata"].get("managedFields") or ():
        spec = (entry.get("fieldsV1") or {}).get("f:spec") or {}
        bounds = [name for name in _BOUNDS if f"f:{name}" in spec]
        if bounds and _CONTROLLERS.search(entry.get("manager") or ""):
            found[entry["manager"]] = bounds
    return found


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"taken_back_by": taken_back_by}
