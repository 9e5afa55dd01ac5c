# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""setup_gitops: what it makes is accepted by an API server, and what its CronJob runs makes a calendar true."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from integration.access.access_site import AccessSite, random_name
from integration.ansible_run import ROOT, environment
from integration.capacity_site import desired
from integration.docs.blocks import blocks
from integration.exam_night import exam
from integration.gitops.kinds import serve_kinds
from integration.module_run import module
from lab import audit

NAME = "theia-convergence"
IMAGE = "registry.example.org/theia-ee:0.1.0"
PAGE = ROOT / "docs" / "docsite" / "rst" / "gitops.rst"
REPOSITORY = "https://git.example.org/exams.git"
ACCOUNT = f"system:serviceaccount:{{}}:{NAME}"


class GitOpsSite(AccessSite):
    """One installation, and somebody who sets GitOps up in it."""

    def setup(self, *arguments, **variables):
        return self.play(self.master, self.folder, "setup_gitops", *arguments, image=IMAGE, **variables)

    def mounted(self, folder: Path) -> list[str]:
        """Put what the CronJob mounts into a folder, and return what its container runs there."""
        job = self.lab.api.get(f"/apis/batch/v1/namespaces/{self.namespace}/cronjobs/{NAME}")
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        [container] = pod["containers"]
        arguments = list(container["args"])
        for mount in container["volumeMounts"]:
            source = volumes[mount["name"]].get("configMap")
            if source:
                path = folder / mount["name"]
                path.mkdir(exist_ok=True)
                for file, text in self.installation.get("configmaps", source["name"])["data"].items():
                    (path / file).write_text(text)
                arguments = [argument.replace(mount["mountPath"], str(path)) for argument in arguments]
        return arguments

    def token(self) -> str:
        """Of the account that the CronJob has; in a pod it is mounted, and reaches the cluster by itself."""
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600},
        }
        account = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{NAME}"
        return str(self.lab.api.post(f"{account}/token", request)["status"]["token"])

    def tick(self, folder: Path) -> list[str]:
        """Run the container's command once, and return what its account wrote."""
        since = self.now()
        reached = {"K8S_AUTH_HOST": self.lab.url, "K8S_AUTH_API_KEY": self.token()}
        reached["K8S_AUTH_SSL_CA_CERT"] = str(self.lab.ca_file)
        done = subprocess.run(
            self.mounted(folder),
            check=False,
            cwd=folder,
            env=environment(**reached, ANSIBLE_COLLECTIONS_PATH=str(ROOT / "build" / "tree")),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        self._log_is_complete()
        events = audit.writes(self.lab.audit_log, user=ACCOUNT.format(self.namespace), since=since)
        return [f"{event['verb']} {event['objectRef']['resource']}" for event in events]


@pytest.fixture(scope="module")
def site(module_installation, tmp_path_factory):
    return GitOpsSite(module_installation(app_definitions=[]), tmp_path_factory.mktemp("duty"))


def test_the_container_of_the_cron_job_makes_a_day_true_and_writes_no_more_than_that(site, tmp_path):
    name = site.definition(1)
    entry = exam(random_name("exam"), desired(name, warm=3))
    foretold = site.setup("--check", theia_exams=[entry]).good()
    assert not site.lab.api.find(f"/apis/batch/v1/namespaces/{site.namespace}/cronjobs/{NAME}")
    assert "this would be made" in foretold.output
    made = site.setup(theia_exams=[entry]).good()
    assert "CronJob theia-convergence runs converge_exams at */5 * * * *" in made.output
    assert site.setup(theia_exams=[entry]).good().changed == 0

    # Before and during the exam: it is declared and warmed, once.
    assert site.tick(tmp_path)[-1] == "patch appdefinitions"
    assert site.bounds(name)[0] == 3
    assert site.tick(tmp_path) == []
    # After it: what it added is taken back, once.
    closed = {"name": entry["name"], "state": "closed", "end_early_reason": "the day is over"}
    assert not module("theia_exam", site.options(**closed)).get("failed")
    site.setup(theia_exams=[]).good()
    assert "patch appdefinitions" in site.tick(tmp_path)
    assert site.bounds(name)[0] == 1
    assert site.tick(tmp_path) == []


@pytest.fixture(scope="module")
def kinds(site):
    serve_kinds(site.lab.api)


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("git", ["CronJob"]),
        ("argocd", ["Application"]),
        ("flux", ["GitRepository", "Kustomization"]),
    ],
)
@pytest.mark.usefixtures("kinds")
def test_what_brings_a_calendar_out_of_a_repository_is_what_its_controllers_take(site, source, made):
    for_it = {"source": source, "repository": REPOSITORY, "folder": "exams"}
    extra = {"gitops_convergence_argocd_namespace": site.namespace, "gitops_convergence_git_secret": "repository"}
    site.setup(**for_it, **extra).good()
    for kind in made:
        found = json.loads(site.kubectl("get", kind, NAME, "-o", "json"))
        assert "exams" in json.dumps(found["spec"])
        # Again, and strictly: an unknown field is an error.
        clean = {key: found[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": f"{NAME}-strict"}}
        site.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=clean)
    assert site.setup(**for_it, **extra).good().changed == 0


@pytest.mark.usefixtures("kinds")
def test_what_the_page_tells_argo_cd_to_ignore_is_what_it_takes(site):
    [text] = [block.text for block in blocks(PAGE) if block.file == "ignore.yml"]
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": random_name("platform")},
        "spec": {"project": "default", "destination": {"namespace": site.namespace}, **yaml.safe_load(text)["spec"]},
    }
    site.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=application)


