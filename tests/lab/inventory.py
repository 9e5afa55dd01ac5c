# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of a lab: what a site writes by hand, made from installations."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from lab.identities import write_private

if t.TYPE_CHECKING:
    from lab.installation import Installation


def write(folder: Path, hosts: t.Mapping[str, Installation]) -> Path:
    """Write an inventory with one host per installation, readable by its owner only: it holds the lab's tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "theia_installations": {"hosts": {name: {"theia_connection": _connection(i)} for name, i in hosts.items()}}
    }
    # JSON is YAML, and Ansible reads it as such.
    file = folder / "hosts.json"
    write_private(file, json.dumps(content, indent=2) + "\n")
    return file


def _connection(installation: Installation) -> dict[str, t.Any]:
    return {
        "kubeconfig": str(installation.kubeconfig),
        "namespace": installation.namespace,
        "service_url": installation.service_url,
        "app_id": installation.app_id,
        "admin_token": installation.admin_token or "",
    }
