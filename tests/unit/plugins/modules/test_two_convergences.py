# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of `converge_exams` twice at once, or beside those of `post_exam`: they end where one alone ends."""

from __future__ import annotations

import json
import threading
import typing as t

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import connect, kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CAPACITY_RECORD
from unit.attack.examples import ATTACK
from unit.fakes import FakeGateway, app_definition
from unit.interleaving import Execution, one_after_the_other
from unit.module_tasks import task

WHERE = threading.local()
NEW = {
    "name": "neu",
    "start": "2027-02-11T09:00:00Z",
    "end": "2027-02-11T11:00:00Z",
    "lead_minutes": 60,
    "app_definitions": [{"name": "java", "warm": 4}],
}
OLD = {**NEW, "name": "old", "start": "2027-02-11T05:00:00Z", "end": "2027-02-11T06:00:00Z"}


def module(what, **options):
    return task(what, namespace="theia", **options)


class Play:
    """The tasks of a playbook, one after the other; what fails keeps no other from being tried."""

    def __init__(self, gateway, agenda=None):
        self._gateway = WHERE.gateway = gateway
        self._agenda, self._tasks = agenda, 0
        self.problems = []

    def act(self, what, **options):
        self._tasks += 1
        self._gateway.begin_task((self._agenda, self._tasks, self.problems))
        try:
            report = module(what, **options)()
        except EduideError as exc:
            self.problems.append(str(exc))
        else:
            self.problems += [str(report.failure)] if report.failure else []


def converge(gateway):
    """What the role `exam_convergence` does."""
    WHERE.gateway = gateway
    agenda = module("theia_agenda_info", calendar=[NEW])().fields
    play = Play(gateway, agenda)
    for exam in agenda["declare"]:
        stated = {key: exam[key] for key in ("name", "start", "end", "lead_minutes", "app_definitions", "users")}
        play.act("theia_exam", source="calendar", **stated)
    for exam in agenda["warm"]:
        warm = exam["app_definitions"]
        play.act("theia_capacity", app_definitions=warm, hold=exam["name"], wait=False, lockout="repair")
    for name in agenda["cool"]:
        only = {"app_definitions": agenda["cool_only"][name]} if name in agenda["cool_only"] else {}
        play.act("theia_capacity", state="baseline", hold=name, lockout="repair", **only)
    for name in agenda["close"]:
        play.act("theia_exam", name=name, state="closed")
    return play.problems


def world():
    """One exam is over and holds instances; another one is about to begin."""
    gateway = FakeGateway()
    container = {"name": "operator-container", "args": ["--eagerStart"]}
    spec = {"template": {"spec": {"containers": [container]}}}
    gateway.put(kinds.DEPLOYMENT, {"metadata": {"name": "operator-deployment"}, "spec": spec})
    gateway.put(kinds.APP_DEFINITION, app_definition("java", maxInstances=100))
    WHERE.gateway = gateway
    now = gateway.now()
    gateway.advance(-3 * 3600)
    module("theia_exam", **OLD)()
    module("theia_capacity", app_definitions=[{"name": "java", "warm": 5}], hold="old", wait=False)()
    gateway.advance(3 * 3600)
    assert gateway.now() == now
    return gateway


def post_exam(gateway):
    """What `post_exam` does to the exam that is over, by hand."""
    play = Play(gateway)
    play.act("theia_capacity", state="baseline", hold="old", lockout="repair")
    play.act("theia_exam", name="old", state="closed")
    return play.problems


class Place(t.NamedTuple):
    """Where things are in the end, without what depends on the order in which runs counted."""

    bound: int
    baseline: dict[str, int]
    holding: list[str]
    """Exams whose hold is open."""
    done: dict[str, list[str]]
    """What was done with each record."""


def place(gateway):
    data = {name: obj["data"] for (_namespace, name), obj in gateway._shelf(kinds.CONFIG_MAP).items()}
    entry = json.loads(data.pop(CAPACITY_RECORD)["java.json"])
    done = {name: [each["action"] for each in json.loads(record["history"])] for name, record in data.items()}
    bound = gateway.get(kinds.APP_DEFINITION, "java")["spec"]["minInstances"]
    assert bound == sum(hold["add"] for hold in entry["holds"].values())
    holding = [exam for exam, hold in entry["holds"].items() if not hold["ended"]]
    return Place(bound, entry["baseline"], holding, done)


def begun():
    """The exam that was over is seen to already."""
    gateway = world()
    module("theia_capacity", state="baseline", hold="old", lockout="repair")()
    module("theia_exam", name="old", state="closed")()
    return gateway


all_of_it = pytest.mark.skipif(not ATTACK, reason="four times as much; `make attack` does it")


@pytest.mark.parametrize(
    ("before", "second"),
    [
        pytest.param(begun, converge, id="an-exam-begins"),
        pytest.param(world, converge, id="one-begins-and-one-ends", marks=all_of_it),
        pytest.param(world, post_exam, id="somebody-ends-one-by-hand", marks=all_of_it),
    ],
)
def test_two_at_once_end_like_one_after_the_other(monkeypatch, explored, before, second):
    monkeypatch.setattr(connect, "open_gateway", lambda _params, **_named: WHERE.gateway)

    def begin():
        return Execution(before(), [converge, second], written=(kinds.APP_DEFINITION, kinds.CONFIG_MAP))

    serial = [place(one_after_the_other(begin, order).gateway) for order in ((0, 1), (1, 0))]

    def look(execution, told):
        assert execution.outcomes == [[], []], "\n".join(told)
        found, bounds = place(execution.gateway), [each.bound for each in serial]
        story = "\n".join([*map(str, serial), *told])
        assert min(bounds) <= found.bound <= max(bounds), story
        assert found[1:] in [each[1:] for each in serial], story

    explored(begin, look)
