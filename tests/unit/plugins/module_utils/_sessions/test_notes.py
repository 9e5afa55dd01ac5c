# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lines of the operator's log are about a session."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._sessions.notes import correlation_ids, lines_about

ONE, OTHER = "3f0e8a1c-0f7e-4c5e-9d5b-6e0c2b1a7d11", "99999999-0f7e-4c5e-9d5b-6e0c2b1a7d11"


def line(level, correlation, text):
    return f"12:00:00.000 [worker-1] {level:5} org.example.Handler - [{correlation}] {text}"


NAMED = line("INFO", ONE, "Handling session s1")
FOLLOWED = line("ERROR", ONE, "Could not create the Service")
LOG = [
    NAMED,
    line("TRACE", ONE, "Session s1:"),
    "spec:",
    "  sessionSecret: s1-4711",
    line("INFO", OTHER, "Handling session s2"),
    FOLLOWED,
    *[line("TRACE", "", "session s1: minutesSinceLastActivity 3")] * 50,
    line("ERROR", "init", "Something else failed"),
]


def test_the_lowest_levels_hide_nothing_and_show_no_secret():
    assert lines_about(LOG, ["s1"], 20, ()) == [NAMED, FOLLOWED]
    assert lines_about(LOG, ["s1"], 1, ()) == [FOLLOWED]
    assert lines_about(LOG, ["s1"], 0, ()) == []


def test_what_the_start_handles_is_followed_for_no_session():
    log = [line("INFO", "init", "Handling session s1"), line("INFO", "init", "Handling session s2")]
    assert lines_about(log, ["s1"], 20, ()) == log[:1]


def test_a_long_line_is_gone_over_once():
    """A pattern that begins anew at each bracket would take hours."""
    log = ["[" * 10**6, "[worker-1] INFO " * 10**5, f"{'[a' * 10**5}] INFO x - [{ONE}] s1", *LOG]
    assert lines_about(log, ["s1"], 2, ()) == [NAMED, FOLLOWED]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Handling was unexpectedly interrupted. CorrelationId: {ONE}", [ONE]),
        (f"Unexpected error. Please check the logs for correlationId: {ONE}", [ONE]),
        (f"a uid such as {ONE}", []),
        (None, []),
    ],
)
def test_an_error_says_where_to_look(text, found):
    assert correlation_ids(text) == found
    assert lines_about(LOG, found, 20, ()) == ([NAMED, FOLLOWED] if found else [])
