# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of C(theia_capacity) to a job, before anything is read."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, tzinfo

from .._common.errors import Misconfigured
from .._common.progress import ProgressFile
from .._common.timestamps import format_time, parse_moment, parse_until
from .._exams.declaration import EXAM_NAME
from .._exams.options import read_time_zone
from .._platform.names import SPEC_FIELDS
from .._platform.options import Installation, read_installation
from .care import Care
from .plan import Refused
from .repair import Kind
from .terms import Desired, HoldTerms

Params = t.Mapping[str, t.Any]


class Wait(t.NamedTuple):
    """How long the caller waits for warm pools, or for those that keep a pool from being lowered."""

    timeout_seconds: float
    settle_seconds: float
    """For how long an instance has to be ready."""


class Job(t.NamedTuple):
    """What the caller wants of one task."""

    state: t.Literal["present", "baseline"]
    all_desired: tuple[Desired, ...]
    """For state=baseline only the names count; none at all means everything the ledger knows."""
    terms: HoldTerms
    care: Care
    installation: Installation = Installation()
    wait: Wait | None = None
    accept: frozenset[str] = frozenset()
    """Which refusals the caller overrides."""
    start: datetime | None = None
    """When the exam starts; None if nobody said."""
    late: bool = False
    """Change a warm pool even if it is not warm again by then."""
    named: tuple[str, ...] = ()
    """The app definitions that the task is about, those included that are there to be repaired; none are all."""
    repair: tuple[Kind, ...] = ()
    zone: tzinfo | None = None
    """In which times are told; None: in UTC alone."""

    @property
    def require_leader(self) -> bool:
        """Refuse to begin while no operator leads: warming would never end."""
        return self.wait is not None and self.state == "present"


def read_job(params: Params) -> Job:
    """Check what the options say by themselves, before anything is read."""
    all_desired = tuple(_desired(item, params) for item in params["app_definitions"] or ())
    names = [desired.name for desired in all_desired]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Misconfigured(
            f"{', '.join(twice)}: named more than once in app_definitions; state each app definition once"
        )
    empty = [desired.name for desired in all_desired if not desired.asked]
    if params["state"] == "present" and empty and not params["repair"]:
        raise Misconfigured(
            f"{', '.join(empty)}: nothing is asked for; state warm, min_instances, max_instances or timeout_minutes"
        )
    hold = params["hold"]
    if hold is not None and not EXAM_NAME.fullmatch(hold):
        raise Misconfigured(
            f"hold={hold!r} cannot name an exam: use up to 50 lower-case letters, digits and hyphens, "
            "such as pgdp-final-2027"
        )
    _check_whose_hold_ends(params)
    zone = read_time_zone(params)
    until = _moment(params, "hold_until", zone)
    return Job(
        state=params["state"],
        # Those of which nothing is asked are there to be repaired.
        all_desired=tuple(each for each in all_desired if each.asked or params["state"] == "baseline"),
        terms=HoldTerms(
            hold=hold,
            until=format_time(until) if until else None,
            drift=params["drift"],
            api=params["api"],
            drain_min_freed=params["drain_min_freed"],
        ),
        care=Care(
            params["lockout"],
            params["quiet_seconds"],
            params["quiet_wait_seconds"],
            ProgressFile(params["progress_file"]),
        ),
        installation=read_installation(params),
        wait=Wait(params["wait_timeout_seconds"], params["settle_seconds"]) if params["wait"] else None,
        start=_moment(params, "hold_from", zone),
        late=params["late"],
        accept=frozenset(params["accept"]),
        named=tuple(names),
        repair=tuple(params["repair"]),
        zone=zone,
    )


def _check_whose_hold_ends(params: Params) -> None:
    """A name that got lost on its way to this module must not end what all exams hold."""
    if params["state"] == "baseline" and (params["hold"] is None) != params["all_holds"]:
        raise Misconfigured(
            "state=baseline: it is not said whose hold ends; name the exam with hold, or say all_holds=true to end "
            "what all exams hold"
        )


def _moment(params: Params, option: str, zone: tzinfo | None) -> datetime | None:
    """An option that is a time, as people write it; the end of an exam has to be ahead."""
    text = params[option]
    if text is None:
        return None
    read = parse_until if option == "hold_until" else parse_moment
    try:
        return read(text, now=datetime.now(UTC), zone=zone)
    except ValueError as exc:
        end = "end" if option == "hold_until" else "start"
        raise Misconfigured(f"{option}={text!r} cannot be the {end} of an exam: {exc}") from exc


def _desired(item: t.Mapping[str, t.Any], params: Params) -> Desired:
    values = {field: item[field] for field in SPEC_FIELDS if item[field] is not None}
    for field, value in {"warm": item["warm"] or 0, **values}.items():
        if value < 0:
            hint = ""
            if field == "max_instances":
                hint = (
                    "; unlimited is not offered: the platform requires min_instances <= max_instances, so a negative "
                    "maximum would need a negative minimum, and the REST service refuses both; "
                    "name a maximum that is large enough"
                )
            raise Refused(f"{field}={value} for {item['name']}: it cannot be negative{hint}")
    low, high = values.get("min_instances"), values.get("max_instances")
    if low is not None and high is not None and low > high:
        raise Refused(f"{item['name']}: min_instances={low} is above max_instances={high}; swap or correct them")
    session_minutes = params["extend_time_limits"] if params["state"] == "present" else None
    return Desired(item["name"], item["warm"], values, session_minutes)
