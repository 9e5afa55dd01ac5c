# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx makes pages of what antsibull-docs writes about the collection; see tests/tools/build_docsite.py."""

from __future__ import annotations

import typing as t

from docutils import nodes

project = "eduide.theia"
project_copyright = "2026, The EduIDE Cloud collection contributors"
html_title = "eduide.theia"
html_theme = "alabaster"
html_show_sphinx = False
html_use_index = False
html_copy_source = False
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True

# What antsibull-docs says about ansible-core refers to the documentation of ansible-core. Its index cannot be read
# where the pages are built, without a network, so the places are named here; any other unknown reference is an error.
CORE = "https://docs.ansible.com/ansible/latest/"
PLACES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
BUILTIN = "ansible_collections.ansible.builtin."


def _refer_to_core(_app: t.Any, _env: t.Any, node: t.Any, content: nodes.Node) -> nodes.reference | None:
    target = node["reftarget"]
    place = PLACES.get(target)
    if target.startswith(BUILTIN):
        place = f"collections/ansible/builtin/{target.removeprefix(BUILTIN)}.html"
    if node["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        place = f"reference_appendices/config.html#envvar-{target}"
    return nodes.reference("", "", content, refuri=CORE + place) if place else None


def setup(app: t.Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("missing-reference", _refer_to_core)
    return {"parallel_read_safe": True}
