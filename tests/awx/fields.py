# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields that can be written, by endpoint: one table for checks, defaults and the answers to OPTIONS."""

from __future__ import annotations

import json
import typing as t

import yaml

Values = dict[str, t.Any]


class Refused(Exception):
    """An answer that is no success: its status and its body."""

    def __init__(self, status: int, body: t.Any) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class Field(t.NamedTuple):
    """One field as OPTIONS describes it."""

    type: str
    required: bool = False
    default: t.Any = None
    max_length: int | None = None
    min_value: int | None = None
    choices: tuple[t.Any, ...] = ()
    to: str | None = None
    """The endpoint whose id it holds."""
    prompt: bool = False
    """Of a node or schedule: null means that the template decides."""

    def described(self) -> Values:
        parts: Values = {"type": self.type, "required": self.required}
        if self.default is not None:
            parts["default"] = self.default
        for name in ("max_length", "min_value"):
            if (value := getattr(self, name)) is not None:
                parts[name] = value
        return {**parts, "choices": [[choice, choice] for choice in self.choices]} if self.choices else parts


def text(max_length: int | None = None, *, required: bool = False, default: str | None = "") -> Field:
    return Field("string", required, None if required else default, max_length)


def number(min_value: int | None = None, default: int | None = 0) -> Field:
    return Field("integer", default=default, min_value=min_value)


def ref(endpoint: str, *, required: bool = False) -> Field:
    return Field("id", required, to=endpoint)


def choice(*choices: t.Any, default: t.Any = None, required: bool = False) -> Field:
    return Field("choice", required, default, choices=choices)


def flags(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, Field("boolean", default=False))


NAME, DESCRIPTION, DATA, VARIABLES = (
    text(512, required=True),
    text(),
    Field("json", default={}),
    Field("text", default=""),
)
VERBOSITY = (0, 1, 2, 3, 4, 5)
PROMPTS = {
    "extra_data": DATA,
    "inventory": ref("inventories"),
    "execution_environment": ref("execution_environments"),
    **{name: Field("string", prompt=True) for name in ("scm_branch", "job_tags", "skip_tags", "limit")},
    "job_type": Field("choice", choices=("", "run", "check"), prompt=True),
    "verbosity": Field("choice", choices=VERBOSITY, prompt=True),
    "diff_mode": Field("boolean", prompt=True),
    "forks": Field("integer", min_value=0, prompt=True),
    "job_slice_count": Field("integer", min_value=0, prompt=True),
    "timeout": Field("integer", prompt=True),
}
ASKED = {
    **{f"ask_{name}_on_launch": name for name in PROMPTS if name not in {"extra_data", "job_tags"}},
    "ask_variables_on_launch": "extra_data",
    "ask_tags_on_launch": "job_tags",
}
HOOK = choice("", "github", "gitlab", "bitbucket_dc")

