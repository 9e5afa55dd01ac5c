# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AWX API over HTTP, on loopback."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import threading
import typing as t

from aiohttp import web

from awx import lists, rules, surveys
from awx.fields import FIELDS, Refused, Values, options
from awx.runs import Runs
from awx.store import OTHERS, RELATIONS, Store

USER, PASSWORD = "admin", "the password of the stand-in"
_SURVEYED = ("job_templates", "workflow_job_templates")
_HEADERS = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
_DATE = "2026-11-22T10:00:00Z"
_TYPES = {"inventories": "inventory", "jobs": "job"}
Answer = tuple[int, t.Any]


class Awx:
    """Serves until the ``with`` block ends. `repositories` says which playbooks are behind the address of a project."""

    def __init__(self, repositories: t.Mapping[str, t.Sequence[str]]) -> None:
        self.store = Store(repositories)
        self.runs = Runs(self.store)
        self.requests: list[tuple[str, str]] = []
        self.tokens: dict[int, str] = {}
        self.released: list[int] = []
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Awx:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(timeout=10)
        return self

    def __exit__(self, *_exc: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def _handle(self, request: web.Request) -> web.Response:
        self.requests.append((request.method, request.path))
        raw = await request.read()
        try:
            body = json.loads(raw) if raw else {}
            status, answer = self.answer(
                request.method, request.path, list(request.query.items()), body, request.headers.get("Authorization")
            )
        except Refused as exc:
            status, answer = exc.status, exc.body
        except ValueError:
            status, answer = 400, {"detail": "JSON parse error"}
        text = "" if answer is None else json.dumps(answer)
        return web.Response(status=status, text=text, content_type="application/json", headers=_HEADERS)

    # --- requests

    def answer(self, method: str, path: str, query: lists.Query, body: t.Any, authorization: str | None) -> Answer:
        """The answer to one request; `Refused` is raised for one that is no success."""
        if not path.startswith("/api/v2/") or not path.endswith("/"):
            raise Refused(404, {"detail": "Not found."})
        endpoint, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if endpoint == "tokens":
            return self._token(method, rest, authorization)
        if authorization not in {f"Bearer {token}" for token in self.tokens.values()}:
            raise Refused(401, {"detail": "Authentication credentials were not provided."})
        if endpoint not in self.store.objects and endpoint != "unified_job_templates":
            raise Refused(404, {"detail": "Not found."})
        if rest and not rest[0].isdigit():
            raise Refused(404, {"detail": "Not found."})
        if not rest:
            return self._list(method, endpoint, query, body)
        kept = self.store.get(endpoint, int(rest[0]))
        if len(rest) == 1:
            return self._detail(method, endpoint, kept, body)
        return self._part(method, endpoint, kept, rest[1], query, body)

    def _token(self, method: str, rest: list[str], authorization: str | None) -> Answer:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if authorization != f"Basic {basic}":
            raise Refused(401, {"detail": "Invalid username/password."})
        if method == "POST" and not rest:
            number = len(self.tokens) + len(self.released) + 1
            self.tokens[number] = secrets.token_hex(15)
            return 201, {"id": number, "token": self.tokens[number]}
        if method == "DELETE" and rest and int(rest[0]) in self.tokens:
            del self.tokens[int(rest[0])]
            self.released.append(int(rest[0]))
            return 204, None
        raise _not_allowed(method)

    def _list(self, method: str, endpoint: str, query: lists.Query, body: t.Any) -> Answer:
        if method == "GET":
            shown = [self.shown(self._endpoint_of(endpoint, kept), kept) for kept in self.store.all(endpoint).values()]
            return 200, lists.page(f"/api/v2/{endpoint}/", shown, query, set(FIELDS.get(endpoint, {})))
        if endpoint not in FIELDS or endpoint == "workflow_approval_templates":
            raise _not_allowed(method)
        if method == "OPTIONS":
            return 200, options(endpoint)
        if method == "POST":
            return 201, self.shown(endpoint, self.store.create(endpoint, body))
        raise _not_allowed(method)

    def _detail(self, method: str, endpoint: str, kept: Values, body: t.Any) -> Answer:
        if method == "GET":
            if endpoint == "project_updates" and kept["status"] == "pending":
                self.store.end_update(kept)
            return 200, self.shown(endpoint, kept)
        if method == "PATCH" and endpoint in FIELDS:
            return 200, self.shown(endpoint, self.store.change(endpoint, kept["id"], body))
        if method == "DELETE" and endpoint in FIELDS:
            self.store.delete(endpoint, kept["id"])
            return (202 if endpoint == "inventories" else 204), None
        raise _not_allowed(method)

    def _part(self, method: str, endpoint: str, kept: Values, part: str, query: lists.Query, body: t.Any) -> Answer:
        relation = RELATIONS.get(endpoint, {}).get(part)
        if relation and method == "POST":
            self.store.associate(endpoint, kept["id"], part, body)
            return 204, None
        if relation and method == "GET":
            linked = [self.store.get(relation, each) for each in self.store.links.get((kept["id"], part), [])]
            shown = [self.shown(relation, each) for each in linked]
            return 200, lists.page(f"/api/v2/{endpoint}/{kept['id']}/{part}/", shown, query, set())
        action = getattr(self, f"_{method.lower()}_{part}", None)
        if not action or endpoint not in _PARTS.get(part, ()):
            raise Refused(404, {"detail": "Not found."})
        return t.cast("Answer", action(endpoint, kept, body))

    def _get_survey_spec(self, _endpoint: str, kept: Values, _body: t.Any) -> Answer:
        spec = self.store.surveys.get(kept["id"], {})
        hidden = [
            {**each, "default": surveys.ENCRYPTED} if each["type"] == "password" and each.get("default") else each
            for each in spec.get("spec", [])
        ]
        return 200, {**spec, "spec": hidden} if spec else {}

    def _post_survey_spec(self, _endpoint: str, kept: Values, body: t.Any) -> Answer:
        self.store.set_survey(kept, body)
        return 200, None

    def _delete_survey_spec(self, _endpoint: str, kept: Values, _body: t.Any) -> Answer:
        self.store.changes += self.store.surveys.pop(kept["id"], None) is not None
        return 200, None

    def _post_launch(self, endpoint: str, kept: Values, body: t.Any) -> Answer:
        job, ignored = self.runs.launch(endpoint, kept, body)
        kind = "jobs" if endpoint == "job_templates" else "workflow_jobs"
        return 201, {**self.shown(kind, job), "job": job["id"], "ignored_fields": ignored}

    def _post_update(self, _endpoint: str, kept: Values, _body: t.Any) -> Answer:
        return 202, self.shown("project_updates", self.store.start_update(kept))

    def _get_playbooks(self, _endpoint: str, kept: Values, _body: t.Any) -> Answer:
        return 200, kept.get("playbooks", [])

    def _post_create_approval_template(self, _endpoint: str, kept: Values, body: t.Any) -> Answer:
        made = self.store.create("workflow_approval_templates", body)
        kept["unified_job_template"] = made["id"]
        return 201, self.shown("workflow_approval_templates", made)

    def _post_approve(self, _endpoint: str, kept: Values, _body: t.Any) -> Answer:
        self.runs.decide(kept, approved=True)
        return 204, None

    def _post_deny(self, _endpoint: str, kept: Values, _body: t.Any) -> Answer:
        self.runs.decide(kept, approved=False)
        return 204, None

    # --- what is shown

    def _endpoint_of(self, endpoint: str, kept: Values) -> str:
        if endpoint != "unified_job_templates":
            return endpoint
        return next(name for name in FIELDS if kept["id"] in self.store.objects[name])

    def shown(self, endpoint: str, kept: Values) -> Values:
        """An object as it is answered: without secrets, with what AWX adds."""
        url = f"/api/v2/{endpoint}/{kept['id']}/"
        parts = [*RELATIONS.get(endpoint, {}), *(part for part, where in _PARTS.items() if endpoint in where)]
        related = {part: f"{url}{part}/" for part in parts}
        values = {**kept, "type": _TYPES.get(endpoint, endpoint.removesuffix("s")), "url": url, "related": related}
        values |= {"summary_fields": {}, "created": _DATE, "modified": _DATE}
        if endpoint == "credentials":
            secret = rules.secret_fields(self.store.get("credential_types", kept["credential_type"]))
            hidden = {name: surveys.ENCRYPTED if name in secret else value for name, value in kept["inputs"].items()}
            values["inputs"] = hidden
        elif endpoint == "credential_types":
            values["managed"] = kept.get("managed", False)
        elif endpoint == "notification_templates":
            values["notification_configuration"] = rules.hidden_configuration(kept["notification_configuration"])
        elif endpoint == "projects" and "current_update" in kept:
            values["summary_fields"] = {"current_update": {"id": kept["current_update"]}}
        elif endpoint == "workflow_job_template_nodes":
            for name in ("success_nodes", "failure_nodes", "always_nodes"):
                values[name] = self.store.links.get((kept["id"], name), [])
            template = kept["unified_job_template"]
            if template is not None:
                where = self._endpoint_of("unified_job_templates", self.store.get("unified_job_templates", template))
                related["unified_job_template"] = f"/api/v2/{where}/{template}/"
        elif endpoint in {"project_updates", *OTHERS}:
            ended = kept.get("status") not in {"pending", "running"}
            values |= {"finished": _DATE if ended else None, "event_processing_finished": ended}
            values["failed"] = kept.get("status") == "failed"
        return values


_PARTS: dict[str, tuple[str, ...]] = {
    "survey_spec": _SURVEYED,
    "launch": _SURVEYED,
    "update": ("projects",),
    "playbooks": ("projects",),
    "create_approval_template": ("workflow_job_template_nodes",),
    "approve": ("workflow_approvals",),
    "deny": ("workflow_approvals",),
}


def _not_allowed(method: str) -> Refused:
    return Refused(405, {"detail": f'Method "{method}" not allowed.'})
