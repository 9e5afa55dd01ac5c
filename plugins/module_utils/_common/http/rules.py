# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One rule for answers: what is tried again after which fault, and what is then known of a write."""

from __future__ import annotations

import enum
import typing as t


class Effect(enum.Enum):
    """What a request may change, and what protects it from changing that twice."""

    READ = "read"
    GUARDED_WRITE = "guarded write"
    """It names the version of the object that it was made for."""
    UNGUARDED_WRITE = "unguarded write"
    DELETE_BY_UID = "delete by uid"


class Fault(enum.Enum):
    """What may come instead of a good answer."""

    UNKNOWN_NAME = "the host name is not known"
    UNTRUSTED = "the certificate is not trusted"
    NOT_REACHED = "the connection is refused, or breaks before the request is sent"
    NOT_REACHED_IN_TIME = "no connection in time"
    BROKEN = "the connection breaks after the request was sent, or in the middle of the answer"
    GARBLED = "the answer is no HTTP, or too large"
    SILENT = "no whole answer in time"
    TURNED_AWAY = "408, 425 or 429"
    CONFLICT = "409"
    REFUSED = "any other 4xx"
    REDIRECTED = "3xx"
    FAILED = "500, 502, 503 or 504"
    FAILED_FOR_GOOD = "any other 5xx"
    NOT_UNDERSTOOD = "2xx, but another content type, damaged JSON, or not what was asked for"


class Verdict(t.NamedTuple):
    """What to do about a fault."""

    again: bool
    """Whether the request is sent again, as long as its time lasts."""
    applied: str
    """Of a write that is given up: whether it was carried out, ``no`` or ``unknown``."""


_STOP_NO = Verdict(again=False, applied="no")
_STOP_UNKNOWN = Verdict(again=False, applied="unknown")
_AGAIN_NO = Verdict(again=True, applied="no")
_AGAIN_UNKNOWN = Verdict(again=True, applied="unknown")

# A read may always be sent again. A delete by uid may be, too: it hits the object that was meant, or none. Every other
# write is sent again only if the server has surely not carried it out; nobody could tell a second effect from a first.
# A column stands for each effect, in their order.
_TABLE: t.Mapping[Fault, tuple[Verdict, Verdict, Verdict, Verdict]] = {
    Fault.UNKNOWN_NAME: (_STOP_NO, _STOP_NO, _STOP_NO, _STOP_NO),
    Fault.UNTRUSTED: (_STOP_NO, _STOP_NO, _STOP_NO, _STOP_NO),
    Fault.NOT_REACHED: (_AGAIN_NO, _AGAIN_NO, _AGAIN_NO, _AGAIN_NO),
    Fault.NOT_REACHED_IN_TIME: (_STOP_NO, _STOP_NO, _STOP_NO, _STOP_NO),
    Fault.BROKEN: (_AGAIN_NO, _STOP_UNKNOWN, _STOP_UNKNOWN, _AGAIN_UNKNOWN),
    Fault.GARBLED: (_AGAIN_NO, _STOP_UNKNOWN, _STOP_UNKNOWN, _AGAIN_UNKNOWN),
    Fault.SILENT: (_STOP_NO, _STOP_UNKNOWN, _STOP_UNKNOWN, _STOP_UNKNOWN),
    Fault.TURNED_AWAY: (_AGAIN_NO, _AGAIN_NO, _AGAIN_NO, _AGAIN_NO),
    Fault.CONFLICT: (_STOP_NO, _STOP_NO, _STOP_NO, _STOP_NO),
    Fault.REFUSED: (_STOP_NO, _STOP_NO, _STOP_NO, _STOP_NO),
    Fault.REDIRECTED: (_STOP_NO, _STOP_NO, _STOP_NO, _STOP_NO),
    Fault.FAILED: (_AGAIN_NO, _STOP_UNKNOWN, _STOP_UNKNOWN, _AGAIN_UNKNOWN),
    Fault.FAILED_FOR_GOOD: (_STOP_NO, _STOP_UNKNOWN, _STOP_UNKNOWN, _STOP_UNKNOWN),
    Fault.NOT_UNDERSTOOD: (_STOP_NO, _STOP_UNKNOWN, _STOP_UNKNOWN, _STOP_UNKNOWN),
}
_STATUSES: t.Mapping[int, Fault] = {
    **dict.fromkeys((408, 425, 429), Fault.TURNED_AWAY),
    409: Fault.CONFLICT,
    **dict.fromkeys((500, 502, 503, 504), Fault.FAILED),
}
_CLASSES: t.Mapping[int, Fault | None] = {
    2: None,
    3: Fault.REDIRECTED,
    4: Fault.REFUSED,
    5: Fault.FAILED_FOR_GOOD,
}
_COLUMNS = {effect: column for column, effect in enumerate(Effect)}


def verdict(effect: Effect, fault: Fault) -> Verdict:
    return _TABLE[fault][_COLUMNS[effect]]


def fate(effect: Effect, fault: Fault) -> dict[str, str]:
    """What is known of a write that ended like this, as details of an error; nothing of a read."""
    return {} if effect is Effect.READ else {"applied": verdict(effect, fault).applied}


def fault_of(status: int) -> Fault | None:
    """The fault that a status tells of; None for a success, which may still turn out not to be understood."""
    if status in _STATUSES:
        return _STATUSES[status]
    return _CLASSES.get(status // 100, Fault.GARBLED)
