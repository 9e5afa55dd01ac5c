# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the card of readiness reads."""

from __future__ import annotations

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext
from ansible_collections.eduide.theia.plugins.module_utils._status.readiness.report import readiness_report


def check(result, code, evidence, remedy=None, run=None):
    return {"result": result, "code": code, "evidence": evidence, "remedy": remedy, "run": run}


def card(*checks, ready, only=()):
    return readiness_report({"ready": ready, "checks": checks}, command=RunContext().command, only=only)


def test_the_verdict_comes_first_and_then_evidence_and_remedy():
    after = {"playbook": "post_exam", "variables": {"exam": "pgdp"}}
    assert card(
        check("no_go", "pools", "java: instance 2 has no Deployment", "mend it"),
        check("warning", "ledger", "java is raised", None, after),
        check("go", "clocks", "0 s apart"),
        ready=False,
    ) == [
        "NO-GO: 1 no-go, 1 with a warning, 1 go",
        "NO-GO    pools       java: instance 2 has no Deployment",
        "                     -> mend it",
        "warning  ledger      java is raised",
        """                     -> ansible-playbook eduide.theia.post_exam -e '{"exam": "pgdp"}'""",
        "go       clocks      0 s apart",
    ]


def test_long_lines_are_broken_at_words_and_commands_never():
    words = "word " * 60
    lines = card(check("go", "kinds", words.strip()), ready=True)
    assert lines[0] == "GO: 1 check"
    assert max(map(len, lines)) <= 98
    assert " ".join(line[21:] for line in lines[1:]) == words.strip()
    command = {"playbook": "post_exam", "variables": {"exam": "a" * 120}}
    assert len(card(check("warning", "ledger", "raised", None, command), ready=True)) == 3


def test_some_of_the_checks_are_shown_and_all_are_counted():
    checks = check("no_go", "pools", "half"), check("warning", "ledger", "raised"), check("go", "clocks", "0 s apart")
    assert card(*checks, ready=False, only=["no_go"]) == [
        "NO-GO: 1 no-go, 1 with a warning, 1 go",
        "NO-GO    pools       half",
    ]
