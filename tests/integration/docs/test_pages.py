# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every page of the documentation is followed from its beginning to its end by a reader who types what stands there.

The reader is in a folder of their own, with a kubeconfig where the pages say, and in the lab an installation with the
names that the pages use. Five things are not as they stand on the page: an exam of next year begins in 20 minutes,
an exam that is not over is ended with a reason, a watch of half an hour is one of a minute, pools of sixty are pools of
six, and NAME is the name of something that is there.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from awx import chair
from integration.ansible_run import ROOT, environment, watched
from integration.docs.blocks import blocks
from integration.gitops.kinds import serve_kinds
from integration.module_run import module
from integration.workspace_site import WorkspaceSite
from lab import chart, identities
from lab.metrics import Usage, set_usage

ADA = "ada@example.org"
JAVA = "java-17-latest"
FIRST = ROOT / "docs" / "docsite" / "rst" / "ten_minutes.rst"
PAGES = [ROOT / "README.md", *sorted(FIRST.parent.glob("*.rst"))]
# What these do is shown by every run, or by tests of their own: test_ways_in.py installs, and test_rulebooks.py types
# the commands of the page about them.
ELSEWHERE = ("make ", "python3 -m pip install ", "ansible-galaxy collection install ", "ansible-rulebook ")
SECONDS = 300


def kind_of(block):
    return "file" if block.file or block.language == "ini" else block.language


def followed(page):
    return any(kind_of(block) in ("console", "yaml") for block in blocks(page))


