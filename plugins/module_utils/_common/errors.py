# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, as one short tree: modules turn every ``EduideError`` into ``fail_json`` in one place."""

from __future__ import annotations

import typing as t


class EduideError(Exception):
    """A failure that a person can act on: the text names the object, the cause and the next step."""

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        # For machines: handed to fail_json beside the message, so the keys are part of the result.
        self.details = details

    @property
    def uncertain(self) -> bool:
        """Whether a write was sent and nobody knows if it was carried out."""
        return self.details.get("applied") == "unknown"

    @property
    def advice(self) -> str:
        """The text, and of such a write that it may have been carried out."""
        if not self.uncertain:
            return str(self)
        return f"{str(self).rstrip('.')}; it may have been carried out all the same: run the task again to know"

    @property
    def brief(self) -> str:
        """The text where many of them are told at once."""
        return str(self)


def several(problems: t.Sequence[str], shown: int = 5) -> str:
    """Some of them in one line, and how many more there are."""
    more = f" (and {len(problems) - shown} more)" if len(problems) > shown else ""
    return f"{'; '.join(problems[:shown])}{more}"


class Unexpected(EduideError):
    """An error that nobody thought of. Its own words may quote what is secret, so only its kind and place are told."""

    @classmethod
    def from_exception(cls, exc: BaseException) -> Unexpected:
        places = []
        trace = exc.__traceback__
        while trace is not None:
            _before, ours, place = trace.tb_frame.f_code.co_filename.rpartition("/module_utils/")
            places += [f"{place}:{trace.tb_lineno}"] if ours and place.startswith("_") else []
            trace = trace.tb_next
        # Of an endless recursion the end tells as much as all of it.
        return cls(
            f"{places[-1] if places else 'here'}: unexpected {type(exc).__name__}, by a mistake in the collection "
            "or by data that it does not know; please report this line",
            places=places[-5:],
        )


class Misconfigured(EduideError):
    """The options, the kubeconfig or the Python environment cannot work; nothing was sent."""


class NotFound(EduideError):
    """The named object does not exist."""


class NotServed(EduideError):
    """The server does not know the kind of object, or the endpoint, at all."""


class Conflict(EduideError):
    """Another client changed, deleted or created the object in between."""


class KeepsChanging(EduideError):
    """Another client changed the object each time that it was to be written."""


class Invalid(EduideError):
    """The server understood the request and refuses its content."""


class Unauthorized(EduideError):
    """The server does not accept who we say we are."""


class Forbidden(EduideError):
    """The server knows who we are and does not allow this."""

    @property
    def brief(self) -> str:
        """Without the rule: the playbook readiness names all that are missing."""
        rule = self.details.get("rule")
        if not rule:
            return str(self)
        where = "" if self.details.get("namespace") else " in the whole cluster"
        return f"not allowed to {rule['verbs'][0]} {rule['resources'][0]}{where}"


class LimitReached(EduideError):
    """A limit of the platform does not let another session start."""


class Unreachable(EduideError):
    """No answer came back. After a write, ``applied`` in the details is ``unknown`` or ``no``."""


class LoginFailed(Unreachable):
    """The program that gets our credentials failed, so nothing was sent."""


class UntrustedCertificate(Unreachable):
    """The server's certificate does not prove that it is the server we wanted."""


class ServerFailed(EduideError):
    """An answer came back, but the server says it failed, or its content makes no sense.

    After a write, ``applied`` in the details is ``unknown`` or ``no``: a gateway may give up on what the server still
    does.
    """


class WaitTimeout(EduideError):
    """What was waited for did not happen in time; ``last_seen`` in the details tells how far it got."""


class LostSight(Unreachable):
    """A wait ended while nothing could be seen."""

    def __init__(self, message: str, seen: t.Any = None, **details: t.Any) -> None:
        super().__init__(message, **details)
        self.seen = seen
        """What was last seen; None if that is nothing."""


class Interrupted(EduideError):
    """The process was told to end. Nothing is taken back, and a later run goes on from what is there."""
