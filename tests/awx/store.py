# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of one AWX, kept in memory: made, changed and deleted by its rules."""

from __future__ import annotations

import itertools
import json
import typing as t
import uuid

import yaml

from awx import rules, surveys
from awx.fields import ASKED, FIELDS, PROMPTS, UNIFIED, UNIQUE, Refused, Values, read

NOTIFIED = {f"notification_templates_{event}": "notification_templates" for event in ("started", "success", "error")}
APPROVED = {"notification_templates_approvals": "notification_templates"}
_ATTACHED = {"credentials": "credentials", "labels": "labels", "instance_groups": "instance_groups"}
_NODES = dict.fromkeys(("success_nodes", "failure_nodes", "always_nodes"), "workflow_job_template_nodes")
RELATIONS: dict[str, dict[str, str]] = {
    "organizations": {
        **NOTIFIED,
        **APPROVED,
        "galaxy_credentials": "credentials",
        "instance_groups": "instance_groups",
    },
    "projects": NOTIFIED,
    "inventories": {"instance_groups": "instance_groups"},
    "groups": {"hosts": "hosts", "children": "groups"},
    "job_templates": {**NOTIFIED, **_ATTACHED},
    "workflow_job_templates": {**NOTIFIED, **APPROVED, "labels": "labels"},
    "workflow_job_template_nodes": {**_NODES, **_ATTACHED},
    "schedules": _ATTACHED,
}
"""What can be associated with an object, and the endpoint that it comes from."""
OTHERS = ("users", "teams", "labels", "instance_groups", "jobs", "workflow_jobs", "workflow_approvals")
_BEARER = {
    "fields": [
        {"id": "host", "label": "Endpoint", "type": "string"},
        {"id": "bearer_token", "label": "Token", "type": "string", "secret": True},
        {"id": "verify_ssl", "label": "Verify SSL", "type": "boolean", "default": True},
        {"id": "ssl_ca_cert", "label": "CA", "type": "string", "secret": True, "multiline": True},
    ],
    "required": ["host", "bearer_token"],
}


def loaded(text: str) -> Values:
    """Variables that are kept as text."""
    return yaml.safe_load(text or "") or {}