FIELDS: dict[str, dict[str, Field]] = {
    "organizations": {
        "name": NAME,
        "description": DESCRIPTION,
        "max_hosts": number(0),
        "default_environment": ref("execution_environments"),
    },
    "credential_types": {
        "name": NAME,
        "description": DESCRIPTION,
        "kind": choice("net", "cloud", required=True),
        "inputs": DATA,
        "injectors": DATA,
    },
    "credentials": {
        "name": NAME,
        "description": DESCRIPTION,
        "organization": ref("organizations"),
        "user": ref("users"),
        "team": ref("teams"),
        "credential_type": ref("credential_types", required=True),
        "inputs": DATA,
    },
    "execution_environments": {
        "name": NAME,
        "description": DESCRIPTION,
        "organization": ref("organizations"),
        "image": text(1024, required=True),
        "credential": ref("credentials"),
        "pull": choice("", "always", "missing", "never", default=""),
    },
    "projects": {
        "name": NAME,
        "description": DESCRIPTION,
        "organization": ref("organizations"),
        "scm_type": choice("", "git", "svn", "insights", "archive", default=""),
        "scm_url": text(1024),
        "scm_branch": text(256),
        "scm_refspec": text(1024),
        "local_path": text(1024),
        "credential": ref("credentials"),
        "default_environment": ref("execution_environments"),
        "signature_validation_credential": ref("credentials"),
        "scm_update_cache_timeout": number(0),
        "timeout": number(),
        **flags("scm_clean", "scm_track_submodules", "scm_delete_on_update", "scm_update_on_launch", "allow_override"),
    },
    "inventories": {
        "name": NAME,
        "description": DESCRIPTION,
        "organization": ref("organizations", required=True),
        "kind": choice("", "smart", "constructed", default=""),
        "host_filter": text(default=None),
        "variables": VARIABLES,
        **flags("prevent_instance_group_fallback"),
    },
    "groups": {
        "name": NAME,
        "description": DESCRIPTION,
        "inventory": ref("inventories", required=True),
        "variables": VARIABLES,
    },
    "hosts": {
        "name": NAME,
        "description": DESCRIPTION,
        "inventory": ref("inventories", required=True),
        "variables": VARIABLES,
        "enabled": Field("boolean", default=True),
        "instance_id": text(1024),
    },
    "job_templates": {
        "name": NAME,
        "description": DESCRIPTION,
        "job_type": choice("run", "check", default="run"),
        "inventory": ref("inventories"),
        "project": ref("projects"),
        "playbook": text(1024),
        "scm_branch": text(1024),
        "forks": number(0),
        "limit": text(),
        "job_tags": text(),
        "skip_tags": text(1024),
        "start_at_task": text(1024),
        "host_config_key": text(1024),
        "verbosity": choice(*VERBOSITY, default=0),
        "extra_vars": VARIABLES,
        "timeout": number(),
        "job_slice_count": number(0, 1),
        "execution_environment": ref("execution_environments"),
        "webhook_credential": ref("credentials"),
        "webhook_service": HOOK,
        **flags("survey_enabled", "become_enabled", "diff_mode", "allow_simultaneous", "use_fact_cache"),
        **flags("force_handlers", "prevent_instance_group_fallback", *ASKED),
        **flags("ask_credential_on_launch", "ask_labels_on_launch", "ask_instance_groups_on_launch"),
    },
    "workflow_job_templates": {
        "name": NAME,
        "description": DESCRIPTION,
        "organization": ref("organizations"),
        "inventory": ref("inventories"),
        "webhook_credential": ref("credentials"),
        "webhook_service": HOOK,
        "extra_vars": VARIABLES,
        **dict.fromkeys(("limit", "scm_branch", "skip_tags", "job_tags"), text(default=None)),
        **flags("survey_enabled", "allow_simultaneous"),
        **flags(*(f"ask_{name}_on_launch" for name in ("variables", "inventory", "scm_branch", "limit", "labels"))),
        **flags("ask_skip_tags_on_launch", "ask_tags_on_launch"),
    },
    "workflow_job_template_nodes": {
        "workflow_job_template": ref("workflow_job_templates", required=True),
        "unified_job_template": ref("unified_job_templates"),
        "identifier": text(512),
        **flags("all_parents_must_converge"),
        **PROMPTS,
    },
    "workflow_approval_templates": {"name": NAME, "description": DESCRIPTION, "timeout": number(0)},
    "schedules": {
        "name": NAME,
        "rrule": text(required=True),
        "unified_job_template": ref("unified_job_templates", required=True),
        "enabled": Field("boolean", default=True),
        "description": DESCRIPTION,
        **PROMPTS,
    },
    "notification_templates": {
        "name": NAME,
        "description": DESCRIPTION,
        "organization": ref("organizations", required=True),
        "notification_type": choice(
            *("awssns", "email", "grafana", "irc", "mattermost"),
            *("pagerduty", "rocketchat", "slack", "twilio", "webhook"),
            required=True,
        ),
        "notification_configuration": DATA,
        "messages": Field("json"),
    },
}
UNIQUE: dict[str, tuple[str, ...]] = {
    "organizations": ("name",),
    "execution_environments": ("name",),
    "credential_types": ("name", "kind"),
    "credentials": ("organization", "name", "credential_type"),
    "inventories": ("name", "organization"),
    "hosts": ("name", "inventory"),
    "groups": ("name", "inventory"),
    "projects": ("name", "organization"),
    "job_templates": ("name", "organization"),
    "workflow_job_templates": ("name", "organization"),
    "notification_templates": ("organization", "name"),
    "schedules": ("unified_job_template", "name"),
    "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
}
UNIFIED = ("projects", "job_templates", "workflow_job_templates", "workflow_approval_templates")
"""Endpoints whose objects are also unified job templates."""
_INVALID = object()


