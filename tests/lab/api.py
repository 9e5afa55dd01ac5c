# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own errands to the API server: synchronous, by path, plain dictionaries in and out."""

from __future__ import annotations

import json
import time
import typing as t

import urllib3

Object = dict[str, t.Any]

MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class LabError(Exception):
    """Something in the lab did not come to pass; the message says what and what was last seen."""


class Unreachable(LabError):
    """Nobody answered."""


class ApiError(LabError):
    """The API server refused a request."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason


class Answer(t.NamedTuple):
    status: int
    headers: t.Mapping[str, str]
    body: bytes

    def json(self) -> Object:
        return t.cast(Object, json.loads(self.body))


def path_of(obj: Object) -> str:
    """Where the API serves an object; namespaced if and only if its metadata name a namespace."""
    version, metadata = obj["apiVersion"], obj["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    scope = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{scope}/{_plural(obj['kind'])}/{metadata['name']}"


def _plural(kind: str) -> str:
    word = kind.lower()
    if word == "clusterlogs":
        return word
    if word in ("podmetrics", "nodemetrics"):
        return word.removesuffix("metrics") + "s"
    return word + "es" if word.endswith("s") else word + "s"


class Api:
    """Kept-alive connections to one HTTPS server, with one bearer token."""

    def __init__(self, url: str, ca_file: str, token: str) -> None:
        self.url = url
        self._token = token
        self._pool = urllib3.PoolManager(ca_certs=ca_file, maxsize=8, retries=False)

    def request(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        params: t.Mapping[str, str] | None = None,
        content_type: str = "application/json",
        timeout_seconds: float = 30.0,
    ) -> Answer:
        """Send one request; whatever the server says is an answer, only silence raises."""
        try:
            answer = self._pool.request(
                method,
                self.url + path,
                fields=params if method in ("GET", "DELETE") else None,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": content_type},
                timeout=timeout_seconds,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"{method} {self.url}{path}: {error}") from error
        return Answer(answer.status, dict(answer.headers), answer.data)

    def _expect(self, answer: Answer) -> Object:
        if answer.status < 400:
            return answer.json()
        try:
            status = answer.json()
        except ValueError:
            raise ApiError(answer.status, "", answer.body.decode(errors="replace")) from None
        raise ApiError(answer.status, status.get("reason", ""), status.get("message", ""))

    def find(self, path: str) -> Object | None:
        answer = self.request("GET", path)
        return None if answer.status == 404 else self._expect(answer)

    def get(self, path: str, **params: str) -> Object:
        return self._expect(self.request("GET", path, params=params))

    def items(self, path: str, **params: str) -> list[Object]:
        return t.cast(list[Object], self.get(path, **params)["items"])

    def watch(self, path: str, version: str) -> t.Iterator[Object]:
        """What has happened there since a version, and what happens then, event after event."""
        answer = self._pool.request(
            "GET",
            f"{self.url}{path}?watch=1&resourceVersion={version}",
            headers={"Authorization": f"Bearer {self._token}"},
            preload_content=False,
            timeout=30.0,
        )
        try:
            yield from map(json.loads, answer)
        finally:
            answer.close()

    def create(self, obj: Object) -> Object:
        return self._expect(self.request("POST", path_of(obj).rpartition("/")[0], obj))

    def post(self, path: str, body: Object) -> Object:
        return self._expect(self.request("POST", path, body))

    def apply(self, obj: Object) -> Object:
        """Create the object, or make the live one agree with it (server-side apply)."""
        path = path_of(obj) + "?fieldManager=lab&force=true"
        return self._expect(self.request("PATCH", path, obj, content_type=APPLY_PATCH))

    def merge(self, path: str, patch: Object) -> Object:
        return self._expect(self.request("PATCH", path, patch, content_type=MERGE_PATCH))

    def delete(self, path: str) -> bool:
        """Delete in the background; False if there was nothing."""
        answer = self.request("DELETE", path, params={"propagationPolicy": "Background"})
        if answer.status == 404:
            return False
        self._expect(answer)
        return True


def wait_until(what: str, reached: t.Callable[[], t.Any], timeout_seconds: float, pause_seconds: float = 0.05) -> t.Any:
    """Ask again until the answer is truthy, and return it; name what was awaited if it never is."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = reached()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout_seconds:g} s in vain: {what}")
        time.sleep(pause_seconds)
