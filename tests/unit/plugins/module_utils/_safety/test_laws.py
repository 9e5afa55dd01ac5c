# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laws that sessions and workspaces share, each by itself, and the order in which they object."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Safeguards, Subject
from ansible_collections.eduide.theia.plugins.module_utils._safety.decision import first_objection
from ansible_collections.eduide.theia.plugins.module_utils._safety.guard import going
from ansible_collections.eduide.theia.plugins.module_utils._safety.laws import COMMON_LAWS
from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps
from ansible_collections.eduide.theia.plugins.module_utils._safety.ownership import of_another_user
from ansible_collections.eduide.theia.plugins.module_utils._safety.protection import Protection, person, protected
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import unlisted
from unit.safety_case import Case

SUBJECT = Subject("session", "s1", "java-17-latest", "ada@tum.de")


def guarded(**safeguards):
    return Case(SUBJECT, Safeguards(Caps("max_stop"), **safeguards))


@pytest.mark.parametrize(
    ("protection", "text"),
    [
        (Protection(), None),
        (Protection(names=frozenset({"s1"})), "the session is protected by this task"),
        (Protection(app_definitions=frozenset({"java-17-latest"})), "the app definition java-17-latest is protected"),
        (Protection(users=frozenset({"ADA@tum.de "})), "its user is protected by this task"),
        (Protection(users=frozenset({"ada"})), None),
        (Protection(names=frozenset({"S1"})), None),
    ],
)
def test_the_caller_protects(protection, text):
    objection = protected(guarded(protection=protection))
    assert (objection.outcome, text in objection.text) == ("kept_protected", True) if text else objection is None


def test_an_annotation_protects_with_its_reason():
    assert protected(Case(SUBJECT._replace(protected="defence"))) == (
        "kept_protected",
        "protected: defence",
        set(),
        None,
    )


def test_a_person_is_one_however_the_name_is_written():
    assert person(" Jo\u0308rg@TUM.de") == person("j\u00f6rg@tum.de")
    assert person("j\u00f6rg@tum.de") != person("jorg@tum.de")


@pytest.mark.parametrize(("user", "objects"), [(None, False), ("ada@tum.de", False), ("ADA@tum.de", True)])
def test_through_the_service_one_ends_what_is_ones_own(user, objects):
    objection = of_another_user(guarded(only_user=user))
    assert (objection.outcome if objection else None) == ("refused" if objects else None)


def test_what_is_going_is_gone():
    assert going(Case(SUBJECT)) is None
    assert going(Case(SUBJECT._replace(deleting=True))).outcome == "gone"


def test_the_first_objection_counts():
    case = guarded(protection=Protection(names=frozenset({"s1"})), only_user="eve@tum.de")
    case = case._replace(shield=unlisted("forbidden"), machine_now=case.now, due_by_both_clocks=False)
    outcomes = [first_objection(COMMON_LAWS[number:], case).outcome for number in range(len(COMMON_LAWS))]
    assert outcomes == ["kept_protected", "kept_shielded", "kept_shielded", "refused", "kept_active"]
    assert first_objection(COMMON_LAWS, Case(SUBJECT)) is None
