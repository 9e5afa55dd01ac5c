# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workspaces with files in them: real folders, which the lab's volumes lead to."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t
from datetime import datetime
from pathlib import Path

from integration.lab.operator_site import Object
from integration.module_run import Result, module
from integration.workspace_site import WorkspaceSite
from lab import audit, identities

RELENTLESS = {"max_delete": 10_000, "max_percent": 100}


class Files(t.NamedTuple):
    """Where the files of a workspace are, known while it is still there."""

    claim: str
    volume: str
    folder: Path

    def content(self) -> str | None:
        """A hash over all names and bytes; None if nothing is there. What goes while it is read is not there."""
        parts = []
        for file in sorted(self.folder.rglob("*")):
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                parts += [file.read_bytes(), str(file.relative_to(self.folder)).encode()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest() if parts else None


class DeletionSite(WorkspaceSite):
    """One installation, reached by an account that may also write to volumes and claims, to keep and restore."""

    def __init__(self, installation: t.Any) -> None:
        super().__init__(installation)
        patch = identities.rule("", "persistentvolumes", "get", "list", "patch")
        claims = identities.rule("", "persistentvolumeclaims", "create", "patch", "delete")
        self.account = self.lab.identity(
            "collection-with-volumes",
            namespace=self.namespace,
            rules=(*identities.COLLECTION_RULES, claims),
            cluster_rules=(*identities.COLLECTION_CLUSTER_RULES, patch),
        )

    def delete(self, *, check: bool = False, **options: t.Any) -> Result:
        """Run theia_workspace."""
        reached = {"kubeconfig": str(self.account.kubeconfig), **RELENTLESS, **options}
        return module("theia_workspace", self.options(**reached), check=check)

    def _writes(self, since: datetime) -> list[Object]:
        """Of both accounts; volumes are in no namespace."""
        return [*super()._writes(since), *audit.writes(self.lab.audit_log, user=self.account.user, since=since)]

    def filled(self, user: str, app_definition: str) -> str:
        """A workspace with some files in it."""
        name = self.store(user, app_definition)
        folder = self.files(name).folder
        (folder / "src").mkdir()
        (folder / "src" / "Main.java").write_text(f"class Main {{}} // of {user}\n" * 100)
        (folder / "notes.txt").write_text(f"what {user} learned\n")
        return name

    def files(self, workspace: str) -> Files:
        volume = self.volume_of(workspace)
        claim = self.claim_of(workspace)["metadata"]["name"]
        return Files(claim, volume["metadata"]["name"], Path(volume["spec"]["hostPath"]["path"]))

    def phase(self, volume: str) -> str | None:
        """None if the volume is gone."""
        found: Object | None = self.lab.api.find(f"/api/v1/persistentvolumes/{volume}")
        return found["status"]["phase"] if found else None

    def bare(self, name: str, user: str, app_definition: str) -> None:
        """A workspace that no operator has seen."""
        spec = {"name": name, "user": user, "appDefinition": app_definition}
        metadata = {"name": name, "namespace": self.namespace}
        body = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": metadata, "spec": spec}
        self.lab.api.create(body)

    def session_on(self, workspace: str, name: str, user: str, app_definition: str) -> None:
        """A session that somebody starts just now."""
        spec = {"name": name, "user": user, "appDefinition": app_definition, "workspace": workspace}
        metadata = {"name": name, "namespace": self.namespace}
        body = {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "metadata": metadata}
        self.lab.api.create({**body, "spec": {**spec, "sessionSecret": f"secret-{name}"}})


def outcomes(result: Result) -> dict[str, str]:
    return {item["name"]: item["outcome"] for item in result["workspaces"]}
