# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The card of readiness before an exam, and when other clients put bounds back that an exam needs."""

from __future__ import annotations

import json
import threading

import pytest

from integration.capacity_site import CapacitySite, desired
from integration.exam_night import TONIGHT, Duty, report
from integration.lab.operator_site import eventually
from integration.module_run import module

EXAM = "readiness-exam"
WANTED, THEIRS = 5, 2
# How GitOps controllers, charts and people write: each becomes the manager of the field.
CLIENTS = {
    "argocd-controller": (
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=argocd-controller",
        "-f",
        "-",
    ),
    "helm": ("patch", "--type=merge", "--field-manager=helm"),
    "kubectl-patch": ("patch", "--type=merge"),
}


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


def card(site, **options):
    result = module("theia_platform_info", site.options(**options))
    assert result.get("failed") is None, result["msg"]
    return result


def not_go(result):
    return {(check["code"], check["result"]) for check in result["checks"] if check["result"] != "go"}


def put_back(site, client, name):
    """Another client writes its own bound."""
    spec = {"spec": {"minInstances": THEIRS}}
    verb, *words = CLIENTS[client]
    if verb == "patch":
        site.kubectl("patch", "appdefinitions.theia.cloud", name, *words, "-p", json.dumps(spec))
        return
    head = {"apiVersion": "theia.cloud/v1beta11", "kind": "AppDefinition"}
    live = site.installation.get("appdefinitions", name)
    body = {**head, "metadata": {"name": name, "namespace": site.namespace}, "spec": {**live["spec"], **spec["spec"]}}
    site.kubectl(verb, *words, stdin=body)


def test_before_an_exam_everything_is_go(site):
    name = site.definition(2)
    site.installation.wait_warm(name, 2)
    result = card(site, service_url=site.installation.service_url, app_id=site.installation.app_id)
    # The lab's account does not mend pools or restore volumes, and nobody measures these pods.
    assert not_go(result) <= {("rights", "warning"), ("arguments", "warning"), ("metrics", "warning")}, result["checks"]
    assert result["ready"] is True
    assert {check["code"] for check in result["checks"]} >= {"verdict", "pools", "operator", "service", "kinds"}


@pytest.mark.parametrize("client", CLIENTS)
def test_whoever_puts_a_bound_back_is_named_with_what_the_exam_needs(site, client, tmp_path):
    name = site.definition(1)
    site.set(desired(name, min_instances=WANTED), hold=EXAM)
    put_back(site, client, name)
    [told] = [check["evidence"] for check in card(site)["checks"] if check["code"] == "ledger"]
    assert told.startswith(f"{name}: {EXAM} needs min_instances {WANTED}, and it is {THEIRS}: {client} at 20"), told
    if client == "argocd-controller":
        duty = Duty(tmp_path, lab=site.installation)
        run = duty.play("readiness")
        assert run.code != 0
        lines = report(run)
        assert lines[0].startswith("NO-GO: 1 no-go, ")
        assert max(len(line) for line in lines if "ansible-playbook" not in line) <= 98
        assert run.output.count("is not ready for an exam: ledger") == 1
        # Another exam can be warmed all the same, and who does it sees what is wrong before anything else.
        other = duty.play("pre_exam", "--check", app_definition=site.definition(1), warm=1, **TONIGHT).good()
        warned, foretold = (task.result["lines"] for task in other.of("theia_report") if task.result.get("lines"))
        assert (warned[0][:16], warned[1][:16]) == ("NO-GO: 1 no-go, ", "NO-GO    ledger ")
        assert foretold[0].startswith("verdict before the change: ")
    site.set(desired(name), state="baseline", hold=EXAM, drift="overwrite")
    assert site.bounds(name)[0] == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_whoever_puts_a_bound_back_during_the_wait_is_named_too(site, client):
    """The pods never start, so that the wait lasts until it is noticed."""
    name = site.definition(0, image="registry.lab.invalid/eduide/never:missing")

    def meddle():
        eventually("the bound is raised", lambda: site.bounds(name)[0] == WANTED)
        put_back(site, client, name)

    meddling = threading.Thread(target=meddle)
    meddling.start()
    result = site.set(desired(name, min_instances=WANTED), hold=EXAM, wait=True, wait_timeout_seconds=60)
    meddling.join()
    assert result["failed"] is True
    assert f"{name}: min_instances was set to {WANTED} and is {THEIRS}: {client} at 20" in result["msg"]
    site.set(desired(name), state="baseline", hold=EXAM, drift="overwrite")
