# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workspaces of one installation: our modules on one side, kubectl and plain HTTP on the other."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from integration.lab.operator_site import Object, eventually
from integration.module_run import Result, module
from integration.session_site import SessionSite

RECORD = "theia-retention"
LAST_SEEN = "eduide-theia/last-seen"
DAY = 86_400


class WorkspaceSite(SessionSite):
    """One installation, reached by the collection's own account unless a test says otherwise."""

    # --- our side

    def look(self, **options: t.Any) -> Result:
        """List workspaces."""
        result = module("theia_workspace_info", self.options(**options))
        assert not result.get("failed"), result["msg"]
        return result

    def known(self, **options: t.Any) -> dict[str, Object]:
        """Records of workspaces by name."""
        return {record["name"]: record for record in self.look(**options)["workspaces"]}

    def note(self, *, check: bool = False, **options: t.Any) -> Result:
        """Note who is on which workspace."""
        return module("theia_workspace", self.options(state="observed", **options), check=check)

    # --- what students and administrators do

    def store(self, user: str, app_definition: str) -> str:
        """A student gets a workspace with a bound claim, and no session; returns its name."""
        body = {"appId": self.installation.app_id, "user": user, "appDefinition": app_definition}
        answer = self.installation.rest("POST", "/service/workspace", body, user=user)
        assert answer.status == 200, answer
        name = str(answer.json()["name"])
        eventually(f"the claim of {name} is bound", lambda: self.claim_of(name)["status"]["phase"] == "Bound")
        return name

    def open(self, user: str, workspace: str) -> str:
        """A student starts a session on a workspace; returns its name once it has a URL."""
        definition = self.installation.get("workspaces", workspace)["spec"]["appDefinition"]
        answer = self.installation.launch(user, definition, ephemeral=False, workspaceName=workspace)
        assert answer.status == 200, answer
        name = f"{workspace}-session"
        self.with_url(name)
        return name

    def collect_after(self, ttl: str) -> None:
        """Install what the platform's garbage collector is known by; it does not run here."""
        labels = {"app": "theia-workspace-garbage-collector"}
        variable = {"name": "WORKSPACE_TTL", "value": ttl}
        container = {"name": "collector", "image": "registry.lab.invalid/collector:1", "env": [variable]}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        metadata = {"name": "garbage-collector", "namespace": self.namespace}
        self.lab.api.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})

    # --- making things so, as nobody could through the API

    def created(self, workspace: str, **ago: float) -> None:
        """Let a workspace have been created so long ago."""
        obj = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace"}
        found = self.installation.get("workspaces", workspace)
        self.lab.store.backdate({**obj, **found}, datetime.now(UTC) - timedelta(**ago))

    # --- what is there

    def workspaces(self) -> set[str]:
        return {workspace["metadata"]["name"] for workspace in self.installation.items("workspaces")}

    def claim_of(self, workspace: str) -> Object:
        label = f"theia-cloud.io/workspace-name={workspace}"
        (claim,) = self.installation.items("persistentvolumeclaims", labelSelector=label)
        return t.cast(Object, claim)

    def volume_of(self, workspace: str) -> Object:
        return t.cast(
            Object, self.lab.api.get(f"/api/v1/persistentvolumes/{self.claim_of(workspace)['spec']['volumeName']}")
        )

    def stamp_of(self, workspace: str) -> str | None:
        return self.installation.get("workspaces", workspace)["metadata"].get("annotations", {}).get(LAST_SEEN)
