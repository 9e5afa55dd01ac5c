# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook `setup_awx`, with the modules of awx.awx, against the stand-in: a second run changes nothing."""

from __future__ import annotations

import json

import pytest
import yaml

from awx.chair import REPOSITORY, chair, environment
from awx.server import PASSWORD
from awx.store import loaded
from integration.ansible_run import ROOT, call


class Unsafe(str):
    """A template of AWX in a file that Ansible reads."""


class Dumper(yaml.SafeDumper):
    """Marks what Ansible must not fill in."""


Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))
VARIABLES = {
    "awx_objects_organization": "Chair",
    "awx_objects_project_url": REPOSITORY,
    "awx_objects_image": "registry.example.org/theia-ee:0.1.0",
    "awx_objects_installations": [
        {"name": "production", "connection": {"namespace": "theia-prod"}},
        {"name": "staging", "connection": {"namespace": "theia-staging", "context": "staging"}},
    ],
    "awx_objects_variables": {"theia_time_zone": "Europe/Berlin"},
    "awx_objects_credentials": ["cluster of the chair"],
    "awx_objects_time_zone": "Europe/Berlin",
    "awx_objects_notifications": [
        {
            "name": "mail to the people on duty",
            "type": "email",
            "configuration": {
                "host": "mail.example.org",
                "port": 25,
                "username": "exams",
                "password": "mail-password-secret",
                "use_tls": True,
                "use_ssl": False,
                "sender": "exams@example.org",
                "recipients": ["duty@example.org"],
            },
            "messages": {"success": {"message": Unsafe("{{ job.status }}"), "body": Unsafe("{{ job.artifacts }}")}},
            "events": ["success", "error", "approvals"],
        }
    ],
}


@pytest.fixture(scope="module")
def awx():
    with chair() as server:
        yield server


def setup(awx, folder, *arguments):
    file = folder / "objects.yml"
    file.write_text(yaml.dump(VARIABLES, Dumper=Dumper), encoding="utf-8")
    return call(ROOT, environment(awx), "playbooks/setup_awx.yml", "-i", "localhost,", "-e", f"@{file}", *arguments)


def named(awx, endpoint, name):
    [found] = [each for each in awx.store.objects[endpoint].values() if each.get("name") == name]
    return found


@pytest.fixture(scope="module")
def made(awx, tmp_path_factory):
    return setup(awx, tmp_path_factory.mktemp("awx"))


def test_everything_is_made(awx, made):
    assert made.returncode == 0, made.stdout
    counts = {name: len(kept) for name, kept in awx.store.objects.items() if kept}
    templates = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.stem.startswith("setup_")}
    assert {each["name"] for each in awx.store.objects["job_templates"].values()} == {
        f"Theia {name}" for name in templates
    }
    assert counts["credential_types"] == 3
    assert counts["workflow_job_template_nodes"] == 4
    assert counts["hosts"] == 2
    group = named(awx, "groups", "theia_installations")
    assert len(awx.store.links[group["id"], "hosts"]) == 2
    assert loaded(group["variables"]) == VARIABLES["awx_objects_variables"]
    assert loaded(named(awx, "hosts", "production")["variables"]) == {"theia_connection": {"namespace": "theia-prod"}}
    assert named(awx, "schedules", "Theia status every quarter of an hour")["rrule"] == (
        "DTSTART;TZID=Europe/Berlin:20260101T000000 RRULE:FREQ=MINUTELY;INTERVAL=15"
    )
    kubeconfig = named(awx, "credential_types", "Theia kubeconfig")
    assert kubeconfig["injectors"]["env"] == {"K8S_AUTH_KUBECONFIG": "{{ tower.filename.kubeconfig }}"}


def test_no_secret_is_shown_and_every_token_is_released(awx, made):
    assert "mail-password-secret" not in made.stdout
    assert PASSWORD not in made.stdout
    assert not awx.tokens
    assert awx.released


def test_a_second_run_changes_nothing(awx, made, tmp_path):
    assert made.returncode == 0
    before = awx.store.changes
    done = setup(awx, tmp_path)
    assert done.returncode == 0, done.stdout
    assert "changed=0 " in done.stdout, done.stdout
    assert awx.store.changes == before


def test_the_workflow_plans_asks_warms_and_looks(awx, made):
    assert made.returncode == 0
    workflow = named(awx, "workflow_job_templates", "Theia exam day")
    run, ignored = awx.runs.launch(
        "workflow_job_templates", workflow, {"extra_vars": {"exam": "final"}, "limit": "production"}
    )
    assert not ignored

    def jobs():
        return [
            (job["name"], job["job_type"], job["limit"], json.loads(job["extra_vars"]).get("exam"))
            for job in awx.store.objects["jobs"].values()
        ]

    plan = ("Theia pre_exam", "check", "production", "final")
    assert jobs() == [plan]
    awx.runs.end(next(iter(awx.store.objects["jobs"])), "successful", {"theia_report": {"production": ["the plan"]}})
    [approval] = awx.store.objects["workflow_approvals"].values()
    assert approval["inherited"] == {"theia_report": {"production": ["the plan"]}}
    assert jobs() == [plan]
    awx.runs.decide(approval, approved=True)
    assert jobs() == [plan, ("Theia pre_exam", "run", "production", "final")]
    awx.runs.end(list(awx.store.objects["jobs"])[-1], "failed")
    assert jobs()[-1] == ("Theia status", "run", "production", "final")
    awx.runs.end(list(awx.store.objects["jobs"])[-1], "successful")
    assert run["status"] == "successful"
