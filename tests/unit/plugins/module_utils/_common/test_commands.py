# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that people paste, as a shell and as Ansible itself read them."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext
from ansible_collections.eduide.theia.plugins.plugin_utils._reading import Misread, read_value
from unit.nasty_names import NASTY_NAMES

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 every text may be a template

    def trust_as_template(value):
        return value


def extra_vars_of(line):
    """The words after each -e, as a shell hands them over."""
    words = shlex.split(line)
    return [words[index + 1] for index, word in enumerate(words) if word == "-e"]


def as_a_playbook_sees_it(line, variable="user"):
    """Variables from the command line, evaluated as a task evaluates what it uses."""
    before, context.CLIARGS = context.CLIARGS, ImmutableDict(extra_vars=tuple(extra_vars_of(line)))
    vars(load_extra_vars).pop("extra_vars", None)
    try:
        loader = DataLoader()
        variables = load_extra_vars(loader)
        templar = Templar(loader=loader, variables=variables)
        # In a list: before ansible-core 2.19 a text that looks like a list became one.
        return templar.template({"x": [trust_as_template(f"{{{{ [{variable}] }}}}")]})["x"][0][0]
    finally:
        context.CLIARGS = before
        vars(load_extra_vars).pop("extra_vars", None)


def reaches(line, text, variable="user"):
    """Exactly this text: as it is, or as the only item of a list, which playbooks take as it is."""
    seen = as_a_playbook_sees_it(line, variable)
    return seen == (text if as_it_is_read(text) == [text] else [text])


def as_it_is_read(text):
    try:
        return read_value({"type": "list"}, text, "user")
    except Misread:
        return None


@given(st.text(min_size=1) | st.text("{}%#'\"\\!$ \n\u0308u", min_size=1) | st.sampled_from(NASTY_NAMES))
def test_any_name_reaches_the_playbook_as_it_is(text):
    line = RunContext().command({"playbook": "unlock_user", "variables": {"user": text}})
    assert reaches(line, text), line


@pytest.mark.parametrize("text", NASTY_NAMES, ids=ascii)
def test_nasty_names_reach_the_playbook_as_they_are(text):
    line = RunContext().command({"playbook": "stop_sessions", "variables": {"user": text, "discard_data": ["named"]}})
    assert reaches(line, text), line
    assert as_a_playbook_sees_it(line, "discard_data") == ["named"]
    assert line.isprintable()


def test_a_real_shell_hands_over_what_was_printed(tmp_path):
    """All names in one shell; nothing of them is carried out."""
    lines = [RunContext().command({"playbook": "x", "variables": {"user": text}}) for text in NASTY_NAMES]
    script = "\n".join(f"show {line}" for line in lines)
    shell = f"show() {{ printf '%s\\0' \"$4\"; }}\n{script}\n"
    done = subprocess.run(["bash", "-e"], input=shell.encode(), cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == [extra_vars_of(line)[0] for line in lines]
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_has_to_escape_is_easy_to_read():
    run = RunContext(arguments=["-i", "/etc/theia/hosts.yml"], limit="production")
    assert run.command({"playbook": "unlock_user", "variables": {"user": "Jörg Müller"}}) == (
        "ansible-playbook eduide.theia.unlock_user -i /etc/theia/hosts.yml --limit production "
        '-e \'{"user": "Jörg Müller"}\''
    )
    assert run.command({"playbook": "status"}) == (
        "ansible-playbook eduide.theia.status -i /etc/theia/hosts.yml --limit production"
    )


def test_paths_and_hosts_are_quoted_for_the_shell():
    run = RunContext(playbooks="/a folder/{}.yml", arguments=["-i", "/an inventory"], limit="a;b")
    words = shlex.split(run.command({"playbook": "status"}))
    assert words == ["ansible-playbook", "/a folder/status.yml", "-i", "/an inventory", "--limit", "a;b"]


def test_a_job_of_awx_names_the_job_template_and_what_to_hand_over():
    run = RunContext(arguments=["-i", "/runner/inventory/hosts"], limit="production", job='"Theia {}"')
    assert run.command({"playbook": "unlock_user", "variables": {"user": "{{ x }}"}}) == (
        'launch the job template "Theia unlock_user" with the answers {"user": "{{ x }}"} and the limit production'
    )
    assert RunContext(job="of {}").command({"playbook": "status"}) == "launch the job template of status"


def test_kubectl_goes_to_the_same_cluster():
    run = RunContext(cluster=["--kubeconfig", "/home/a b/config", "--context", "x"], job="of {}")
    line = run.command({"kubectl": ["-n", "theia-prod", "get", "pods"]})
    assert line == "kubectl --kubeconfig '/home/a b/config' --context x -n theia-prod get pods"


def test_a_script_runs_in_a_shell_of_its_own_and_reaches_the_same_cluster(tmp_path):
    (tmp_path / "kubectl").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "kubectl").chmod(0o700)
    for cluster, reached in (((), ""), (("--context", "a b"), "--context\na b\n")):
        lines = RunContext(cluster=cluster).command({"script": ["seen=1 &&", "kubectl get pods"]})
        script = f'{lines}\nkubectl "after ${{seen-nothing}}"'
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        done = subprocess.run(["sh", "-c", script], env=env, stdout=subprocess.PIPE, text=True, check=True)
        assert done.stdout == f"{reached}get\npods\nafter nothing\n"
