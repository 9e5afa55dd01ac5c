# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of Argo CD and Flux, in an API server."""

from __future__ import annotations

from pathlib import Path

import yaml

from integration.lab.operator_site import eventually

_CRDS = Path(__file__).with_name("crds.yml")


def serve_kinds(api):
    """Let it know them."""
    documents = yaml.safe_load(_CRDS.read_text(encoding="utf-8"))
    for definition in documents:
        api.apply(definition)
    for definition in documents:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
        eventually(f"{path} is served", lambda path=path: _established(api.get(path)))


def _established(definition):
    conditions = definition.get("status", {}).get("conditions", [])
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