class Reader:
    """Types what stands on a page, with the world around it as the page takes it for granted."""

    def __init__(self, folder, site, env):
        self.folder, self.site, self.env = folder, site, env
        self.play = None
        self.names = {}
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=20)
        self.instead = {
            "2027-02-11T09:00:00+01:00": start.isoformat(),
            "2027-02-11T11:00:00+01:00": (start + timedelta(hours=2)).isoformat(),
            "end=11:00": "end=24:00",
            "watch_minutes=30": "watch_minutes=1",
            "warm=60": "warm=6",
            "warm: 60": "warm: 6",
        }

    def enter(self, account):
        """From now on the reader is this account."""
        config = yaml.safe_load(account.kubeconfig.read_text())
        [context] = config["contexts"]
        config["contexts"] += [{**context, "name": name} for name in ("production", "staging")]
        (self.folder / ".kube").mkdir(exist_ok=True)
        for name in ("config", "theia"):
            (self.folder / ".kube" / name).write_text(yaml.safe_dump(config))

    def here(self, text):
        for stated, meant in {**self.instead, **self.names, "theia-prod": self.site.namespace}.items():
            text = text.replace(stated, meant)
        return text

    def follow(self, kind, together):
        """Blocks of one kind, of which no other one is in between."""
        if kind == "file":
            for block in (block for block in together if kind_of(block) == kind):
                (self.folder / (block.file or "inventory.ini")).write_text(self.here(block.text))
        elif kind == "console":
            for block in together:
                for command in block.commands:
                    self.type(command)
        elif kind == "yaml":
            self.run([task for block in together for task in yaml.safe_load(self.here(block.text))])

    def run(self, content):
        """A play is the head for the tasks that follow it."""
        if "hosts" in content[0]:
            [self.play], content = content[:1], content[1:]
        (self.folder / "tasks.yml").write_text(yaml.safe_dump([{**self.play, "tasks": content}]))
        self.type("ansible-playbook -i inventory.ini tasks.yml")

    def do(self, module_name, **options):
        """What was done before the page is read, by an administrator."""
        admin = {"kubeconfig": str(self.site.lab.admin_kubeconfig)}
        result = module(module_name, self.site.options(**admin, **options))
        assert result["changed"], result

    def type(self, command, seconds=SECONDS):
        if command.startswith(ELSEWHERE):
            return
        command = command.partition("  #")[0]
        if "eduide.theia.post_exam" in command and "end_early_reason" not in command:
            command += " -e end_early_reason=tried"
        done = subprocess.run(
            ["bash", "-c", self.here(command)],
            cwd=self.folder,
            env=environment(**self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"


@pytest.fixture
def site(installation):
    definitions = [
        chart.app_definition(JAVA, minInstances=1, maxInstances=100),
        chart.app_definition("c-latest", minInstances=0),
    ]
    return WorkspaceSite(installation(app_definitions=definitions))


@pytest.fixture
def reader(site, tmp_path):
    """Ada has a session and a workspace, two contexts lead to the one installation, and the first page was read."""
    session = site.launch(ADA, JAVA)
    site.with_url(session)
    env = {"HOME": str(tmp_path), **watched(tmp_path / "task-results.jsonl")}
    # An inventory that cannot be read is only a warning otherwise.
    reader = Reader(tmp_path, site, {**env, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"})
    reader.names["sessions=NAME"] = f"sessions={session}"
    workspace = site.store(ADA, "c-latest")
    reader.names["workspaces=NAME"] = f"workspaces={workspace}"
    reader.names["volume_from=NAME"] = f"volume_from={workspace}"
    shutil.copytree(ROOT / "inventories" / "example", tmp_path / "inventory")
    for file in (tmp_path / "inventory").rglob("*.yml"):
        # The other installation is one that the reader does not have.
        file.write_text(reader.here(file.read_text()).replace(", staging: {}", ""))
    # Whoever runs all playbooks, and may look for installations in the whole cluster.
    account = site.lab.identity(
        "reader",
        namespace=site.namespace,
        rules=identities.COLLECTION_RULES,
        cluster_rules=(
            *identities.granted_by("cluster_reader", "volume_keeper"),
            identities.rule("theia.cloud", "appdefinitions", "list"),
        ),
    )
    reader.enter(account)
    pod = site.pod_of(session)
    container = pod["spec"]["containers"][0]["name"]
    set_usage(site.lab.api, pod, {container: Usage(cpu_millicores=100, memory_bytes=10**9)})
    reader.follow("file", blocks(FIRST))
    return reader


@contextlib.contextmanager
def beside_awx(reader):
    with chair.chair() as awx:
        reader.env.update(chair.environment(awx))
        yield


@contextlib.contextmanager
def as_administrator(reader):
    everything = (identities.rule("*", "*", "*"),)
    lab, namespace = reader.site.lab, reader.site.namespace
    reader.enter(lab.identity("administrator", namespace=namespace, cluster_rules=everything))
    yield


@contextlib.contextmanager
def beside_argo_cd_and_flux(reader):
    with as_administrator(reader):
        serve_kinds(reader.site.lab.api)
        reader.site.lab.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        yield


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_block_of_a_page_is_overlooked(page):
    begin = re.compile(r"^ *(?:\.\. code(?:-block)?::|```\w|(?!\.\.).*::$)", re.MULTILINE)
    begun = begin.findall(page.read_text(encoding="utf-8"))
    assert len(blocks(page)) == len(begun)


# What a page takes for granted beside an installation.
WORLDS = {"access": as_administrator, "awx": beside_awx, "gitops": beside_argo_cd_and_flux}


@pytest.mark.parametrize("page", [page for page in PAGES if followed(page)], ids=lambda page: page.stem)
def test_a_page_is_followed(page, reader):
    with WORLDS.get(page.stem, contextlib.nullcontext)(reader):
        for kind, together in itertools.groupby(blocks(page), key=kind_of):
            reader.follow(kind, together)


ROLES = sorted((ROOT / "roles").glob("*/README.md"))
# What a person adds to an example on this day: the files of Ada's session are in its pod.
ON_THIS_DAY = {"session_stop_discard_data": ["selected"]}


def example(page):
    """The play of a role's page, or one with the variables that stand there."""
    [block] = blocks(page)
    content = yaml.safe_load(block.text)
    if isinstance(content, list):
        return content[0]
    notice = {"notify_moment": "drift", "notify_text": "somebody changed something"}
    role = {"role": f"eduide.theia.{page.parent.name}", "vars": notice}
    return {"hosts": "theia_installations", "gather_facts": False, "vars": content, "roles": [role]}


def test_each_role_has_one_example():
    assert [page.parent.name for page in ROLES] == sorted(path.name for path in (ROOT / "roles").iterdir())
    for page in ROLES:
        [role] = example(page)["roles"]
        assert role["role"] == f"eduide.theia.{page.parent.name}"


def test_the_example_for_awx_is_that_of_the_page_which_is_followed():
    """Its two minutes are not spent twice."""
    [role] = example(ROOT / "roles" / "awx_objects" / "README.md")["roles"]
    [page] = [block for block in blocks(FIRST.with_name("awx.rst")) if block.file == "awx.yml"]
    assert role["vars"] == yaml.safe_load(page.text)


def test_the_examples_of_roles_run(reader, tmp_path):
    """All but that one in one run, which predicts."""
    plays = {page.parent.name: example(page) for page in ROLES if page.parent.name != "awx_objects"}
    # A reader has a vault for it.
    plays["notify"]["vars"]["theia_notices"][0]["url"] = "http://127.0.0.1:9/hook"
    # Of the two installations of the pages the reader has one.
    plays["rehearsal"]["hosts"] = "production"
    service = {"service_url": reader.site.installation.service_url, "app_id": reader.site.installation.app_id}
    connection = f"{{{{ theia_connection | combine({json.dumps(service)}) }}}}"
    plays["rehearsal"]["module_defaults"]["group/eduide.theia.theia"] = connection
    kept = reader.site.store(ADA, "c-latest")
    reader.do("theia_workspace", state="absent", names=[kept], volume="retain")
    reader.names["ws-java-17-latest-ada"] = kept
    # On record, and not under way: nobody rehearses then.
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    times = {"start": tomorrow.isoformat(), "end": (tomorrow + timedelta(hours=2)).isoformat()}
    reader.do("theia_exam", name="pgdp-final", app_definitions=[{"name": "c-latest", "warm": 1}], **times)
    (tmp_path / "on_this_day.yml").write_text(yaml.safe_dump(ON_THIS_DAY))
    (tmp_path / "roles.yml").write_text(reader.here(yaml.safe_dump(list(plays.values()), sort_keys=False)))
    with as_administrator(reader):
        reader.type("ansible-playbook -i inventory roles.yml --check -e @on_this_day.yml", seconds=2 * SECONDS)
