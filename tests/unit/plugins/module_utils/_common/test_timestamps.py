# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import (
    format_time,
    parse_moment,
    parse_time,
    parse_until,
    read_zone,
)

NOW = datetime(2027, 2, 11, 8, 30, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2027-02-11T09:00:00Z", datetime(2027, 2, 11, 9, tzinfo=UTC), id="utc"),
        pytest.param("2027-02-11T09:00:00.123456Z", datetime(2027, 2, 11, 9, 0, 0, 123456, tzinfo=UTC), id="micro"),
        pytest.param("2027-02-11T09:00:00+01:00", datetime(2027, 2, 11, 8, tzinfo=UTC), id="offset"),
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
    ],
)
def test_times_are_read_into_utc(text: str | None, expected: datetime | None) -> None:
    found = parse_time(text)
    assert found == expected
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("2027-02-11T09:00:00", "has no time zone: write it with an offset", id="no-zone"),
        pytest.param("2027-02-11", "has no time zone: write it with an offset", id="only-a-day"),
        pytest.param("tomorrow", "tomorrow", id="no-time"),
        pytest.param("0001-01-01T00:00:00+14:00", "beyond the calendar", id="before-the-calendar"),
        pytest.param("9999-12-31T23:59:59-23:59", "beyond the calendar", id="after-the-calendar"),
    ],
)
def test_what_is_no_time_is_an_error(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_time(text)


@given(
    time=st.datetimes(
        min_value=datetime(1970, 1, 2),  # noqa: DTZ001
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
def test_a_written_time_is_read_again_to_the_second(time: datetime) -> None:
    text = format_time(time)
    assert text.endswith("Z")
    assert parse_time(text) == time.replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        pytest.param("11:00", BERLIN, "2027-02-11T10:00:00Z", id="clock-time-of-today"),
        pytest.param(" 11:00 ", BERLIN, "2027-02-11T10:00:00Z", id="spaces"),
        pytest.param("9:31", BERLIN, "2027-02-11T08:31:00Z", id="one-digit-hour"),
        pytest.param("23:59", UTC, "2027-02-11T23:59:00Z", id="end-of-day"),
        pytest.param("2027-02-11T11:00:00+01:00", None, "2027-02-11T10:00:00Z", id="offset"),
        pytest.param("2027-02-12T00:00:00Z", BERLIN, "2027-02-12T00:00:00Z", id="offset-wins-over-the-zone"),
        pytest.param("2027-02-11T11:00:00", BERLIN, "2027-02-11T10:00:00Z", id="date-of-the-zone"),
        pytest.param("2027-07-11T11:00", BERLIN, "2027-07-11T09:00:00Z", id="date-of-the-zone-in-summer"),
        pytest.param("24:00", BERLIN, "2027-02-11T23:00:00Z", id="midnight"),
        pytest.param("2027-02-28T24:00", BERLIN, "2027-02-28T23:00:00Z", id="midnight-at-the-end-of-a-month"),
        pytest.param("2027-12-31T24:00:00+01:00", None, "2027-12-31T23:00:00Z", id="midnight-at-the-end-of-a-year"),
        pytest.param("2027-03-28T01:59", BERLIN, "2027-03-28T00:59:00Z", id="before-the-clocks-are-put-forward"),
        pytest.param("2027-03-28T03:00", BERLIN, "2027-03-28T01:00:00Z", id="after-the-clocks-are-put-forward"),
        pytest.param("2027-10-31T01:59", BERLIN, "2027-10-30T23:59:00Z", id="before-the-clocks-are-put-back"),
        pytest.param("2027-10-31T03:00", BERLIN, "2027-10-31T02:00:00Z", id="after-the-clocks-are-put-back"),
        pytest.param("2027-10-31T02:30+01:00", BERLIN, "2027-10-31T01:30:00Z", id="the-second-of-two"),
    ],
)
def test_the_end_of_an_exam_is_read(text: str, zone: tzinfo | None, expected: str) -> None:
    assert format_time(parse_until(text, now=NOW, zone=zone)) == expected


def test_today_is_the_day_of_the_time_zone() -> None:
    late = datetime(2027, 2, 11, 23, 30, 0, tzinfo=UTC)
    assert format_time(parse_until("01:00", now=late, zone=BERLIN)) == "2027-02-12T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "09:30",
            r"already over: 2027-02-11 09:30 CET \(08:30 UTC\) is not after 2027-02-11 09:30 CET \(08:30 UTC\)",
            id="this-very-minute",
        ),
        pytest.param("08:00", "already over", id="earlier-today"),
        pytest.param("2027-02-10T11:00:00Z", "already over", id="yesterday"),
        pytest.param("24:01", "or as HH:MM for today", id="no-such-hour"),
        pytest.param("11:60", "or as HH:MM for today", id="no-such-minute"),
        pytest.param("soon", "or as HH:MM for today", id="no-time"),
        pytest.param("9999-12-31T23:59:59-23:59", "beyond the calendar", id="after-the-calendar"),
    ],
)
def test_an_end_that_cannot_be_is_an_error(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_until(text, now=NOW, zone=BERLIN)


def test_a_date_without_an_offset_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="has no offset, and no time zone is stated, which is theia_time_zone of"):
        parse_until("2027-02-11T11:00:00", now=NOW, zone=None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2027-03-28T02:00", "02:00 does not exist on 2027-03-28, the clocks are put forward then"),
        ("2027-03-28T02:59", "02:59 does not exist on 2027-03-28"),
        ("2027-10-31T02:00", "02:00 comes twice on 2027-10-31.*2027-10-31T02:00:00[+]02:00 or .*[+]01:00"),
        ("2027-10-31T02:59", "02:59 comes twice on 2027-10-31"),
    ],
)
def test_a_local_time_that_the_change_of_the_clocks_makes_doubtful_is_an_error(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_moment(text, now=NOW, zone=BERLIN)


def test_so_is_a_time_of_today() -> None:
    night = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="does not exist"):
        parse_moment("02:30", now=night, zone=BERLIN)
    assert format_time(parse_moment("03:30", now=night, zone=BERLIN)) == "2027-03-28T01:30:00Z"


@pytest.mark.parametrize("name", ["Europe/Berlyn", "Europe", "../etc/passwd", "/etc/localtime", "CET+1:00"])
def test_an_unknown_zone_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="is not known here; use a name such as Europe/Berlin"):
        read_zone(name)


def test_a_machine_without_zone_data_is_not_told_as_a_wrong_name():
    """In a Python of its own: where zones are looked for is decided once."""
    script = (
        "import sys; sys.modules['tzdata'] = None\n"
        "from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import read_zone\n"
        "try: read_zone('Europe/Berlin')\nexcept ValueError as exc: print(exc)"
    )
    env = {**os.environ, "PYTHONTZPATH": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == (
        "'Europe/Berlin' cannot be looked up: this machine has no time zone data; install the Python package tzdata\n"
    )
