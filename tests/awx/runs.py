# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs and workflows: what starts, what follows, and who approves. Jobs do not run here: a test ends them."""

from __future__ import annotations

import json

from awx.fields import Refused, Values
from awx.store import Store, loaded

_NEXT = {"successful": ("success_nodes", "always_nodes"), "failed": ("failure_nodes", "always_nodes")}


class Runs:
    """Starts jobs, workflows and their steps."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._steps: dict[int, tuple[int, int]] = {}

    def launch(self, endpoint: str, template: Values, body: Values) -> tuple[Values, Values]:
        """A job or a workflow, and what of the body is ignored."""
        values, ignored = self.store.launched(template, body)
        if endpoint == "job_templates":
            return self._job(template, values), ignored
        run = self.store.keep(
            "workflow_jobs", {**values, "status": "running", "workflow_job_template": template["id"], "artifacts": {}}
        )
        nodes = self._nodes(template["id"])
        targets = {
            after for node in nodes for links in set(sum(_NEXT.values(), ())) for after in self._after(node, links)
        }
        for node in nodes - targets:
            self._start(run, node, {})
        return run, ignored

    def end(self, job: int, status: str, artifacts: Values | None = None) -> None:
        """A job ends: what follows it in its workflow starts."""
        kept = self.store.objects["jobs" if job in self.store.objects["jobs"] else "workflow_approvals"][job]
        kept.update(status=status, artifacts=artifacts or {})
        if job not in self._steps:
            return
        workflow, node = self._steps[job]
        run = self.store.objects["workflow_jobs"][workflow]
        gathered = {**kept["inherited"], **kept["artifacts"]}
        following = [after for links in _NEXT[status] for after in self._after(node, links)]
        for after in following:
            self._start(run, after, gathered)
        if not following:
            run["status"] = status

    def decide(self, approval: Values, *, approved: bool) -> None:
        if approval["status"] != "pending":
            raise Refused(400, {"detail": "this approval is not pending any more"})
        self.end(approval["id"], "successful" if approved else "failed")

    def _nodes(self, template: int) -> set[int]:
        nodes = self.store.objects["workflow_job_template_nodes"].values()
        return {node["id"] for node in nodes if node["workflow_job_template"] == template}

    def _after(self, node: int, links: str) -> list[int]:
        return self.store.links.get((node, links), [])

    def _job(self, template: Values, values: Values) -> Values:
        return self.store.keep("jobs", {**values, "status": "pending", "job_template": template["id"], "inherited": {}})

    def _start(self, run: Values, number: int, inherited: Values) -> None:
        """A step: its template's own values, the artifacts of earlier steps, and over these what the launch said."""
        node = self.store.get("workflow_job_template_nodes", number)
        template = self.store.get("unified_job_templates", node["unified_job_template"])
        if "playbook" not in template:
            waiting = {"name": template["name"], "description": template["description"], "status": "pending"}
            step = self.store.keep("workflow_approvals", {**waiting, "inherited": inherited})
        else:
            told = {name: node[name] for name in ("job_type", "limit", "inventory") if node[name] is not None}
            if run["limit"]:
                told["limit"] = run["limit"]
            body = {**told, "extra_vars": {**loaded(run["extra_vars"]), **(node["extra_data"] or {})}}
            values, _ignored = self.store.launched(template, body)
            variables = {**loaded(values["extra_vars"]), **inherited, **loaded(run["extra_vars"])}
            step = self._job(template, {**values, "extra_vars": json.dumps(variables)})
            step["inherited"] = inherited
        self._steps[step["id"]] = (run["id"], number)
