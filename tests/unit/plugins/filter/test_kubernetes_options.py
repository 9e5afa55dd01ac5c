# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.eduide.theia.plugins.filter.kubernetes_options import kubernetes_options


def test_what_is_not_about_the_cluster_is_dropped():
    connection = {
        "kubeconfig": "~/.kube/config",
        "context": "staging",
        "verify_ssl": False,
        "namespace": "theia-prod",
        "service_url": "https://service.example.org",
        "admin_token": "secret",
        "timeout_seconds": 30,
    }
    assert kubernetes_options(connection) == {"kubeconfig": "~/.kube/config", "context": "staging", "verify_ssl": False}
