# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That the list of rights is what the modules of each playbook ask for, no more and no less, and that it is shown."""

from __future__ import annotations

import re
import typing as t
from datetime import timedelta

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._capacity import lockout
from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import (
    RIGHTS,
    Right,
    rights_of,
)
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.restore import execute
from integration.module_run import module
from tools.checkout import ROOT
from tools.rights import (
    BESIDE,
    DOCUMENT,
    PERSONAS,
    PROOFS,
    ROLES,
    granted,
    manifest,
    named,
    proofs,
    proofs_written,
    written,
)
from unit.plugins.modules.test_theia_capacity_repair import ALL, damage
from unit.plugins.modules.test_theia_workspace_restore import STATED, kept_volume, operator
from unit.pool_world import PoolWorld
from unit.session_world import exam_record
from unit.workspace_world import WorkspaceWorld

PATIENCE = {"quiet_seconds": 0.01, "quiet_wait_seconds": 5, "settle_seconds": 0}
EXAM = {"name": "pgdp", "end": "2027-02-11T11:00:00Z", "app_definitions": [{"name": "java", "warm": 5}]}
HOLD = {"app_definitions": [{"name": "java", "warm": 5}], "hold": "pgdp", "lockout": "repair", **PATIENCE}
CANARY = {"state": "present", "user": "probe@tum.de", "app_definition": "java", "canary": "pgdp", "wait": False}
REHEARSAL = {
    "allow_rehearsal": True,
    "app_definition": "java-17-latest",
    "users": 1,
    "over_seconds": 0,
    # Nobody answers: what a student gets is the service's matter.
    "service_url": "http://127.0.0.1:9",
    "app_id": "app",
}
RESTORE = {"state": "absent", "hold": "pgdp"}


class Asked:
    """A gateway that notes which rights it takes to use it."""

    VERBS: t.ClassVar = {"merge_patch": "patch", "replace": "update"}

    def __init__(self, gateway):
        self.gateway, self.rights = gateway, set()

    def __getattr__(self, name):
        method = getattr(self.gateway, name)
        if name not in ("get", "list", "create", "replace", "merge_patch", "delete"):
            return method

        def ask(kind, *arguments, everywhere=False, **options):
            self.rights.add(
                Right(self.VERBS.get(name, name), kind.plural, kind.group, everywhere or not kind.namespaced)
            )
            return method(kind, *arguments, **options, **({"everywhere": True} if everywhere else {}))

        return ask

    def following(self):
        return self


def pool():
    world = PoolWorld(minimum=3).led()
    world.sleep(60)
    world.claim(1)
    return world.gateway


def damaged():
    """Of each kind of damage one instance."""
    world = PoolWorld(minimum=5).led()
    damage(world)
    return world.gateway


def people():
    """Somebody dead on a workspace, somebody on an instance, a workspace that nobody uses, and an exam that is over."""
    world = WorkspaceWorld()
    world.eager("at-work", world.app_definition(), 1, workspace="ws-2")
    for name in ("ws-1", "ws-2", "ws-3"):
        world.stored(name)
    world.session("wreck", workspace="ws-1", operatorStatus="ERROR", error="no luck")
    world.observed(days=400, last=timedelta(hours=20))
    return world.gateway(records=[exam_record(closed_at="2027-02-10T09:00:00Z")])


def restorable():
    return operator(kept_volume().gateway(), binds="Immediate")


STOP = ("theia_session", {"state": "absent", "names": ["wreck", "at-work"], "discard_data": ["named"], "wait": False})
DIAGNOSE = ("theia_session_diagnosis_info", {"names": ["wreck"]})
RUNS = {
    "status": (people, [("theia_status", {})]),
    "pre_exam": (
        pool,
        [
            ("theia_exam", EXAM),
            ("theia_capacity_info", {"app_definitions": ["java"], "participants": 1, "with_present": True}),
            ("theia_capacity", {**HOLD, "wait": True, "wait_timeout_seconds": 30, "repair": ["address_lists"]}),
            ("theia_session", CANARY),
            ("theia_session", {"names": ["ws-java-probe-tum-de-session"], "discard_data": ["named"], "wait": False}),
        ],
    ),
    "post_exam": (
        pool,
        [
            ("theia_exam", EXAM),
            ("theia_capacity", HOLD),
            ("theia_capacity", {"state": "baseline", "hold": "pgdp", "lockout": "repair", **PATIENCE}),
            ("theia_exam", {"name": "pgdp", "state": "closed", "end_early_reason": "over"}),
        ],
    ),
    "repair_pools": (
        damaged,
        [("theia_capacity", {"app_definitions": [{"name": "java"}], "repair": ALL, "lockout": "repair", **PATIENCE})],
    ),
    "rehearse_exam": (
        people,
        [
            ("theia_capacity_info", {"check_leader": False}),
            ("theia_rehearsal", REHEARSAL),
            ("theia_session_info", {"fields": ["name", "uid", "user"]}),
            STOP,
        ],
    ),
    "investigate_session": (people, [DIAGNOSE]),
    "unlock_user": (people, [("theia_session_diagnosis_info", {"names": ["wreck"], "gather": []}), STOP]),
    "stop_sessions": (people, [STOP]),
    "sweep_sessions": (
        people,
        [("theia_session_info", {"findings": ["failed"]}), ("theia_workspace", {"state": "observed"}), STOP],
    ),
    "delete_workspaces": (
        people,
        [
            (
                "theia_workspace",
                {
                    "state": "absent",
                    "names": ["ws-1", "ws-2"],
                    "live_sessions": "stop",
                    "discard_data": ["selected"],
                    "volume": "retain",
                    "max_percent": 100,
                    "wait": False,
                },
            )
        ],
    ),
    "prune_workspaces": (
        people,
        [
            ("theia_workspace", {"state": "observed"}),
            ("theia_workspace_info", {"gather": ["objects", "claims", "volumes", "observation"]}),
            ("theia_workspace", {"state": "absent", "unused_days": 1, "max_percent": 100, "wait": False}),
        ],
    ),
    "restore_workspace": (restorable, [("theia_workspace", {"state": "present", "volume_from": "pvc-kept", **STATED})]),
}


