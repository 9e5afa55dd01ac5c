#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_report
short_description: Print what a person should read
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Prints lines to the terminal as they are, so that a table stays a table whatever callback shows results. A line of
    more than 100 columns goes on below, further in; a command stays in one piece, to be copied.
  - Runs on the control node and touches nothing.
  - In a job of AWX the lines are also an artifact, C(theia_report), by host and title. The next steps of a workflow and
    the notifications of the job have it.
options:
  title:
    description:
      - Heading of the report, needed with O(lines) and O(template) unless it is about a O(failure). The name of the
        host stands before it, server and namespace of C(theia_connection) behind it.
    type: str
  lines:
    description: The lines to print.
    type: list
    elements: str
  template:
    description: A template whose lines are printed instead; it is found as P(ansible.builtin.template#lookup) finds it.
    type: str
  whole_play:
    description: The report is about all hosts of the play, so that its heading names none. Use it with C(run_once).
    type: bool
    default: false
  failure:
    description:
      - Fail with this sentence, without an excerpt of the playbook and without saying it twice.
      - O(lines) are printed before it. Ansible prints what fails as JSON, from which no command can be copied.
    type: str
extends_documentation_fragment:
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
"""

EXAMPLES = r"""
- name: Say how many instances are warm
  eduide.theia.theia_report:
    title: java-17-latest
    lines:
      - "{{ capacity.app_definitions[0].pool.warm }} warm instances"

- name: Print a template that is a table
  eduide.theia.theia_report:
    title: app definitions
    template: table.j2
"""

RETURN = r"""
lines:
  description: What was printed, without the heading and before lines were broken.
  returned: success
  type: list
  elements: str
  sample: [60 warm instances]
"""
