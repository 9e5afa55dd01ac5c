# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks about sessions, as a person on duty meets them."""

from __future__ import annotations

import itertools
import json
import shlex
from pathlib import Path

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext
from ansible_collections.eduide.theia.plugins.module_utils._status.report import status_report
from integration.ansible_run import ROOT, paste, playbook
from integration.exam_night import Duty, command, report
from integration.lab.operator_site import eventually
from integration.module_run import module
from integration.session_corpus import Scene, mistreat
from integration.session_site import SessionSite, outcomes
from integration.workspace_site import WorkspaceSite
from lab import identities
from unit.loopback import Loopback, Say

FAILED = {"operatorStatus": "ERROR", "operatorMessage": "Max sessions reached.", "error": "553:limit", "url": None}
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def site(module_installation, tmp_path_factory):
    """An installation with an app definition without a pool, and somebody with an inventory."""
    made = SessionSite(module_installation(app_definitions=[]))
    made.ide = made.definition(0)
    made.duty = Duty(tmp_path_factory.mktemp("duty"), lab=made.installation)
    return made


@pytest.fixture
def start(site):
    """Starts sessions of users that no other test has."""

    def launch(user, **status):
        person = f"{user}{next(NUMBERS)}@x.org"
        name = site.launch(person, site.ide)
        site.with_url(name)
        if status:
            site.write_status(name, **status)
        return person, name

    return launch


def played(site, name, *arguments, **variables):
    """The run of a playbook, and what it wrote."""
    since = site.now()
    run = site.duty.play(name, *arguments, **variables)
    return run, site.writes(since)


def told(run):
    return "\n".join(report(run))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stop_sessions", "Say -e sessions=NAME,NAME or -e user=USER or -e app_definition=NAME"),
        ("investigate_session", "Say -e sessions=NAME or -e user=USER"),
        ("unlock_user", "Say -e user=USER"),
        ("repair_pools", "Say -e app_definition=NAME,NAME and -e repair="),
    ],
)
def test_whoever_says_nothing_is_told_what_to_say(tmp_path, name, words):
    """The last one must not end up with the user as the only filter."""
    asked = {
        "silent": {},
        "blank": {"user": "", "sessions": "", "session": ""},
        "of-another-playbook": {"user": "ada@x.org", "session": "s1"},
    }
    told = {"silent": words, "blank": words, "of-another-playbook": """-e '{"sessions": "s1"}'"""}
    if name != "stop_sessions":
        del asked["of-another-playbook"], told["of-another-playbook"]
    hosts = {host: {"theia_connection": {"namespace": host}, **variables} for host, variables in asked.items()}
    file = tmp_path / "hosts.json"
    file.write_text(json.dumps({"theia_installations": {"hosts": hosts}}))
    run = playbook(tmp_path, ROOT / "playbooks" / f"{name}.yml", "-i", file)
    assert run.code != 0
    assert {task.host: told[task.host] in task.msg for task in run.tasks if task.failed} == dict.fromkeys(asked, True)


# --- sweep_sessions, on an installation of its own: a sweep looks at everybody


@pytest.fixture(scope="module")
def swept(module_installation, tmp_path_factory):
    """Three people, one session of them failed and one without URL; what sweeps did about them."""
    made = SessionSite(module_installation(app_definitions=[]))
    made.ide = made.definition(0)
    made.duty = Duty(tmp_path_factory.mktemp("duty"), lab=made.installation)
    made.fine, made.wreck, made.odd = (made.launch(f"{user}@x.org", made.ide) for user in ("ada", "bob", "eve"))
    made.with_url(made.fine, made.wreck, made.odd)
    made.write_status(made.wreck, **FAILED)
    made.age(made.odd, minutes=30)
    made.write_status(made.odd, url=None, lastActivity=int((made.now().timestamp() - 1500) * 1000))
    with Loopback(lambda _seen: Say()) as made.people:
        notices = made.duty.notices(made.people)
        made.predicted = played(made, "sweep_sessions", notices, "--check", "--diff")
        made.left_by_check = made.names()
        made.first = played(made, "sweep_sessions", notices, "--diff")
    return made


def test_a_sweep_in_check_mode_shows_what_would_be_done_and_sends_nothing(swept):
    run, writes = swept.predicted
    assert run.good().changed == 2  # the session, and the note that somebody looked
    assert writes == []
    assert swept.left_by_check == {swept.fine, swept.wreck, swept.odd}
    [row] = [line for line in report(run) if line.startswith(swept.wreck)]
    assert "would be stopped" in row
    assert "1 would be stopped" in report(run)


