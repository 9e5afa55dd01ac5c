# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answers of the Kubernetes API mean: their content, and the error that a refusal becomes."""

from __future__ import annotations

import json
import re
import typing as t

from .._common.errors import (
    Conflict,
    EduideError,
    Forbidden,
    Invalid,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
)
from .._common.http.client import Answer
from .._common.http.rules import Fault, fate
from .._common.parsing import parse_json
from .._common.redact import scrub_text, secrets_in
from .access import Access
from .kinds import THEIA_GROUP
from .requests import Request

_FORBIDDEN_USER = re.compile(r'User "([^"]*)" cannot ')


def json_of(answer: Answer, access: Access, request: Request) -> dict[str, t.Any]:
    """The content of a good answer; anything but a whole JSON object is a failure, never an empty one."""
    content = answer.headers.get("Content-Type", "")
    if content.partition(";")[0].strip() == "application/json":
        try:
            loaded = parse_json(answer.body)
        except ValueError:
            loaded = None
        if isinstance(loaded, dict):
            return loaded
        raise not_understood("JSON that is cut off or damaged", answer, access, request)
    raise not_understood(f"content of type {scrub_text(content)!r} instead of JSON", answer, access, request)


def object_of(answer: Answer, access: Access, request: Request) -> dict[str, t.Any]:
    """The object that a good answer holds: after a write, nothing else proves that it was carried out."""
    content = json_of(answer, access, request)
    metadata = content.get("metadata")
    if not isinstance(metadata, dict) or not all(
        isinstance(metadata.get(field), str) and metadata[field] for field in ("name", "uid", "resourceVersion")
    ):
        raise not_understood(f"something that is no {request.kind.kind}", answer, access, request)
    return content


def check_deleted(answer: Answer, access: Access, request: Request) -> None:
    """A delete is answered with a Status, or with the object as long as something holds it."""
    content = json_of(answer, access, request)
    if content.get("kind") == "Status" and content.get("status") == "Success":
        return
    object_of(answer, access, request)


def not_understood(what: str, answer: Answer, access: Access, request: Request) -> ServerFailed:
    """An answer that says it is good and is not what the API would answer."""
    return ServerFailed(
        f"cannot {request.verb} {request.thing}: {access.host} answered with {what}; "
        "is that the address of a Kubernetes API, and is nothing in between changing answers?",
        status=answer.status,
        **fate(request.effect, Fault.NOT_UNDERSTOOD),
    )


def refusal(answer: Answer, access: Access, request: Request) -> EduideError:
    """The error for an answer whose status is not a success."""
    status = _status_of(answer)
    reason = scrub_text(str(status.get("message") or ""), secrets_in(request.body or {})).rstrip(".")
    facts: dict[str, t.Any] = {
        "status": answer.status,
        "resource": request.resource,
        "namespace": request.namespace,
        "name": request.name,
    }
    cannot = f"cannot {request.verb} {request.thing}"
    if answer.status == 401:
        error: EduideError = Unauthorized(
            f"{cannot}: {access.host} does not accept the credentials of {access.proven_by} (401); "
            "they may have expired; log in anew or give a valid api_key",
            **facts,
        )
    elif answer.status == 403:
        error = _forbidden(cannot, reason, request, facts)
    elif answer.status in (404, 405):
        error = _missing(cannot, status, access, request, facts)
    elif answer.status == 409:
        error = Conflict(f"{cannot}: {reason or 'it was changed in between'}", reason=status.get("reason"), **facts)
    elif answer.status in (400, 413, 415, 422):
        error = Invalid(f"{cannot}: {reason or f'refused with status {answer.status}'}", **facts)
    else:
        hint = "; is that the address of a Kubernetes API?" if answer.status < 400 else ""
        said = f", and says: {reason}" if reason else ""
        text = f"{cannot}: {access.host} answered with status {answer.status}{said}{hint}"
        error = ServerFailed(text, **facts, **fate(request.effect, answer.fault or Fault.NOT_UNDERSTOOD))
    return error


def _status_of(answer: Answer) -> dict[str, t.Any]:
    """The Status object of the API server, or nothing where something else answered."""
    try:
        status = parse_json(answer.body)
    except ValueError:
        return {}
    return status if isinstance(status, dict) and status.get("kind") == "Status" else {}


def _forbidden(cannot: str, reason: str, request: Request, facts: dict[str, t.Any]) -> Forbidden:
    user = _FORBIDDEN_USER.search(reason)
    if user is None:
        # Not a matter of roles: a quota, a policy or an admission webhook said no, and only its text tells why.
        return Forbidden(f"{cannot}: {reason or 'forbidden (403)'}", **facts)
    rule = {"apiGroups": [request.kind.group], "resources": [request.resource], "verbs": [request.verb]}
    role = "Role in that namespace" if request.namespace else "ClusterRole"
    return Forbidden(
        f"{cannot}: {user.group(1)!r} is not allowed to (403); add to a {role}: {json.dumps(rule)}",
        rule=rule,
        user=user.group(1),
        **facts,
    )


def _missing(
    cannot: str, status: dict[str, t.Any], access: Access, request: Request, facts: dict[str, t.Any]
) -> EduideError:
    named = status.get("details")
    named = named if isinstance(named, dict) else {}
    if named.get("name"):
        if named.get("kind") == "namespaces":
            return NotFound(f"{cannot}: there is no namespace {named['name']!r}", **facts)
        return NotFound(f"{cannot}: it does not exist", **facts)
    remedy = "is the right cluster chosen (option context)?"
    if request.kind.group == THEIA_GROUP:
        remedy = f"are the custom resource definitions of Theia Cloud installed, and {remedy}"
    return NotServed(
        f"{cannot}: {access.host} ({access.source}) does not serve {request.kind.plural} of "
        f"{request.kind.api_version}; {remedy}",
        **facts,
    )


def served_otherwise(error: NotServed, versions: t.Sequence[str], access: Access, request: Request) -> NotServed:
    """The error for a kind that the server has in other versions only."""
    kind = request.kind
    return NotServed(
        f"cannot {request.verb} {request.thing}: {access.host} ({access.source}) serves {kind.plural} of {kind.group} "
        f"as {', '.join(versions)}, and {kind.version} is needed; "
        "update the custom resource definitions of Theia Cloud",
        **error.details,
        versions=[*versions],
    )
