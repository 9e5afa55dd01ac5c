# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret shows up in what Ansible prints, whatever the verbosity and however a task ends."""

from __future__ import annotations

import secrets

import pytest
import yaml

from integration.ansible_run import connection, play, task
from integration.capacity_site import CapacitySite, desired
from integration.module_run import module

JAVA = "java-17-latest"
STUDENT = "ada@example.org"


@pytest.fixture(scope="module")
def site(module_installation):
    site = CapacitySite(module_installation())
    site.installation.wait_warm(JAVA, 3)
    return site


def secrets_of(site):
    """Everything in the installation that nobody should see, by what it is."""
    [session] = [s for s in site.installation.items("sessions") if s["spec"]["user"] == STUDENT]
    return {
        "admin token": site.installation.admin_token,
        "account token": site.installation.identity.token,
        "client secret": site.installation.get("configmaps", "service-config")["data"]["OIDC_CLIENT_SECRET"],
        "session secret": session["spec"]["sessionSecret"],
        **{f"environment {name}": value for name, value in session["spec"]["envVars"].items()},
    }


def test_nothing_secret_is_printed_at_the_highest_verbosity(site, tmp_path):
    hidden = f"solution-{secrets.token_hex(8)}"
    site.installation.launch(STUDENT, JAVA, env={"fromMap": {"EXAM_KEY": hidden}})
    content = yaml.safe_load(site.installation.kubeconfig.read_text())
    server = content["clusters"][0]["cluster"]["server"]
    mine = {"user_token": site.installation.user_token(STUDENT), "api": "service"}
    [session] = module("theia_session_info", site.options(users=[STUDENT]))["sessions"]
    named = {"names": [session["name"]]}
    token = {
        "kubeconfig": "",
        "host": server,
        "api_key": site.installation.identity.token,
        "ca_cert": str(site.lab.ca_file),
    }
    # A session is on an instance, and a change would lock its user out.
    held = {"hold": "secret-exam", "lockout": "repair"}
    good = [
        task("theia_capacity_info", check_leader=True),
        task("theia_capacity_info", api="service"),
        task("theia_capacity_info", kubeconfig=content),
        task("theia_capacity", app_definitions=[desired(JAVA, warm=3)], **held, **token),
        task("theia_capacity", app_definitions=[desired(JAVA, max_instances=1100)], api="service", **held),
        task("theia_capacity", state="baseline", kubeconfig=content, **held),
        task("theia_session_info", other_pods=True),
        task("theia_session_info", **mine),
        task("theia_session_diagnosis_info", **named),
        task("theia_session", state="active", fresh_seconds=0, **named),
        task("theia_workspace_info"),
    ]
    bad = [
        task("theia_capacity", app_definitions=[desired(JAVA, min_instances=5000)]),
        task("theia_capacity", app_definitions=[desired("java-18-latest", warm=3)], api="service", **token),
        task("theia_capacity", app_definitions=[desired(JAVA, warm=3)], kubeconfig=content, context="production"),
        task("theia_capacity_info", api="service", service_url=server, validate_certs=False),
        task("theia_capacity_info", **{**token, "api_key": site.installation.admin_token}),
        # Where its files are is in its pod, so that it is refused.
        task("theia_session", **named),
        task("theia_session", unchecked=True, **named, **{**mine, "user_token": f"{mine['user_token']}x"}),
    ]
    last = [
        task("theia_session", records=[session], discard_data=["named"], **mine),
        task("theia_session", records=[session], discard_data=["named"]),
    ]
    known = {**secrets_of(site), "user token": mine["user_token"]}
    run = play(tmp_path, [*good, *bad, *last], "-vvvv", "--diff", connection=connection(site.installation))
    failed = [False] * len(good) + [True] * len(bad) + [False] * len(last)
    assert [done.failed for done in run.tasks] == failed, run.output
    assert hidden in known.values()
    assert all(value and len(value) > 10 for value in known.values()), known
    returned = str([done.result for done in run.tasks])
    assert not [what for what, value in known.items() if value in run.output or value in returned]