def options(endpoint: str) -> Values:
    """What OPTIONS says of a list."""
    described = {name: field.described() for name, field in FIELDS[endpoint].items()}
    return {"actions": {"POST": described, "GET": described}, "max_page_size": 200}


def read(endpoint: str, body: t.Any, exists: t.Callable[[str, int], bool], *, partial: bool) -> Values:
    """Take the known fields out of a body, in their types; everything that is wrong is refused in one answer."""
    if not isinstance(body, dict):
        raise Refused(400, {"detail": "the body has to be a JSON object"})
    faults: dict[str, list[str]] = {}
    values: Values = {}
    for name, field in FIELDS[endpoint].items():
        if name not in body:
            if field.required and not partial:
                faults[name] = ["This field is required."]
            elif not partial:
                values[name] = field.default
            continue
        value, fault = _converted(field, body[name], exists)
        if fault:
            faults[name] = [fault]
        else:
            values[name] = value
    if faults:
        raise Refused(400, faults)
    return values


def _converted(field: Field, value: t.Any, exists: t.Callable[[str, int], bool]) -> tuple[t.Any, str | None]:
    if value is None:
        return _from_null(field)
    if field.type == "id":
        if not isinstance(value, int) or isinstance(value, bool):
            return None, "Incorrect type. Expected an id."
        return (value, None) if exists(field.to or "", value) else (None, f'Invalid id "{value}": no such object.')
    value = _READERS[field.type](value)
    if value is _INVALID:
        return None, f"Not a valid {field.type}."
    return value, _out_of_bounds(field, value)


def _from_null(field: Field) -> tuple[t.Any, str | None]:
    if field.required or (field.type == "integer" and not field.prompt):
        return None, "This field may not be null."
    if field.prompt or field.type in {"id", "json"}:
        return None, None
    return (False if field.type == "boolean" else ""), None


def _out_of_bounds(field: Field, value: t.Any) -> str | None:
    if field.required and value == "":
        return "This field may not be blank."
    if field.choices and value not in field.choices:
        return f'"{value}" is not a valid choice.'
    if field.max_length is not None and len(value) > field.max_length:
        return f"Ensure this field has no more than {field.max_length} characters."
    if field.min_value is not None and value < field.min_value:
        return f"Ensure this value is greater than or equal to {field.min_value}."
    return None


def _whole(value: t.Any) -> t.Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else _INVALID


def _switch(value: t.Any) -> t.Any:
    known = {True: True, False: False, "true": True, "false": False, "": False}
    return known.get(value, _INVALID) if isinstance(value, (bool, int, str)) else _INVALID


def _string(value: t.Any) -> t.Any:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else _INVALID


def _variables(value: t.Any) -> t.Any:
    """Text that holds a mapping, as JSON or YAML; it is kept as it was written."""
    if not isinstance(value, str):
        return _INVALID
    try:
        return value if isinstance(yaml.safe_load(value) or {}, dict) else _INVALID
    except yaml.YAMLError:
        return _INVALID


def _mapping(value: t.Any) -> t.Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return _INVALID
    return value if isinstance(value, dict) else _INVALID


_READERS: t.Mapping[str, t.Callable[[t.Any], t.Any]] = {
    "integer": _whole,
    "boolean": _switch,
    "string": _string,
    "choice": lambda value: value,
    "json": _mapping,
    "text": _variables,
}