class Store:
    """All objects by endpoint and id. `changes` counts those that were made, changed or deleted, not requests."""

    def __init__(self, repositories: t.Mapping[str, t.Sequence[str]]) -> None:
        self.objects: dict[str, dict[int, Values]] = {name: {} for name in (*FIELDS, *OTHERS, "project_updates")}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.surveys: dict[int, Values] = {}
        self.changes = 0
        self._repositories = repositories
        self._numbers = itertools.count(1)
        name = "OpenShift or Kubernetes API Bearer Token"
        self.keep("credential_types", {"name": name, "kind": "kubernetes", "managed": True, "inputs": _BEARER})

    def keep(self, endpoint: str, values: Values) -> Values:
        """Keep a new object as it is, without a rule: what was there before, and what AWX makes by itself."""
        kept = {**{name: field.default for name, field in FIELDS.get(endpoint, {}).items()}, **values}
        number = next(self._numbers)
        self.objects[endpoint][number] = {**kept, "id": number}
        return self.objects[endpoint][number]

    def exists(self, endpoint: str, number: int) -> bool:
        return number in self.all(endpoint)

    def all(self, endpoint: str) -> dict[int, Values]:
        if endpoint == "unified_job_templates":
            return {number: value for name in UNIFIED for number, value in self.objects[name].items()}
        return self.objects[endpoint]

    def get(self, endpoint: str, number: int) -> Values:
        found = self.all(endpoint).get(number)
        if found is None:
            raise Refused(404, {"detail": "Not found."})
        return found

    # --- writing

    def create(self, endpoint: str, body: t.Any) -> Values:
        values = read(endpoint, body, self.exists, partial=False)
        if endpoint == "workflow_job_template_nodes":
            values["identifier"] = values["identifier"] or str(uuid.uuid4())
        self._ruled(endpoint, values, None)
        made = self.keep(endpoint, values)
        self.changes += 1
        self._written(endpoint, made, None)
        return made

    def change(self, endpoint: str, number: int, body: t.Any) -> Values:
        old = dict(self.get(endpoint, number))
        sent = read(endpoint, body, self.exists, partial=True)
        for fixed in ("workflow_job_template",):
            sent.pop(fixed, None)
        values = {**old, **sent}
        if not (endpoint == "schedules" and body == {"enabled": False}):
            self._ruled(endpoint, values, old)
        if values != old:
            self.changes += 1
            self.objects[endpoint][number] = values
            self._written(endpoint, values, old)
        return values

    def delete(self, endpoint: str, number: int) -> None:
        if self.get(endpoint, number).get("managed"):
            raise Refused(403, {"detail": "a managed object cannot be deleted"})
        del self.objects[endpoint][number]
        self.changes += 1

    def associate(self, endpoint: str, number: int, relation: str, body: Values) -> None:
        wanted = body.get("id")
        if not isinstance(wanted, int) or isinstance(wanted, bool):
            raise Refused(400, {"msg": "'id' has to be an integer"})
        if not self.exists(RELATIONS[endpoint][relation], wanted):
            raise Refused(400, {"msg": f"there is no object with the id {wanted}"})
        linked = self.links.setdefault((number, relation), [])
        if body.get("disassociate"):
            if wanted in linked:
                linked.remove(wanted)
                self.changes += 1
        elif wanted not in linked:
            linked.append(wanted)
            self.changes += 1

    # --- rules

    def _ruled(self, endpoint: str, values: Values, old: Values | None) -> None:
        rule = getattr(self, f"_rule_{endpoint}", None)
        if rule:
            rule(values, old)
        unique = UNIQUE.get(endpoint)
        if unique and any(
            other["id"] != values.get("id") and all(other.get(name) == values.get(name) for name in unique)
            for other in self.objects[endpoint].values()
        ):
            raise Refused(400, {"__all__": [f"an object with this {', '.join(unique)} exists already"]})

    def _rule_credential_types(self, values: Values, old: Values | None) -> None:
        if old and old.get("managed"):
            raise Refused(403, {"detail": "a managed credential type cannot be changed"})
        values["inputs"] = rules.check_inputs(values["inputs"] or {})
        used = old and any(each["credential_type"] == old["id"] for each in self.objects["credentials"].values())
        if old and used and values["inputs"] != old["inputs"]:
            raise Refused(403, {"detail": "the inputs of a credential type in use cannot be changed"})
        rules.check_injectors(values["injectors"] or {}, values["inputs"])

    def _rule_credentials(self, values: Values, old: Values | None) -> None:
        owners = [name for name in ("organization", "user", "team") if values.get(name) is not None]
        if old is None and len(owners) != 1:
            raise Refused(400, {"detail": "exactly one of organization, user and team has to be given"})
        kind = self.get("credential_types", values["credential_type"])
        values["inputs"] = rules.credential_inputs(kind, values["inputs"] or {}, (old or {}).get("inputs", {}))

    def _rule_job_templates(self, values: Values, _old: Values | None) -> None:
        if values["project"] is None:
            raise Refused(400, {"project": ["This field is required."]})
        if values["inventory"] is None and not values["ask_inventory_on_launch"]:
            raise Refused(400, {"inventory": ["an inventory is needed, or it has to be asked for"]})
        if not values["playbook"]:
            raise Refused(400, {"playbook": ["a playbook is needed"]})
        project = self.get("projects", values["project"])
        if not project["allow_override"]:
            if values["playbook"] not in project.get("playbooks", []):
                raise Refused(400, {"playbook": ["Playbook not found for project."]})
            for name in ("scm_branch", "ask_scm_branch_on_launch"):
                if values[name]:
                    raise Refused(400, {name: ["the project does not allow another branch"]})
        values["organization"] = project["organization"]

    def _rule_workflow_job_template_nodes(self, values: Values, _old: Values | None) -> None:
        if values["unified_job_template"] is None:
            values.update(dict.fromkeys(PROMPTS), extra_data={})
            return
        self._check_prompts(values)

    def _rule_schedules(self, values: Values, _old: Values | None) -> None:
        rules.check_rrule(values["rrule"])
        self._check_prompts(values)

    def _check_prompts(self, values: Values) -> None:
        """Of a node or schedule: only what the template asks for, and answers that its survey takes."""
        template = self.get("unified_job_templates", values["unified_job_template"])
        for ask, name in ASKED.items():
            if name != "extra_data" and values.get(name) is not None and not template.get(ask):
                raise Refused(400, {name: ["the template does not ask for it on launch"]})
        answers, spec = values["extra_data"] or {}, self.survey(template)
        unknown = sorted(set(answers) - surveys.variables(spec))
        wrong = surveys.faults(spec, answers)
        if unknown and not template.get("ask_variables_on_launch"):
            wrong.append(f"variables {', '.join(unknown)} are not allowed on launch")
        if wrong:
            raise Refused(400, {"extra_data": wrong})

    def _rule_notification_templates(self, values: Values, old: Values | None) -> None:
        sent, kept = values["notification_configuration"], (old or {}).get("notification_configuration", {})
        values["notification_configuration"] = rules.notification_configuration(
            values["notification_type"], sent or {}, kept
        )
        rules.check_messages(values["messages"] or {})

    # --- projects

    def _written(self, endpoint: str, values: Values, old: Values | None) -> None:
        source = ("scm_type", "scm_url", "scm_branch", "scm_refspec", "credential")
        if endpoint == "projects":
            values.setdefault("scm_revision", "")
        if endpoint == "projects" and values["scm_type"] and any((old or {}).get(x) != values[x] for x in source):
            self.start_update(values)

    def start_update(self, project: Values) -> Values:
        if not project["scm_type"]:
            raise Refused(405, {"detail": "a manual project is not updated"})
        update = self.keep("project_updates", {"project": project["id"], "status": "pending", "scm_revision": ""})
        project["current_update"] = update["id"]
        return update

    def end_update(self, update: Values) -> None:
        """An update ends as soon as it is asked for: until then the project is as it was."""
        project = self.get("projects", update["project"])
        playbooks = list(self._repositories.get(project["scm_url"], ()))
        status, revision = ("successful", "a" * 40) if playbooks else ("failed", "")
        update.update(status=status, scm_revision=revision)
        project.update(status=status, scm_revision=revision, playbooks=playbooks)
        project.pop("current_update", None)

    # --- surveys

    def survey(self, template: Values) -> Values:
        """The survey that a launch is checked against."""
        return self.surveys.get(template["id"], {}) if template.get("survey_enabled") else {}

    def set_survey(self, template: Values, spec: t.Any) -> None:
        kept = surveys.check_spec(spec)
        self.changes += self.surveys.get(template["id"]) != kept
        self.surveys[template["id"]] = kept

    # --- launches

    def launched(self, template: Values, body: Values) -> tuple[Values, Values]:
        """What a launch makes of its body: the values of the job, and what of the body is ignored."""
        sent = body.get("extra_vars") or {}
        sent = loaded(sent) if isinstance(sent, str) else sent
        spec = self.survey(template)
        wrong = [*surveys.missing(spec, sent), *surveys.faults(spec, sent)]
        if wrong:
            raise Refused(400, {"variables_needed_to_start": wrong})
        known = set(sent) if template.get("ask_variables_on_launch") else surveys.variables(spec) & set(sent)
        asked = {name: template.get(ask) for ask, name in ASKED.items() if name != "extra_data" and name in body}
        ignored: Values = {name: body[name] for name, ask in asked.items() if not ask}
        if unknown := {name: value for name, value in sent.items() if name not in known}:
            ignored["extra_vars"] = unknown
        prompts = {name: body[name] for name, ask in asked.items() if ask}
        variables = {**loaded(template["extra_vars"]), **surveys.defaults(spec), **{name: sent[name] for name in known}}
        job = {name: prompts.get(name, template.get(name)) for name in PROMPTS if name != "extra_data"}
        self._check_launch(template, job)
        return {**job, "name": template["name"], "extra_vars": json.dumps(variables)}, ignored

    def _check_launch(self, template: Values, job: Values) -> None:
        if "project" not in template:
            return
        if job["inventory"] is None:
            raise Refused(400, {"inventory": ["an inventory is needed to launch"]})
        project = self.get("projects", template["project"])
        if project.get("status") == "failed" and not project["scm_update_on_launch"]:
            raise Refused(400, {"playbook": ["the last update of the project failed"]})