def test_a_sweep_stops_what_failed_and_reports_the_rest(swept):
    run, writes = swept.first
    assert outcomes(run.good().only("theia_session").result) == {swept.wreck: "stopped"}
    assert writes == ["create configmaps theia-retention", f"delete sessions {swept.wreck}"]
    assert swept.names() == {swept.fine, swept.odd}
    lines = report(run)
    assert [line.split()[0] for line in lines[:4]] == ["SESSION", swept.wreck, "failed:", swept.odd]
    assert "no_url_but_running" in lines[4]
    assert "1 only reported: the policy stops for failed." in told(run)
    # Nobody is told of what is only predicted.
    [notice] = [seen.body for seen in swept.people.seen]
    assert (notice["moment"], notice["installation"], "bob@x.org" in str(notice)) == ("swept", "lab", False)


def test_a_policy_is_data_and_a_wrong_threshold_stops_nobody(swept):
    policy = {"findings": ["too_old"], "thresholds": {"too_old_minutes": 0}, "discard_data": ["too_old"], "max_stop": 1}
    run, writes = played(swept, "sweep_sessions", "-e", json.dumps({"session_sweep_policy": policy}))
    assert run.code != 0
    assert "2 sessions would be stopped, and max_stop is 1: nothing was stopped" in run.only("theia_session").msg
    assert "2 skipped_cap" in report(run)
    assert writes == []
    # What the sweep before it stopped is in nobody's table any more.
    assert swept.wreck not in told(run)


def test_from_a_sweep_to_the_end_of_a_session_each_command_is_the_one_that_was_printed(swept):
    run, _writes = played(swept, "sweep_sessions", "--check")
    [line] = [line for line in report(run.good()) if " only reported: " in line]
    investigated = swept.duty.paste(command(line))
    assert f"{swept.odd}: Its IDE runs, but the platform never gave it an address" in " ".join(investigated.split())
    [line] = [line for line in investigated.split("\n") if "To fix it: ansible-playbook " in line]
    assert f"{swept.odd} " in swept.duty.paste(command(line))
    assert swept.names() == {swept.fine}


# --- stop_sessions


def test_files_in_a_pod_are_lost_only_if_somebody_says_so(site, start):
    """Names come one on each line, as from a text area."""
    names = {start("ada")[1], start("bob")[1]}
    refused, writes = played(site, "stop_sessions", "-e", json.dumps({"sessions": "\n".join([*names, ""])}))
    assert refused.code != 0
    assert (writes, names <= site.names()) == ([], True)
    stop_all_the_same = command(report(refused)[-1])

    since = site.now()
    done = site.duty.paste(stop_all_the_same)
    assert {*site.writes(since)} == {f"delete sessions {name}" for name in names}
    assert not names & site.names()
    assert "The files of 2 sessions are lost: they were in the pod." in done


@pytest.mark.both
def test_sessions_of_a_user_are_stopped_and_no_others(site, start):
    person, name = start("bob")
    _other, kept = start("eve")
    run, _writes = played(site, "stop_sessions", user=person, app_definition=site.ide, discard_data="selected")
    assert outcomes(run.good().only("theia_session").result) == {name: "stopped"}
    assert kept in site.names()


# --- investigate_session


def test_the_printed_command_unlocks_this_user_and_nobody_else(site):
    """Two parsers read it, and each of them would make another user of one of these."""
    users = ("Anna Maria", "Anna", "Maria", 'o\'brien says "hi" {{ 1 }}')
    sessions = {user: f"wreck-{number}" for number, user in enumerate(users)}
    for user, name in sessions.items():
        spec = {"name": name, "user": user, "appDefinition": "no-such-app", "sessionSecret": name}
        metadata = {"name": name, "namespace": site.namespace}
        site.lab.api.create(
            {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "metadata": metadata, "spec": spec}
        )

    def failed():
        states = [site.session(name).get("status", {}).get("operatorStatus") for name in sessions.values()]
        return states == ["ERROR"] * len(users)

    eventually("the operator gave up on all of them", failed)
    for user in (users[0], users[-1]):
        before, name = site.names(), sessions[user]
        [line] = [
            line for line in report(played(site, "investigate_session", sessions=name)[0].good()) if "fix it" in line
        ]
        site.duty.paste(command(line))
        assert before - site.names() == {name}


