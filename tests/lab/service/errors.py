# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes in which the service reports an error."""

from __future__ import annotations

import itertools
import typing as t
import uuid

from aiohttp import web

TEXT = "text/plain;charset=UTF-8"

INVALID_APP_ID = 470
INVALID_WORKSPACE_NAME = 471
INVALID_APP_DEFINITION_NAME = 473
INVALID_SESSION_NAME = 474
APP_DEFINITION_MISMATCH = 475
MISSING_WORKSPACE_NAME = 480
MISSING_SESSION_NAME = 481
WORKSPACE_TIMEOUT = 520
METRICS_UNAVAILABLE = 521
SESSION_TIMEOUT = 551
MAX_INSTANCES_REACHED = 552
CONFIG_STORE_UNAVAILABLE = 580

REASONS = {
    INVALID_APP_ID: "Invalid application id.",
    INVALID_WORKSPACE_NAME: "Invalid workspace name.",
    INVALID_APP_DEFINITION_NAME: "Invalid app definition name.",
    INVALID_SESSION_NAME: "Invalid session name.",
    APP_DEFINITION_MISMATCH: "Mismatch between app definition names.",
    MISSING_WORKSPACE_NAME: "Missing workspace name.",
    MISSING_SESSION_NAME: "Missing session name.",
    METRICS_UNAVAILABLE: "Metrics server not ready (yet).",
    SESSION_TIMEOUT: "Unable to launch session within time limit.",
    MAX_INSTANCES_REACHED: "Max instances reached. Could not create session.",
    # These two texts are ours (inferred).
    WORKSPACE_TIMEOUT: "The workspace got no storage in time.",
    CONFIG_STORE_UNAVAILABLE: "The session has no config store.",
}


class ServiceError(Exception):
    """Base of everything that ends a request with an error answer."""

    def response(self) -> web.Response:
        raise NotImplementedError


class PlatformError(ServiceError):
    """A coded error: JSON with code and reason, the code being the HTTP status as well, registered or not."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        self.code = code
        self.reason = REASONS.get(code, "") if reason is None else reason
        super().__init__(f"{code}:{self.reason}")

    def response(self) -> web.Response:
        return web.json_response({"code": self.code, "reason": self.reason}, status=self.code, reason=self.reason)

    def as_status_error(self) -> str:
        """The text that ``status.error`` of a custom resource holds."""
        return f"{self.code}:{self.reason}"

    @classmethod
    def from_status_error(cls, text: str) -> PlatformError:
        """Read ``status.error`` back; a text that does not start with a number counts as an internal error."""
        code, separator, reason = text.partition(":")
        if separator and code.strip().isdigit():
            return cls(int(code), reason)
        return cls(500, text)


class PlainError(ServiceError):
    """A standard HTTP error: no body and no content type; the reason is in the log of the service only."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers
        super().__init__(str(status))

    def response(self) -> web.Response:
        return web.Response(status=self.status, headers=self.headers)


class TextError(ServiceError):
    """The answer of the group filter: a status with a sentence."""

    content_type: t.ClassVar[str] = TEXT

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)

    def response(self) -> web.Response:
        return web.Response(status=self.status, body=self.text.encode(), headers={"Content-Type": self.content_type})


class MislabelledError(TextError):
    """The answers of the token filter: a bare sentence that claims to be JSON."""

    content_type = "application/json"


class UnknownPath(ServiceError):
    """No endpoint has this path."""

    def response(self) -> web.Response:
        page = "<html><body><h1>Resource not found</h1></body></html>"
        return web.Response(status=404, text=page, content_type="text/html")


class Unforeseen(ServiceError):
    """An exception that nobody caught. Its id stands beside the cause in the log of the service."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self.error_id = f"{uuid.uuid4()}-{next(self._numbers)}"
        super().__init__(self.error_id)

    def response(self) -> web.Response:
        return web.json_response({"details": f"Error id {self.error_id}", "stack": ""}, status=500)
