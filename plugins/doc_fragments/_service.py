# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach the REST service."""

    DOCUMENTATION = r"""
options:
  api:
    description:
      - Which way is taken for the write, or, in an info module, for the listing.
      - V(kubernetes) goes straight to the cluster.
      - V(service) goes through the REST service of Theia Cloud. What it cannot say is still read from the cluster.
    type: str
    choices: [kubernetes, service]
    default: kubernetes
  service_url:
    description:
      - Address of the REST service, with or without C(/service) at its end. Required for O(api=service).
    type: str
  app_id:
    description:
      - Application id that the REST service expects. It is no secret, for every browser gets it.
    type: str
  admin_token:
    description:
      - Token for the scaling of app definitions through the REST service (its C(ADMIN_API_TOKEN)).
    type: str
  user_token:
    description:
      - Bearer token of the user in whose name the REST service is asked. It never serves for other users.
    type: str
  service_ca_cert:
    description:
      - Path of the certificates of the authority that signed the certificate of the REST service,
        where the system does not know it.
    type: path
"""
