# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a task fails that ended things: what failed, and what was kept although a person asked for it."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._safety.decision import Decision, Item, Plan
from ansible_collections.eduide.theia.plugins.module_utils._safety.report import failure_of, unmet
from ansible_collections.eduide.theia.plugins.module_utils._safety.targets import Criteria, is_asked_for
from ansible_collections.eduide.theia.plugins.module_utils._sessions.filter import Selection
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.filter import WorkspaceSelection

ONE = frozenset({"one"})


@pytest.mark.parametrize("kind", [Selection, WorkspaceSelection])
@pytest.mark.parametrize(
    ("stated", "asked"),
    [
        ({"names": ONE}, True),
        ({"uids": ONE}, True),
        ({"users": ONE}, True),
        ({"app_definitions": ONE, "users": ONE}, True),
        ({"exam": "pgdp"}, False),
        ({"users": ONE, "exam": "pgdp"}, False),
        ({}, False),
    ],
)
def test_a_person_asks_by_name_user_or_app_definition_and_by_nothing_else(kind, stated, asked):
    assert is_asked_for(Criteria(kind(**stated), None, alone=False)) is asked


def test_nobody_asked_by_name_for_what_is_handed_over_as_a_record():
    assert not is_asked_for(Criteria(None, "a record", alone=True))


def plan(*outcomes, over_cap=None):
    items = [Item(f"s{n}", None, None, None, Decision(outcome, "so")) for n, outcome in enumerate(outcomes)]
    return Plan(tuple(items), over_cap)


def problems(planned, *, asked):
    described = [{"name": i.name, "outcome": i.decision.outcome, "reason": i.decision.text} for i in planned.items]
    return unmet(planned, described, ("refused",), lambda _item: asked)


@pytest.mark.parametrize(("asked", "found"), [(True, ["s1: so", "s2: so"]), (False, ["s1: so"])])
def test_what_was_kept_is_a_failure_only_if_it_was_asked_for(asked, found):
    assert problems(plan("stopped", "failed", "refused", "kept_active"), asked=asked) == found


def test_a_cap_is_told_instead_of_all_that_it_kept():
    assert str(failure_of(plan(over_cap="too many"), ["s1: so"])) == "too many; they are listed in the result"
    assert str(failure_of(plan(), ["s1: so", "s2: so"])) == "s1: so; s2: so"
    assert failure_of(plan("stopped"), []) is None
