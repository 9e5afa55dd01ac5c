# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of single kinds of objects, beyond the types of their fields."""

from __future__ import annotations

import re
import typing as t

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from awx.fields import Refused, Values
from awx.surveys import ENCRYPTED

_TEMPLATES = SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
_INPUT_KEYS = {"id", "label", "type", "format", "choices", "multiline", "secret", "help_text", "default"}
_STRINGS_ONLY = {"format", "choices", "multiline", "secret"}
_TAKEN_ENV = {"PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID", "AWX_HOST", "PROJECT_REVISION"}


# --- credential types and credentials


def check_inputs(inputs: Values) -> Values:
    """Inputs of a credential type; the server adds the type that is not stated."""
    if not set(inputs) <= {"fields", "required"}:
        raise _inputs("only fields and required are allowed")
    fields = [_input_field(field) for field in inputs.get("fields", [])]
    ids = [field["id"] for field in fields]
    if len(set(ids)) != len(ids):
        raise _inputs("ids have to be unique")
    if not set(inputs.get("required", [])) <= set(ids):
        raise _inputs("required names a field that does not exist")
    return {**inputs, "fields": fields} if inputs else {}


def _inputs(sentence: str) -> Refused:
    return Refused(400, {"inputs": [sentence]})


def _input_field(field: t.Any) -> Values:
    if not isinstance(field, dict) or not {"id", "label"} <= set(field):
        raise _inputs("a field needs id and label")
    if "ask_at_runtime" in field or not set(field) <= _INPUT_KEYS:
        raise _inputs(f"not allowed in a field: {', '.join(sorted(set(field) - _INPUT_KEYS))}")
    if not re.fullmatch(r"[a-zA-Z_]\w*", str(field["id"])) or field["id"] == "tower":
        raise _inputs(f"{field['id']} is no name of a variable")
    kind = field.get("type", "string")
    if kind not in {"string", "boolean"}:
        raise _inputs(f"{kind} is no type of a field")
    if kind != "string" and _STRINGS_ONLY & set(field):
        raise _inputs(f"only for strings: {', '.join(sorted(_STRINGS_ONLY & set(field)))}")
    if field.get("format") not in {None, "ssh_private_key", "url"}:
        raise _inputs(f"{field['format']} is no format of a field")
    return {**field, "type": kind}


def check_injectors(injectors: Values, inputs: Values) -> None:
    """What a credential type hands to a job: names that are allowed, and templates of its own fields only."""
    if not set(injectors) <= {"file", "env", "extra_vars"}:
        raise _injectors("only file, env and extra_vars are allowed")
    files = set(injectors.get("file", {}))
    named = {name.removeprefix("template.") for name in files - {"template"}}
    if any(not name.startswith("template") for name in files) or ("template" in files and len(files) > 1):
        raise _injectors("a file is either template alone, or template.<name> several times")
    for name, value in injectors.get("env", {}).items():
        if name.startswith("ANSIBLE_") or name in _TAKEN_ENV:
            raise _injectors(f"the environment variable {name} is not allowed")
        if not str(value).isascii():
            raise _injectors(f"the value of {name} is not ASCII")
    filename: t.Any = dict.fromkeys(named, "path") if named else "path"
    values: Values = {field["id"]: "value" for field in inputs.get("fields", [])}
    values["tower"] = {"filename": filename} if files else {}
    for part, templates in injectors.items():
        for name, template in templates.items():
            try:
                _TEMPLATES.from_string(str(template)).render(values)
            except jinja2.TemplateError as exc:
                raise _injectors(f"{part}.{name} cannot be rendered: {exc}") from exc


def _injectors(sentence: str) -> Refused:
    return Refused(400, {"injectors": [sentence]})


def secret_fields(credential_type: Values) -> set[str]:
    return {field["id"] for field in credential_type["inputs"].get("fields", []) if field.get("secret")}


def credential_inputs(credential_type: Values, sent: Values, kept: Values) -> Values:
    """The inputs after a write: `$encrypted$` keeps what is there, and only fields of the type are allowed."""
    known = {field["id"] for field in credential_type["inputs"].get("fields", [])}
    if unknown := sorted(set(sent) - known):
        raise _inputs(f"not allowed: {', '.join(unknown)}")
    for name, value in sent.items():
        if value == ENCRYPTED and name not in kept:
            raise _inputs(f"{ENCRYPTED} is a reserved word; {name} has no value yet")
    return {name: kept[name] if value == ENCRYPTED else value for name, value in sent.items()}


# --- schedules


def check_rrule(rrule: str) -> None:
    """The parts of iCalendar's rules that AWX takes."""
    problem = _rrule_problem(rrule)
    if problem:
        raise Refused(400, {"rrule": [problem]})


def _rrule_problem(rrule: str) -> str | None:
    words = rrule.split()
    starts = [word for word in words if word.startswith("DTSTART")]
    rules = [_parts(word) for word in words if word.startswith("RRULE:")]
    if len(starts) != 1:
        return "exactly one DTSTART is needed"
    if not re.fullmatch(r"DTSTART(;TZID=[\w/+-]+:\d{8}T\d{6}|:\d{8}T\d{6}Z)", starts[0]):
        return "DTSTART needs a zone, or has to be in UTC"
    if not rules:
        return "an RRULE is needed"
    if any(word.startswith(("RDATE", "EXDATE")) for word in words):
        return "RDATE and EXDATE are not supported"
    return next((problem for rule in rules if (problem := _rule_problem(rule))), None)


