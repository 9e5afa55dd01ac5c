#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_page
short_description: Leave a page about a run, for people who were not there
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Looks at the installation with M(eduide.theia.theia_status), unless O(look) has a look, and writes C(report.html),
    C(report.md) and C(report.json) into C(HOST/PLAYBOOK/) below O(folder). Files have the mode 0600, and the next run
    of the same playbook replaces them.
  - The page is one file that needs no script and nothing from elsewhere. It says whether the promise of an exam is
    kept, what was seen over time, and what is not known.
  - What is drawn over time was seen by runs with the same O(folder). They keep it in C(HOST/observations.json), in
    which nobody is named.
  - Charts need the Python package C(pygal) where Ansible runs. Without it a warning says so, and the page has tables.
  - Pages are written in check mode, too, and say that they only predict.
options:
  folder:
    description: Folder of the control node. It is made if it is not there.
    type: path
    required: true
  playbook:
    description: Name of the playbook that leaves the page.
    type: str
    required: true
  exam:
    description: Name of the exam that the page is about; if not stated, the one that is under way, if there is one.
    type: str
  look:
    description: Result of M(eduide.theia.theia_status) with C(course=true), if there is one already.
    type: dict
  result:
    description: Result of the module that did the work of the run, such as M(eduide.theia.theia_capacity).
    type: dict
    default: {}
  lines:
    description: What the run printed.
    type: list
    elements: str
    default: []
  pseudonym_key:
    description:
      - Replaces users and names of sessions by pseudonyms that are the same every time under one key, as in
        M(eduide.theia.theia_session_info). O(lines), messages and reasons are left out then, because they may name
        people.
    type: str
  time_zone:
    description: Name of the time zone of all times on the page, such as Europe/Berlin. UTC if not stated.
    type: str
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_status
  - module: eduide.theia.theia_report
"""

EXAMPLES = r"""
- name: Leave a page about how an installation is now
  eduide.theia.theia_page:
    namespace: theia-prod
    folder: reports
    playbook: status
    time_zone: Europe/Berlin

- name: Leave one that names nobody, about the end of an exam
  eduide.theia.theia_page:
    namespace: theia-prod
    folder: reports
    playbook: post_exam
    exam: pgdp-final
    result: "{{ lowered }}"
    pseudonym_key: "{{ vault_pseudonym_key }}"
"""

RETURN = r"""
page:
  description: Path of the page; null if the run had failed and no page could be written.
  returned: success
  type: str
  sample: /srv/reports/production/status/report.html
"""
