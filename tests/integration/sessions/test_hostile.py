# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a student or another tenant can write is hostile, and people run playbooks with `-vvv`.

Nothing is executed, nothing commands the terminal, nothing is forged or endless, and nobody hides behind it.
"""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import LONGEST_LINE
from awx.job import extra_variables
from integration.ansible_run import ROOT, connection
from integration.exam_night import Duty, exam, report
from integration.module_run import module
from integration.session_site import SessionSite
from tools.browser import document, find_browser

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>"
TEMPLATE = "{{ lookup('pipe', 'touch PWNED') }}{% for i in range(10**9) %}{% endfor %}$(touch PWNED)`touch PWNED`"
TERMINAL = "\x1b]0;owned\x07\x1b[2J\x9b31m\x9d0;owned\x9c\u202e\u2066\u200f\u2028"
FORGED = "\r\nforged: ok=1 changed=0 failed=0\n"
HOSTILE = f"eve{TEMPLATE}{SCRIPT}{TERMINAL}{FORGED}"
ENDLESS = "{{ 'x' }}" * 11_000
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
FAILED = {"operatorStatus": "ERROR", "operatorMessage": HOSTILE + ENDLESS, "error": ENDLESS + HOSTILE}


@pytest.fixture(scope="module")
def site(module_installation, tmp_path_factory):
    made = SessionSite(module_installation(app_definitions=[], running=[]))
    made.ide = made.definition(0, wait=False)
    made.duty = Duty(tmp_path_factory.mktemp("duty"), lab=made.installation)
    for name, user in (("hostile", HOSTILE), ("endless", ENDLESS), ("plain", "ada@x.org"), ("works", f"{HOSTILE}2")):
        start(made, name, user)
        create(
            made,
            "Workspace",
            f"ws-{name}",
            {"name": f"ws-{name}", "user": user, "appDefinition": made.ide, "label": HOSTILE, "storage": HOSTILE},
            annotations={"eduide-theia/last-seen": HOSTILE},
        )
        made.write_status(name, **FAILED)
    made.write_status(
        "works", operatorStatus="HANDLED", operatorMessage=HOSTILE, error=None, url=f"https://x/{HOSTILE}"
    )
    return made


def start(site, name, user):
    spec = {"name": name, "user": user, "appDefinition": site.ide, "workspace": f"ws-{name}"}
    create(site, "Session", name, spec, annotations={"note": HOSTILE, "eduide-theia/touched": HOSTILE})


def create(site, kind, name, spec, *, annotations):
    metadata = {"name": name, "namespace": site.namespace, "annotations": annotations}
    version = {"Session": "v1beta8", "Workspace": "v1beta5"}[kind]
    site.lab.api.create({"apiVersion": f"theia.cloud/{version}", "kind": kind, "metadata": metadata, "spec": spec})


def harmless(site, name, *arguments, **variables):
    """The run of a playbook, once everything that was printed is harmless."""
    run = site.duty.play(name, "-vvv", *arguments, **variables)
    assert OBEYED.findall(run.output) == []
    assert not re.search(r"(?m)^\s*forged", run.output)
    assert not [path for place in (ROOT, site.duty.folder) for path in place.rglob("PWNED")]
    return run


def told(site, name, *arguments, **variables):
    """The report of a playbook that succeeded."""
    lines = report(harmless(site, name, *arguments, **variables).good())
    assert max(map(len, lines)) < LONGEST_LINE + 100
    return lines


def quiz(site):
    """An exam whose record somebody else has written into."""
    tonight = {**exam("quiz", {"name": site.ide, "warm": 0}), "users": ["ada@x.org"]}
    declared = module("theia_exam", connection(site.installation, **tonight))
    assert declared["changed"], declared
    record = site.installation.get("configmaps", "theia-exam-quiz")
    stated, history = (json.loads(record["data"][key]) for key in ("exam", "history"))
    stated["users"] += [HOSTILE]
    history += [{**entry, "run": HOSTILE, "outcome": HOSTILE, "reason": ENDLESS[:9000] + HOSTILE} for entry in history]
    data = {"exam": json.dumps(stated), "history": json.dumps(history)}
    site.lab.api.merge(site.installation.here.path("configmaps", "theia-exam-quiz"), {"data": data})


def answers(folder, **variables):
    """Variables as AWX hands them on: their texts are no templates."""
    file = folder / "answers.yml"
    file.write_text(extra_variables(variables))
    return ["-e", f"@{file}"]


def seen(page):
    """Look at a page as a browser does, if this machine has one."""
    html = page.read_text()
    assert "<script" not in html
    assert "<img" not in html
    assert OBEYED.findall(html) == []
    assert len(html) < 1_000_000
    if browser := find_browser():
        assert "<title>owned" not in document(browser, page, dark=False)


def rows(lines, *names):
    """How many lines begin with each of these names."""
    return [sum(line.startswith(name) for line in lines) for name in names]


def test_the_status_shows_everybody(site, tmp_path):
    lines = told(site, "status", report_dir=tmp_path)
    assert rows(lines, "hostile", "endless", "plain") == [1, 1, 1]
    [page] = tmp_path.rglob("report.html")
    seen(page)


@pytest.mark.parametrize("session", ["hostile", "endless", "works"])
def test_a_session_can_be_looked_into(site, session):
    assert session in "\n".join(told(site, "investigate_session", sessions=session))


def test_workspaces_are_judged_one_by_one(site):
    told(site, "prune_workspaces")


def test_a_sweep_stops_whoever_has_failed_and_nobody_else(site):
    lines = told(site, "sweep_sessions", "-e", '{"session_sweep_policy": {"max_percent": 100}}')
    assert rows(lines, "hostile", "endless", "plain") == [1, 1, 1]
    assert site.names() == {"works"}


def test_no_other_playbook_obeys_either(site, tmp_path):
    start(site, "hostile", HOSTILE)
    quiz(site)
    runs = {
        "readiness": {},
        "converge_exams": {},
        "pre_exam": {"exam": "quiz", "report_dir": str(tmp_path)},
        "stop_sessions": {"user": [HOSTILE, f"{HOSTILE}2"]},
        "delete_workspaces": {"user": [HOSTILE], "live_sessions": "stop"},
        "restore_workspace": {"volume_from": "ws-hostile", "workspace": "ws-new", "user": HOSTILE},
        "repair_pools": {"app_definition": HOSTILE, "repair": "halves"},
        "unlock_user": {"user": HOSTILE},
        "rehearse_exam": {"app_definition": HOSTILE},
        "post_exam": {"exam": "quiz", "end_early_reason": HOSTILE, "report_dir": str(tmp_path)},
    }
    here = {"status", "investigate_session", "prune_workspaces", "sweep_sessions"}
    # Those that set something up read nothing that others write.
    everything = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    assert runs.keys() | here == {name for name in everything if not name.startswith("setup_")}
    done = {name: harmless(site, name, *answers(tmp_path, **variables)) for name, variables in runs.items()}
    # Its record is refused where it is written anew, and closed all the same.
    assert "exam quiz: users: " in done["pre_exam"].output
    assert done["post_exam"].code == 0, done["post_exam"].output
    # Only the one who is in the exam was kept.
    assert site.names() == {"hostile"}
    seen(tmp_path / "lab" / "post_exam" / "report.html")
