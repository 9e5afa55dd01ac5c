# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The three shapes in which the service reports an error."""

from __future__ import annotations

from aiohttp import web

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
    INVALID_APP_ID: "The application id is wrong or missing.",
    INVALID_WORKSPACE_NAME: "There is no such workspace for this user.",
    INVALID_APP_DEFINITION_NAME: "There is no such app definition.",
    INVALID_SESSION_NAME: "There is no such session.",
    APP_DEFINITION_MISMATCH: "The workspace belongs to another app definition.",
    MISSING_WORKSPACE_NAME: "The name of the workspace is missing.",
    MISSING_SESSION_NAME: "The name of the session is missing.",
    WORKSPACE_TIMEOUT: "The workspace got no storage in time.",
    METRICS_UNAVAILABLE: "No metrics could be read.",
    SESSION_TIMEOUT: "The session got no URL in time.",
    MAX_INSTANCES_REACHED: "The app definition has no instance left.",
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
    """A standard HTTP error. The real service sends no useful body with these; the reason is in its log only."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers
        super().__init__(str(status))

    def response(self) -> web.Response:
        return web.Response(status=self.status, headers=self.headers)


class TextError(ServiceError):
    """The answers of the token and group filters: a status with a sentence in plain text."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)

    def response(self) -> web.Response:
        return web.Response(status=self.status, text=self.text)
