#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_check
short_description: Check what a run was asked for, before it begins
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Every playbook of the collection begins with it. It fails with one sentence, and without an excerpt of the playbook,
    for tags that leave nothing to do; for words of C(-e) that reach no variable, because Ansible ends a value at a
    blank; for fields of an exam that are stated as variables of a playbook that reads calendars; for variables of the
    play that P(eduide.theia.typed#filter) cannot read, all of them at once; for a channel of C(theia_notices) that
    cannot be meant; for a C(theia_connection) without a namespace; and for two hosts of the play that lead to the same
    installation, where they would work against each other.
  - An extra variable whose name is nearly one that the play reads is a warning.
  - Two connections lead to the same installation if they name the same namespace of the same Kubernetes API, however
    they name it, with different kubeconfigs or contexts for example.
  - Runs on the control node, and asks no server. Give the task the tag C(always), or it does not see tags.
options:
  installation:
    description: Whether the hosts of the play are installations, each with a C(theia_connection).
    type: bool
    default: true
extends_documentation_fragment:
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
"""

EXAMPLES = r"""
- name: Check what was asked for
  eduide.theia.theia_check:
  tags: [always]

- name: Check it in a play that is about no installation
  eduide.theia.theia_check:
    installation: false
  tags: [always]
"""

RETURN = r""" # """