def test_an_investigation_says_what_is_wrong_what_fixes_it_and_what_it_could_not_read(site, start):
    person, name = start("ada", **FAILED)
    run, writes = played(site, "investigate_session", "--check", "--diff", sessions=name)
    assert (run.good().changed, writes) == (0, [])
    lines = report(run)
    said = "the operator said: Max sessions reached.; 553:limit"
    why = "its user already had as many sessions as allowed (10)"
    assert lines[0] == f"{name}: It failed for good; {said}, which probably means that {why}."
    assert lines[1].startswith("To fix it: ansible-playbook ")
    assert lines[1].endswith(f'--limit lab -e \'{{"user": "{person}"}}\'')
    [finding] = [line for line in lines if line.startswith("finding")]
    assert "failed: Max sessions reached.; 553:limit" in finding
    [unread] = [line for line in lines if line.startswith("not readable")]
    assert "operator log" in unread
    assert '"resources": ["pods/log"]' in unread


def test_an_investigation_shows_what_the_operator_said_without_secrets(site, start):
    """As an account with the right to read logs sees it."""
    _person, name = start("eve")
    secret = site.session(name)["spec"]["sessionSecret"]
    with site.installation.operator.log.open("a") as log:
        print(f"2027-02-11T09:00:00Z stderr F session {name} was given {secret}", file=log)
    rules = [*identities.COLLECTION_RULES, identities.rule("", "pods/log", "get")]
    account = site.lab.identity("log-reader", namespace=site.namespace, rules=rules)
    options = {"names": [name], "kubeconfig": str(account.kubeconfig)}
    result = module("theia_session_diagnosis_info", site.options(**options))
    assert "operator_log" not in result["missing"]
    [told] = result["diagnoses"]
    lines = told["operator_log"]
    # The operator goes on printing, and names the session in between.
    printed = site.kubectl("logs", "deployment/operator-deployment").replace(secret, "***").splitlines()
    uid = site.session(name)["metadata"]["uid"]
    about = [line for line in printed if name in line or uid in line]
    assert len(lines) > 1
    # Lines below the level of information are left out.
    assert [line for line in about if line in lines][-len(lines) :] == lines
    assert f"session {name} was given ***" in lines
    assert secret not in str(told)


def test_an_investigation_of_a_healthy_session_shows_usage_and_events(site, start):
    person, name = start("bob")
    run, _writes = played(site, "investigate_session", user=person)
    text = told(run.good())
    assert text.startswith(f"{name}: Nothing is wrong with it that can be seen from here.")
    assert "files          in the pod, and lost with it" in text
    assert "SuccessfulCreate" in text


REFUSALS = {
    "quota": (
        {"kind": "ResourceQuota", "spec": {"hard": {"pods": "0"}}},
        "exceeded quota: small, requested: pods=1, used: pods=",
    ),
    "limit-range": (
        {"kind": "LimitRange", "spec": {"limits": [{"type": "Container", "max": {"memory": "300Mi"}}]}},
        "maximum memory usage per Container is 300Mi, but limit is 2400M",
    ),
}


@pytest.mark.parametrize("refuser", REFUSALS)
def test_whoever_refuses_a_pod_is_quoted(site, refuser):
    obj, words = REFUSALS[refuser]
    site.kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "metadata": {"name": "small"}, **obj})
    try:
        name = site.start_session(site.ide, f"{refuser}@x.org")["metadata"]["name"]
        eventually("it is found", lambda: site.record(name)["findings"])
        status = module("theia_status", site.options(note_use=False))
        lines = status_report(status, rows=99, command=RunContext().command)
        [number] = [number for number, line in enumerate(lines) if line.startswith(name)]
        assert words in lines[number + 1]
        run, _writes = played(site, "investigate_session", user=f"{refuser}@x.org")
        assert told(run.good()).startswith(
            f"{name}: Its pod was refused{' by a quota' * (refuser == 'quota')}: {words}"
        )
        assert "no reason to worry" not in told(run)
        for line in report(run):
            if "To fix it: kubectl " in line:
                typed(site, line[line.index("kubectl ") :])
    finally:
        site.kubectl("delete", obj["kind"], "small")


