# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom open exams shield, and that doubt shields everybody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Safeguards, Subject
from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps
from ansible_collections.eduide.theia.plugins.module_utils._safety.protection import person
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import (
    NOBODY,
    Shield,
    ShieldedExam,
    Unreadable,
    shielded,
    unlisted,
)
from unit.safety_case import Case


def at(hour):
    return datetime(2027, 2, 11, hour, tzinfo=UTC)


def exam(name="pgdp-final", *, first=8, last=11, users=(), closed=False, app="java-17-latest"):
    return ShieldedExam(name, at(first), at(last), frozenset({app}), frozenset(map(person, users)), closed=closed)


def shield_of(*exams, unreadable=()):
    return Shield(exams, unreadable)


def exams_of(shield, *, user="ada@tum.de", hour=9):
    return shield.exams_of("java-17-latest", user, at(hour))


def test_of_overlapping_exams_the_one_that_lasts_longest_comes_first():
    assert exams_of(shield_of(exam("a"), exam(), exam("b", last=12))) == ("b", "a", "pgdp-final")


def test_a_shield_grows_and_only_a_closed_exam_shrinks_it():
    first = shield_of(exam(users=["ada@tum.de"]))
    both = first.grown(shield_of(exam(users=["bob@tum.de"], first=9, last=10)))
    for user in ("ada@tum.de", "bob@tum.de"):
        assert exams_of(both, user=user, hour=8)
        assert exams_of(both, user=user, hour=11)
    assert exams_of(first.grown(shield_of()))
    assert exams_of(first.grown(shield_of(exam())), user="anybody")
    assert exams_of(shield_of(exam()).grown(first), user="anybody")
    assert first.grown(shield_of(exam(app="c-latest"))).exams_of("c-latest", "ada@tum.de", at(9))
    assert not exams_of(first.grown(shield_of(exam(closed=True))))


def test_a_record_that_became_unreadable_shields_as_before_and_everybody_else_too():
    gone_bad = Unreadable("theia-exam-pgdp-final", "cut off")
    later = shield_of(exam()).grown(shield_of(unreadable=(gone_bad,)))
    assert exams_of(later)
    assert later.unreadable == (gone_bad,)
    assert later.grown(shield_of(exam())).unreadable == (gone_bad,)
    assert NOBODY.grown(unlisted("forbidden")).unreadable[0].reason == "forbidden"


@given(
    st.lists(st.tuples(st.integers(7, 12), st.lists(st.sampled_from(["ada", "bob", "eve"]), max_size=2)), max_size=4),
    st.sampled_from(["ada", "bob", "eve"]),
)
def test_reading_again_never_lets_anybody_out_of_an_open_exam(declared, user):
    shield = NOBODY
    for last, users in declared:
        reading = shield_of(exam(first=6, last=last, users=users))
        before = exams_of(shield, user=user)
        shield = shield.grown(reading)
        assert set(before) | set(exams_of(reading, user=user)) <= set(exams_of(shield, user=user))


UNTOLD = NOBODY._replace(untold="not asked")
UNCHECKED = Safeguards(Caps("max_stop"), unchecked=True)
ALIVE = Subject("session", "s1", "java-17-latest", "ada@tum.de")


@pytest.mark.parametrize(
    ("case", "text"),
    [
        pytest.param(Case(ALIVE), None, id="no-exam"),
        pytest.param(Case(ALIVE, shield=shield_of(exam())), "a live session of the exam pgdp-final", id="session"),
        pytest.param(
            Case(ALIVE._replace(kind="workspace"), shield=shield_of(exam())),
            "its user is in the exam pgdp-final and may come back to it",
            id="workspace",
        ),
        pytest.param(Case(ALIVE, shield=shield_of(exam(users=["eve"]))), None, id="another-user"),
        pytest.param(Case(ALIVE, shield=shield_of(exam()), let_out=("pgdp-final",)), None, id="let-out"),
        pytest.param(
            Case(ALIVE, shield=shield_of(exam(), exam("other")), let_out=("pgdp-final",)), "other", id="out-of-one"
        ),
        pytest.param(Case(ALIVE._replace(dead=True), shield=shield_of(exam())), None, id="dead"),
        pytest.param(Case(ALIVE, shield=unlisted("forbidden")), "nobody knows whom it shields: forbidden", id="unread"),
        pytest.param(Case(ALIVE._replace(dead=True), shield=unlisted("forbidden")), None, id="dead-and-unread"),
        pytest.param(
            Case(ALIVE, shield=unlisted("forbidden"), let_out=("pgdp-final",)), "cannot be read", id="no-way-out"
        ),
        pytest.param(Case(ALIVE, shield=UNTOLD), "nobody knows whom exams shield: not asked", id="untold"),
        pytest.param(Case(ALIVE, UNCHECKED, UNTOLD), None, id="stated-that-it-is-unknown"),
        pytest.param(Case(ALIVE, UNCHECKED, unlisted("forbidden")), "forbidden", id="unreadable-is-not-untold"),
        pytest.param(Case(ALIVE, UNCHECKED, shield_of(exam())), "pgdp-final", id="what-is-known-holds-all-the-same"),
    ],
)
def test_what_is_shielded(case, text):
    objection = shielded(case)
    assert (objection is None) is (text is None)
    if objection:
        assert objection.outcome == "kept_shielded"
        assert text in objection.text
