# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach the cluster."""

    DOCUMENTATION = r"""
options:
  namespace:
    description:
      - Namespace that Theia Cloud runs in; it is the installation that the task is about.
      - Required for everything that reads or changes the cluster.
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig, several paths joined by colons, or the content of one as a dictionary.
      - Without it, E(K8S_AUTH_KUBECONFIG) is used, then the service account of the pod that the task runs in,
        then E(KUBECONFIG), then C(~/.kube/config).
      - In a pod that has a service account, such as an execution environment of AWX or a CronJob, E(KUBECONFIG) is
        therefore ignored. To use another account there, set this option or E(K8S_AUTH_KUBECONFIG).
      - A helper program (C(exec)) is run without a terminal and ends within O(timeout_seconds). Once its token
        has expired or is refused, it is run again.
      - Users with an C(auth-provider) need the Python package C(kubernetes) and cost more time per task.
    type: raw
  context:
    description:
      - Name of the context to take from the kubeconfig. Without it, E(K8S_AUTH_CONTEXT) is used,
        then the current context of the kubeconfig.
    type: str
  host:
    description:
      - Address of the Kubernetes API, beginning with C(https://) or C(http://).
      - Together with O(api_key), with O(client_cert) and O(client_key), or with O(username) and O(password) no
        kubeconfig is read. E(K8S_AUTH_HOST) is used if this is not set.
      - Credentials of a pod, of a kubeconfig or of variables that belong to another address are not sent to this one.
    type: str
  api_key:
    description:
      - Bearer token for the Kubernetes API. E(K8S_AUTH_API_KEY) is used if this is not set.
    type: str
  username:
    description:
      - Name for HTTP basic authentication, which only a proxy in front of the Kubernetes API may still accept.
        E(K8S_AUTH_USERNAME) is used if this is not set.
    type: str
  password:
    description:
      - Password that goes with O(username). E(K8S_AUTH_PASSWORD) is used if this is not set.
    type: str
  client_cert:
    description:
      - Path of a client certificate. E(K8S_AUTH_CLIENT_CERT) and E(K8S_AUTH_CERT_FILE) are used if this is not set.
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - Path of the key of O(client_cert). E(K8S_AUTH_CLIENT_KEY) and E(K8S_AUTH_KEY_FILE) are used if this is not set.
    type: path
    aliases: [key_file]
  ca_cert:
    description:
      - Path of the certificates of the authority that signed the certificate of the Kubernetes API.
        E(K8S_AUTH_CA_CERT) and E(K8S_AUTH_SSL_CA_CERT) are used if this is not set.
    type: path
    aliases: [ssl_ca_cert]
  validate_certs:
    description:
      - Whether certificates are checked, that of the Kubernetes API and, where a module uses it, that of the
        REST service.
      - For the Kubernetes API, E(K8S_AUTH_VALIDATE_CERTS) and E(K8S_AUTH_VERIFY_SSL) are used if this is not set,
        then what the kubeconfig says. For the REST service they are checked if this is not set.
    type: bool
    aliases: [verify_ssl]
  proxy:
    description:
      - Address of a proxy on the way to the Kubernetes API. E(K8S_AUTH_PROXY) is used if this is not set,
        then the C(proxy-url) of the kubeconfig, then the usual variables of the environment.
    type: str
  no_proxy:
    description:
      - Hosts, domains and networks, joined by commas, that are reached without the proxy.
        E(K8S_AUTH_NO_PROXY) is used if this is not set, then the usual variable of the environment.
    type: str
  proxy_headers:
    description:
      - Headers for the proxy.
    type: dict
    suboptions:
      proxy_basic_auth:
        description:
          - Name and password for the proxy, joined by a colon.
            E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH) is used if this is not set.
        type: str
      basic_auth:
        description:
          - Name and password for HTTP basic authentication, joined by a colon.
            E(K8S_AUTH_PROXY_HEADERS_BASIC_AUTH) is used if this is not set.
        type: str
      user_agent:
        description:
          - How to introduce ourselves to the proxy. E(K8S_AUTH_PROXY_HEADERS_USER_AGENT) is used if this is not set.
        type: str
  persist_config:
    description:
      - Whether a token that the C(auth-provider) of the kubeconfig refreshed is written back to the kubeconfig.
        E(K8S_AUTH_PERSIST_CONFIG) is used if this is not set.
    type: bool
  impersonate_user:
    description:
      - User to act as. The own account needs the right to impersonate.
        E(K8S_AUTH_IMPERSONATE_USER) is used if this is not set, then C(as) of the user in the kubeconfig.
    type: str
  impersonate_groups:
    description:
      - Groups to act as. E(K8S_AUTH_IMPERSONATE_GROUPS), names joined by commas, is used if this is not set.
    type: list
    elements: str
  timeout_seconds:
    description:
      - How long one request may take, tries again after a passing failure included.
      - Waiting for something to happen has options of its own.
    type: int
    default: 30
requirements:
  - urllib3; PyYAML, which comes with Ansible
  - kubernetes >= 35.0.0 for kubeconfig users with C(auth-provider)
notes:
  - The options that reach the Kubernetes API are those of the kubernetes.core collection and read the same
    C(K8S_AUTH_*) variables.
  - While a module runs, ansible-core keeps a file with its options, tokens included, unless pipelining is on.
    The playbooks of this collection turn it on (C(ansible_pipelining=true)), and plays of your own should do so too.
"""
