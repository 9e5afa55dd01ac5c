# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the tests of the contract ask the stand-in service, and what they compare.

The contract is what the real programs of April 2026 answered when they were asked on a control plane like this one.
Where newer code is known to differ, a test asks both; else the answer is the same whatever code is played.
"""

from __future__ import annotations

import json
import re
import typing as t

import urllib3

from lab import Installation

Object = dict[str, t.Any]

JSON, TEXT, HTML = "application/json", "text/plain", "text/html"

ERROR_ID = re.compile(r"Error id [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d+")


class Said(t.NamedTuple):
    """An answer as far as it is compared. Parameters of content types are another matter."""

    status: int
    kind: str | None
    body: t.Any

    @property
    def is_error_id(self) -> bool:
        """Whether nobody caught what went wrong: only the service's log says what it was."""
        if (self.status, self.kind) != (500, JSON) or set(self.body) != {"details", "stack"}:
            return False
        return ERROR_ID.fullmatch(self.body["details"]) is not None and self.body["stack"] == ""


def empty(status: int) -> Said:
    """No body, and nothing that says of which kind it is."""
    return Said(status, None, "")


def text(status: int, body: str) -> Said:
    return Said(status, TEXT, body)


def coded(code: int, reason: str) -> Said:
    """The platform's own errors: the code is the status, registered or not."""
    return Said(code, JSON, {"code": code, "reason": reason})


class Asker:
    """Asks one service, in the bare form in which a question was put."""

    def __init__(self, site: Installation) -> None:
        self.site = site
        self._http = urllib3.PoolManager(retries=False)

    def __call__(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        user: str | None = None,
        bearer: str | None = None,
        headers: t.Mapping[str, str] | None = None,
        kind: str | None = JSON,
    ) -> Said:
        """`{app_id}` in a path is filled in. A body that is bytes is sent as it is."""
        token = self.site.user_token(user) if user else bearer
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {"Content-Type": kind} if kind else {}
        answer = self._http.request(
            method,
            self.site.service_url + path.format(app_id=self.site.app_id),
            body=body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
            headers={**sent, **(headers or {})},
        )
        return said(answer.status, answer.headers, answer.data)

    def mine(self, **fields: t.Any) -> Object:
        """A body with the right appId."""
        return {"appId": self.site.app_id, **fields}

    def launch(self, user: str, definition: str, **request: t.Any) -> Said:
        """What the landing page asks for a student; without a workspace unless the request asks for one."""
        body = self.mine(user=user, appDefinition=definition, **{"ephemeral": True, **request})
        return self("POST", "/service", body, user=user)

    def scaling(self, name: str, **bounds: t.Any) -> Said:
        """A change of bounds by an administrator."""
        headers = {"X-Admin-Api-Token": self.site.admin_token or ""}
        return self("PATCH", f"/service/admin/appdefinition/{name}", bounds, headers=headers)


def name_of(user: str, definition: str) -> str:
    """The session that a launch without a workspace makes, or finds."""
    return f"ws-{definition}-{user.replace('@', '-').replace('.', '-')}-session"


def said(status: int, headers: t.Mapping[str, str], data: bytes) -> Said:
    """JSON is read only if it is some: there are answers that only claim to be."""
    content_type = headers.get("Content-Type")
    kind = None if content_type is None else content_type.partition(";")[0]
    told = data.decode()
    if kind == JSON:
        try:
            return Said(status, kind, json.loads(told))
        except ValueError:
            return Said(status, kind, told)
    return Said(status, kind, told)