def typed(site, line):
    """Run a line for kubectl as somebody who may, in an editor in which nobody changes anything; what it printed."""
    kubectl = Path(site.lab.description["kubectl"])
    line = line.replace(str(site.installation.kubeconfig), str(site.lab.admin_kubeconfig))
    done = paste(site.duty.folder, f"export PATH={shlex.quote(str(kubectl.parent))}:$PATH KUBE_EDITOR=true; {line}")
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_line_for_kubectl_runs_as_it_is_printed(site, start):
    """All but the log of a pod, which nothing keeps on the lab. The lines are for people who may do that."""
    names = dict(zip(KUBECTL, SessionSite.each(lambda code: start(code)[1], KUBECTL), strict=True))
    scene = Scene(site)
    mistreat(scene, [names["image_pull"]], "ImagePullBackOff")
    mistreat(scene, [names["cannot_start"]])
    site.lab.api.merge(site.path(names["terminating"]), {"metadata": {"finalizers": ["lab.invalid/audit"]}})
    site.lab.api.delete(site.path(names["terminating"]))
    scene.older([names["not_reaped"]], minutes=25 * 60)
    scene.last_used([names["not_reaped"]], minutes=1)
    options = site.options(names=[*names.values()], gather=[])
    found = {each["session"]["name"]: each for each in module("theia_session_diagnosis_info", options)["diagnoses"]}
    assert {code: found[name]["code"] for code, name in names.items()} == dict(zip(KUBECTL, KUBECTL, strict=True))
    print_line = RunContext(cluster=["--kubeconfig", str(site.installation.kubeconfig)]).command
    try:
        for code, words in KUBECTL.items():
            assert words in typed(site, print_line(found[names[code]]["remedy"]))
    finally:
        site.lab.api.merge(site.path(names["terminating"]), {"metadata": {"finalizers": None}})


# What the line for each of these shows.
KUBECTL = {
    "image_pull": "Edit cancelled, no changes made.",
    "cannot_start": "CreateContainerError",
    "terminating": "- lab.invalid/audit",
    "not_reaped": "deployment.apps/operator-deployment restarted",
}


# --- unlock_user


def test_unlocking_removes_dead_sessions_and_no_live_ones(site, start):
    person, wreck = start("ada", **FAILED)
    other = site.definition(0)
    live = site.launch(person, other)
    site.with_url(live)

    # Whoever pastes an address may paste a blank with it.
    run, writes = played(site, "unlock_user", "-e", json.dumps({"user": f"{person} "}))
    assert run.good().changed == 1
    assert writes == [f"delete sessions {wreck}"]
    assert (wreck in site.names(), live in site.names()) == (False, True)
    assert f"{wreck}: It failed for good" in told(run)


def gone(site, name):
    """All that the session had was deleted, and six minutes have passed."""
    scene = Scene(site)
    scene.delete_owned([name], "deployments", "services")
    scene.older([name], minutes=6)


def interrupted(site, name):
    """The operator is restarted while it is at it, and gives it up."""
    site.installation.operator.stop()
    site.write_status(name, operatorStatus="HANDLING", url=None)
    site.installation.operator.start()
    site.reaches(name, "ERROR")


def failed_and_gone(site, name):
    site.write_status(name, operatorStatus="ERROR", operatorMessage="Out of luck")
    gone(site, name)


@pytest.mark.parametrize(
    ("happen", "words"),
    [(gone, "are gone"), (interrupted, "the operator was restarted"), (failed_and_gone, "Out of luck")],
)
def test_what_is_dead_for_another_reason_is_told_and_removed_too(site, start, happen, words):
    """The two modules of the playbook, one after the other."""
    person, name = start("ada")
    happen(site, name)
    (found,) = module("theia_session_diagnosis_info", site.options(users=[person], gather=[]))["diagnoses"]
    assert (found["dead"], words in found["sentence"]) == (True, True)
    since = site.now()
    result = site.act(records=[found["session"]], only_dead=True)
    assert outcomes(result) == {name: "stopped"}
    assert site.writes(since) == [f"delete sessions {name}"]
    assert name not in site.names()


def test_a_live_session_at_the_limit_is_told_and_stays_when_the_refused_one_goes(module_installation, tmp_path):
    site = WorkspaceSite(module_installation(app_definitions=[], sessions_per_user=1))
    name = site.open("ada@x.org", site.store("ada@x.org", site.definition(0)))
    other = site.definition(0)
    SessionSite.known(site, other)
    refused = site.create_session(other, "ada@x.org")
    site.reaches(refused, "ERROR")
    assert site.session(refused)["status"]["error"].startswith("553:")
    site.duty = Duty(tmp_path, lab=site.installation)
    run, writes = played(site, "unlock_user", user="ada@x.org")
    assert (run.good().changed, writes) == (1, [f"delete sessions {refused}"])
    assert "1 live session is as many as a user may have (1)" in told(run)
    assert site.names() == {name}
    stop_it = command(report(run)[-1])
    assert stop_it.endswith(f'stop_sessions.yml -i {site.duty.inventory} --limit lab -e \'{{"sessions": "{name}"}}\'')
    # Its files are on a volume; of one with files in its pod the run says what they are worth.
    site.duty.paste(stop_it)
    assert site.names() == set()