def test_what_lies_in_the_folder_for_argo_cd_runs_the_same_as_the_cron_job(site):
    site.setup(theia_exams=[]).good()
    sample = ROOT / "extensions" / "gitops" / "argocd"
    site.kubectl(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", str(sample)
    )
    calendar, job = (
        yaml.safe_load((sample / name).read_text(encoding="utf-8")) for name in ("calendar.yml", "job.yml")
    )
    [container] = job["spec"]["template"]["spec"]["containers"]
    path = f"/apis/batch/v1/namespaces/{site.namespace}/cronjobs/{NAME}"
    pod = site.lab.api.get(path)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert container["args"] == pod["containers"][0]["args"]
    mounts = [sorted(each["volumeMounts"], key=str) for each in (container, pod["containers"][0])]
    assert mounts[0] == mounts[1]
    # Nothing is left of the source that an earlier run named.
    assert [volume["name"] for volume in pod["volumes"]] == ["inventory", "calendar", "tmp"]
    assert "initContainers" not in pod
    entries = yaml.safe_load(calendar["data"]["calendar.yml"])["theia_exams"]
    assert not module("theia_exam_info", {"calendar": entries}).get("failed")


def test_a_controller_that_would_take_back_an_exam_is_named(site):
    name = site.definition(1)
    here = site.installation.here
    patch = {"apiVersion": here.app_definition_version, "kind": "AppDefinition", "metadata": {"name": name}}
    site.lab.kubectl(
        *("-n", site.namespace, "apply", "--server-side", "--force-conflicts", "--field-manager=argocd-controller"),
        *("-f", "-"),
        stdin={**patch, "spec": {**site.installation.get("appdefinitions", name)["spec"], "minInstances": 1}},
    )
    told = " ".join(site.setup("--check", theia_exams=[]).good().output.split())
    assert f"warning: {name}: argocd-controller writes minInstances and maxInstances" in told


def test_a_repository_is_asked_for_before_anything_is_made(site):
    since = site.now()
    run = site.setup(source="git")
    assert run.code != 0
    assert "It is not known in which repository the calendar is" in " ".join(run.output.split())
    site._log_is_complete()
    assert audit.writes(site.lab.audit_log, user=site.master.user, since=since) == []