@pytest.mark.parametrize("playbook", RUNS)
def test_the_modules_of_a_playbook_ask_for_what_is_listed(cluster, monkeypatch, playbook):
    monkeypatch.setattr(execute, "_BINDS", 0)
    monkeypatch.setattr(lockout, "PATIENCE_SECONDS", 0.1)
    make, runs = RUNS[playbook]
    gateway = Asked(make())
    cluster(gateway)
    for name, options in runs:
        result = module(name, {"namespace": "theia-prod", **options})
        print(name, result.get("msg"), result.get("outcomes"))
    listed = rights_of(playbook)
    needed = {right for right in listed if right.needed}
    lacking = gateway.rights - {right._replace(needed=True) for right in listed}
    # One of a list is looked at again where another client changed it meanwhile, and a record is made only once.
    later = {("list", "get"), ("create", "update"), ("update", "create")}
    likewise = {right._replace(verb=verb) for right in gateway.rights for first, verb in later if right.verb == first}
    assert (told(lacking), told(needed - gateway.rights - likewise)) == ([], [])


def told(rights):
    return sorted(map(str, rights))


def test_the_document_shows_the_list():
    """``python -m tools.rights`` writes it anew."""
    assert DOCUMENT.read_text(encoding="utf-8") == written()


def test_every_playbook_that_reaches_a_cluster_is_listed():
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.stem.startswith("setup_")}
    assert playbooks == set(RIGHTS)
    assert playbooks == {name for names in PERSONAS.values() for name in names}


def test_the_page_about_rights_says_who_runs_what():
    page = (ROOT / "docs" / "docsite" / "rst" / "access.rst").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^   \* - ``(\w+)``\n     - (.+)$", page, flags=re.MULTILINE))
    told = {name: set(re.findall(r"\w+", rows[name])) & set(RIGHTS) for name in PERSONAS}
    assert told == {name: set(playbooks) for name, playbooks in PERSONAS.items()}
    assert set(rows) == {*PERSONAS, *BESIDE}


def on_file(role):
    return (ROLES / f"{role}.yml").read_text(encoding="utf-8")


def rights_on_file(role):
    content = yaml.safe_load(on_file(role))
    return [
        Right(verb, resource, group, content["kind"] == "ClusterRole")
        for rule in content["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


@pytest.mark.parametrize("role", [*PERSONAS, *BESIDE])
def test_a_role_on_file_grants_what_is_listed_and_nothing_else(role):
    """``python -m tools.rights`` writes it anew."""
    assert on_file(role) == manifest(role)
    assert sorted(rights_on_file(role)) == sorted(granted(role)) != []


def test_everything_listed_is_granted_to_somebody_and_a_persona_stays_in_its_namespace():
    everything = {right._replace(needed=True) for name in RIGHTS for right in rights_of(name)}
    assert set().union(*(granted(role) for role in (*PERSONAS, *BESIDE))) == everything
    assert not [right for persona in PERSONAS for right in granted(persona) if right.everywhere]
    assert {right.verb for right in granted("viewer")} <= {"get", "list", "watch"}
    assert "secrets" not in {right.resource for right in everything}


def speaks_of(right):
    """The playbooks that tell when they lack it. That a list is read again and not followed, the card tells alone."""
    return {name for name in RIGHTS if right in {each._replace(needed=True) for each in rights_of(name)}} | (
        {"readiness"} if right.verb == "watch" else set()
    )


@pytest.mark.parametrize("role", [*PERSONAS, *BESIDE])
def test_each_rule_of_a_role_on_file_was_seen_to_be_missed(role):
    """``make access`` writes the document anew, and with ``--left`` what is not in it yet."""
    of_role = [proof for proof in proofs() if role in proof.roles]
    assert sorted(proof.right for proof in of_role) == sorted(rights_on_file(role)) != []
    ours = set(PERSONAS.get(role, RIGHTS))
    assert [proof for proof in of_role if proof.playbook not in speaks_of(proof.right) & ours] == []


def test_the_document_of_what_was_seen_is_written_as_it_is_read():
    text = PROOFS.read_text(encoding="utf-8")
    figures = re.search(r"^The last whole run .+$", text, re.MULTILINE)
    assert proofs_written(proofs(), figures[0] if figures else "") == text
    started = proofs_written(proofs()[1:])
    assert all(f"- {role}: {named(proofs()[0].right)}\n" in started for role in proofs()[0].roles)