def _rule_problem(rule: dict[str, str]) -> str | None:
    count = rule.get("COUNT")
    for broken, problem in (
        ("INTERVAL" not in rule, "INTERVAL is needed in each rule"),
        (rule.get("FREQ") == "SECONDLY", "SECONDLY is not supported"),
        (re.search(r"\d", rule.get("BYDAY", "")), "BYDAY with a number is not supported"),
        (count and "UNTIL" in rule, "COUNT and UNTIL exclude each other"),
        (count and int(count) > 999, "COUNT is at most 999"),
        (rule.get("FREQ") not in {"MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, "FREQ is unknown"),
    ):
        if broken:
            return problem
    return None


def _parts(word: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in word.removeprefix("RRULE:").split(";"))
    return {name: value for name, _equals, value in pairs}


# --- notification templates

_REQUIRED = object()
_CONFIGURATIONS: dict[str, dict[str, tuple[type, t.Any]]] = {
    "webhook": {
        "url": (str, _REQUIRED),
        "headers": (dict, _REQUIRED),
        "http_method": (str, "POST"),
        "disable_ssl_verification": (bool, False),
        "username": (str, ""),
        "password": (str, ""),
    },
    "email": {
        **dict.fromkeys(("host", "username", "password", "sender"), (str, _REQUIRED)),
        "port": (int, _REQUIRED),
        **dict.fromkeys(("use_tls", "use_ssl"), (bool, _REQUIRED)),
        "recipients": (list, _REQUIRED),
        "timeout": (int, 30),
    },
    "mattermost": {"mattermost_url": (str, _REQUIRED), "mattermost_no_verify_ssl": (bool, _REQUIRED)},
    "rocketchat": {"rocketchat_url": (str, _REQUIRED), "rocketchat_no_verify_ssl": (bool, _REQUIRED)},
    "slack": {"token": (str, _REQUIRED), "channels": (list, _REQUIRED)},
}
_SECRET = {"password", "token"}
_EVENTS = {"started", "success", "error"}
_APPROVALS = {"running", "approved", "timed_out", "denied"}
# What messages may name, with a value of its kind.
_JOB = {
    **dict.fromkeys(("id", "name", "description", "status", "playbook", "limit", "job_explanation", "created"), "x"),
    **dict.fromkeys(("started", "finished", "elapsed", "launch_type", "scm_revision", "job_type", "url"), "x"),
    "artifacts": {},
    "summary_fields": {"inventory": {"name": "x"}, "project": {"name": "x"}, "created_by": {"username": "x"}},
}
_NAMES = {
    "job": _JOB,
    **dict.fromkeys(("job_friendly_name", "url", "job_metadata", "workflow_url"), "x"),
    **dict.fromkeys(("approval_status", "approval_node_name"), "x"),
}


def notification_configuration(kind: str, sent: Values, kept: Values) -> Values:
    """The configuration with the server's defaults; all faults in one list."""
    if kind not in _CONFIGURATIONS:
        raise Refused(400, [f"the stand-in does not know the fields of {kind}"])
    fields, faults = _CONFIGURATIONS[kind], []
    values = {name: sent.get(name, default) for name, (_kind, default) in fields.items()}
    for name, (type_, _default) in fields.items():
        if values[name] is _REQUIRED:
            faults.append(f"Missing required fields for Notification Configuration: {name}.")
        elif not isinstance(values[name], type_) or (type_ is int and isinstance(values[name], bool)):
            faults.append(f"Configuration field '{name}' incorrect type, expected {type_.__name__}.")
        elif type_ is list and not values[name]:
            faults.append(f"No values specified for field '{name}'")
    if values.get("http_method") not in {None, "POST", "PUT"}:
        faults.append("HTTP method must be either 'POST' or 'PUT'.")
    if faults:
        raise Refused(400, faults)
    return {name: kept.get(name, value) if value == ENCRYPTED else value for name, value in values.items()}


def hidden_configuration(values: Values) -> Values:
    return {name: ENCRYPTED if name in _SECRET and value else value for name, value in values.items()}


def check_messages(messages: Values) -> None:
    for event, message in messages.items():
        if event == "workflow_approval":
            for step, inner in (message or {}).items():
                if step not in _APPROVALS:
                    raise _messages(f"{step} is no step of an approval")
                _check_message(inner)
        elif event in _EVENTS:
            _check_message(message)
        else:
            raise _messages(f"{event} is no event")


def _messages(sentence: str) -> Refused:
    return Refused(400, {"messages": [sentence]})


def _check_message(message: t.Any) -> None:
    for part, text in (message or {}).items():
        if part not in {"message", "body"} or not isinstance(text, (str, type(None))):
            raise _messages(f"a message has message and body, not {part}")
        if part == "message" and "\n" in (text or ""):
            raise _messages("a message has one line")
        try:
            _TEMPLATES.from_string(text or "").render(_NAMES)
        except jinja2.TemplateError as exc:
            raise _messages(f"cannot be rendered: {exc}") from exc
