# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in of AWX refuses what AWX refuses: otherwise a green run of `setup_awx` would mean nothing."""

from __future__ import annotations

import base64

import pytest

from awx.fields import FIELDS, Refused
from awx.server import PASSWORD, USER, Awx

REPOSITORY = "https://git.example.org/exams.git"
PLAYBOOK = "playbooks/status.yml"
SURVEY = {
    "name": "",
    "description": "",
    "spec": [
        {"variable": "user", "type": "text", "question_name": "Who", "required": True, "min": 1, "max": 8},
        {
            "variable": "warm",
            "type": "integer",
            "question_name": "How many",
            "required": False,
            "default": "",
            "max": 9,
        },
        {"variable": "note", "type": "text", "question_name": "Why", "required": False, "default": ""},
        {
            "variable": "drift",
            "type": "multiplechoice",
            "question_name": "What about others",
            "required": False,
            "choices": "refuse\n\nadopt",
            "default": "refuse",
        },
        {
            "variable": "who",
            "type": "multiselect",
            "question_name": "Which",
            "required": False,
            "choices": ["a", "b"],
        },
    ],
}


class Client:
    """Asks the stand-in without a network, with a token."""

    def __init__(self):
        self.awx = Awx({REPOSITORY: [PLAYBOOK]})
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        _status, self.login = self.awx.answer("POST", "/api/v2/tokens/", [], {}, f"Basic {basic}")

    def ask(self, method, path, body=None, query=()):
        return self.awx.answer(
            method, f"/api/v2/{path}", list(query), body or {}, authorization=f"Bearer {self.login['token']}"
        )

    def made(self, endpoint, **body):
        status, answer = self.ask("POST", f"{endpoint}/", body)
        assert status == 201
        return answer["id"]


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def world(client):
    """An organization with all that a job template needs."""
    ids = {"organization": client.made("organizations", name="Chair")}
    ids["inventory"] = client.made("inventories", name="all", organization=ids["organization"])
    ids["project"] = client.made(
        "projects", name="exams", organization=ids["organization"], scm_type="git", scm_url=REPOSITORY
    )
    return client, ids


def synced(world):
    client, ids = world
    _status, project = client.ask("GET", f"projects/{ids['project']}/")
    client.ask("GET", f"project_updates/{project['summary_fields']['current_update']['id']}/")
    return client, ids


@pytest.fixture
def template(world):
    client, ids = synced(world)
    ids["template"] = client.made(
        "job_templates",
        name="status",
        project=ids["project"],
        inventory=ids["inventory"],
        playbook=PLAYBOOK,
        survey_enabled=True,
        ask_limit_on_launch=True,
    )
    assert client.ask("POST", f"job_templates/{ids['template']}/survey_spec/", SURVEY) == (200, None)
    return client, ids


def refused(client, method, path, body=None, query=()):
    with pytest.raises(Refused) as caught:
        client.ask(method, path, body, query)
    return caught.value.status, caught.value.body


ORG = {"name": "x", "organization": 2}
JOB = {"name": "x", "project": 4, "inventory": 3, "playbook": PLAYBOOK}
HOOK = {"url": "https://example.org", "headers": {}}


@pytest.mark.parametrize(
    ("endpoint", "body", "key"),
    [
        ("organizations", {}, "name"),
        ("organizations", {"name": ""}, "name"),
        ("organizations", {"name": None}, "name"),
        ("organizations", {"name": "x" * 513}, "name"),
        ("organizations", {"name": "x", "max_hosts": -1}, "max_hosts"),
        ("organizations", {"name": "x", "max_hosts": "many"}, "max_hosts"),
        ("organizations", {"name": "x", "max_hosts": None}, "max_hosts"),
        ("organizations", {"name": "x", "default_environment": 99}, "default_environment"),
        ("organizations", {"name": "x", "default_environment": "ee"}, "default_environment"),
        ("organizations", {"name": "Chair"}, "__all__"),
        ("inventories", {"name": "x"}, "organization"),
        ("inventories", {**ORG, "organization": None}, "organization"),
        ("inventories", {**ORG, "kind": "large"}, "kind"),
        ("inventories", {**ORG, "variables": "- a list"}, "variables"),
        ("inventories", {**ORG, "variables": {"a": 1}}, "variables"),
        ("inventories", {**ORG, "name": "all"}, "__all__"),
        ("execution_environments", {"name": "x"}, "image"),
        ("execution_environments", {"name": "x", "image": "i", "pull": "sometimes"}, "pull"),
        ("credential_types", {"name": "x"}, "kind"),
        ("credential_types", {"name": "x", "kind": "ssh"}, "kind"),
        ("credentials", {"name": "x", "credential_type": 1}, "detail"),
        ("credentials", {**ORG, "credential_type": 1, "user": 1}, "user"),
        ("credentials", {**ORG, "credential_type": 1, "inputs": {"colour": "red"}}, "inputs"),
        ("credentials", {**ORG, "credential_type": 1, "inputs": {"bearer_token": "$encrypted$"}}, "inputs"),
        ("job_templates", {**JOB, "project": None}, "project"),
        ("job_templates", {**JOB, "inventory": None}, "inventory"),
        ("job_templates", {**JOB, "playbook": ""}, "playbook"),
        ("job_templates", {**JOB, "playbook": "playbooks/other.yml"}, "playbook"),
        ("job_templates", {**JOB, "scm_branch": "main"}, "scm_branch"),
        ("job_templates", {**JOB, "verbosity": 6}, "verbosity"),
        ("job_templates", {**JOB, "job_type": "scan"}, "job_type"),
        ("job_templates", {**JOB, "become_enabled": "perhaps"}, "become_enabled"),
        ("job_templates", {**JOB, "extra_vars": "- 1"}, "extra_vars"),
        ("notification_templates", {**ORG, "notification_type": "pigeon"}, "notification_type"),
    ],
)
def test_a_body_is_refused_under_the_name_of_what_is_wrong(world, endpoint, body, key):
    client, _ids = synced(world)
    before = client.awx.store.changes
    status, answer = refused(client, "POST", f"{endpoint}/", body)
    assert (status, list(answer)) == (400, [key])
    assert client.awx.store.changes == before


def test_what_options_say_is_what_is_checked(client):
    for endpoint, fields in FIELDS.items():
        if endpoint == "workflow_approval_templates":
            continue
        _status, told = client.ask("OPTIONS", f"{endpoint}/")
        assert set(told["actions"]["POST"]) == set(fields)
        required = {name for name, field in told["actions"]["POST"].items() if field["required"]}
        status, answer = refused(client, "POST", f"{endpoint}/", {})
        assert (status, set(answer)) == (400, required)


def test_fields_that_do_not_exist_are_dropped(client):
    _status, made = client.ask("POST", "organizations/", {"name": "x", "colour": "red", "id": 99})
    assert "colour" not in made
    assert made["id"] != 99


@pytest.mark.parametrize(
    "inputs",
    [
        {"colour": []},
        {"fields": [{"id": "a"}]},
        {"fields": [{"id": "a", "label": "A", "ask_at_runtime": True}]},
        {"fields": [{"id": "a", "label": "A", "size": 3}]},
        {"fields": [{"id": "a b", "label": "A"}]},
        {"fields": [{"id": "tower", "label": "A"}]},
        {"fields": [{"id": "a", "label": "A", "type": "number"}]},
        {"fields": [{"id": "a", "label": "A", "type": "boolean", "secret": True}]},
        {"fields": [{"id": "a", "label": "A", "format": "colour"}]},
        {"fields": [{"id": "a", "label": "A"}, {"id": "a", "label": "B"}]},
        {"fields": [{"id": "a", "label": "A"}], "required": ["b"]},
    ],
)
def test_inputs_of_a_credential_type(client, inputs):
    body = {"name": "x", "kind": "cloud", "inputs": inputs}
    assert list(refused(client, "POST", "credential_types/", body)[1]) == ["inputs"]


@pytest.mark.parametrize(
    "injectors",
    [
        {"registry": {}},
        {"env": {"ANSIBLE_CONFIG": "x"}},
        {"env": {"PATH": "x"}},
        {"env": {"COLOUR": "grün"}},
        {"env": {"COLOUR": "{{ unknown }}"}},
        {"env": {"COLOUR": "{{ a "}},
        {"env": {"COLOUR": "{{ tower.filename }}"}},
        {"file": {"template": "x", "template.a": "y"}},
        {"file": {"content": "x"}},
        {"file": {"template.a": "x"}, "env": {"COLOUR": "{{ tower.filename.b }}"}},
    ],
)
def test_injectors_of_a_credential_type(client, injectors):
    inputs = {"fields": [{"id": "a", "label": "A"}]}
    body = {"name": "x", "kind": "cloud", "inputs": inputs, "injectors": injectors}
    assert list(refused(client, "POST", "credential_types/", body)[1]) == ["injectors"]


def test_a_credential_type_gets_the_type_that_a_field_lacks(client):
    number = client.made("credential_types", name="x", kind="cloud", inputs={"fields": [{"id": "a", "label": "A"}]})
    _status, shown = client.ask("GET", f"credential_types/{number}/")
    assert shown["inputs"]["fields"] == [{"id": "a", "label": "A", "type": "string"}]


def test_a_credential_type_that_is_managed_or_in_use_stays(world):
    client, ids = world
    assert refused(client, "PATCH", "credential_types/1/", {"name": "x"})[0] == 403
    used = client.made("credential_types", name="x", kind="cloud", inputs={"fields": [{"id": "a", "label": "A"}]})
    client.made("credentials", name="c", organization=ids["organization"], credential_type=used, inputs={"a": "1"})
    assert client.ask("PATCH", f"credential_types/{used}/", {"description": "same inputs"})[0] == 200
    assert refused(client, "PATCH", f"credential_types/{used}/", {"inputs": {}})[0] == 403


def test_a_secret_is_never_shown_and_stays_if_it_is_sent_back_hidden(world):
    client, ids = world
    inputs = {"host": "https://example.org", "bearer_token": "a-secret"}
    number = client.made("credentials", name="c", organization=ids["organization"], credential_type=1, inputs=inputs)
    _status, shown = client.ask("GET", f"credentials/{number}/")
    assert shown["inputs"] == {**inputs, "bearer_token": "$encrypted$"}
    client.ask("PATCH", f"credentials/{number}/", {"inputs": shown["inputs"]})
    assert client.awx.store.objects["credentials"][number]["inputs"] == inputs


def test_a_job_template_needs_a_project_that_was_read(world):
    client, ids = world
    body = {"name": "status", "project": ids["project"], "inventory": ids["inventory"], "playbook": PLAYBOOK}
    assert list(refused(client, "POST", "job_templates/", body)[1]) == ["playbook"]
    synced(world)
    assert client.ask("POST", "job_templates/", body)[0] == 201


def test_a_project_whose_repository_cannot_be_read_launches_nothing(template):
    client, ids = template
    client.ask("PATCH", f"projects/{ids['project']}/", {"scm_url": "https://git.example.org/other.git"})
    synced((client, ids))
    assert list(refused(client, "POST", f"job_templates/{ids['template']}/launch/", answers(user="ada"))[1]) == [
        "playbook"
    ]


def question(**changes):
    return {"variable": "a", "type": "text", "question_name": "A", "required": False, **changes}


@pytest.mark.parametrize(
    "survey",
    [
        {},
        {"name": "", "description": ""},
        {"name": "", "description": "", "spec": []},
        {"name": None, "description": "", "spec": [question()]},
        *(
            {"name": "", "description": "", "spec": questions}
            for questions in (
                ["text"],
                [{"variable": "a", "type": "text", "question_name": "A"}],
                [question(required="no")],
                [question(type="colour")],
                [question(variable=7)],
                [question(), question()],
                [question(min="1")],
                [question(default=7)],
                [question(default="$encrypted$")],
                [question(type="integer", default="7")],
                [question(type="float", default="1.5")],
                [question(type="multiplechoice")],
                [question(type="multiplechoice", choices=["x"], default="y")],
                [question(type="multiselect", choices=["x", "y"], default="x\nz")],
            )
        ),
    ],
)
def test_surveys(template, survey):
    client, ids = template
    status, answer = refused(client, "POST", f"job_templates/{ids['template']}/survey_spec/", survey)
    assert (status, list(answer)) == (400, ["error"])


def answers(**variables):
    return {"extra_vars": variables}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"user": ""},
        {"user": "much too long"},
        {"user": None},
        {"user": 7},
        {"user": "ada", "warm": "60"},
        {"user": "ada", "warm": True},
        {"user": "ada", "warm": 10},
        {"user": "ada", "drift": ""},
        {"user": "ada", "drift": "other"},
        {"user": "ada", "who": "a"},
        {"user": "ada", "who": ["a", "c"]},
    ],
)
def test_answers_that_no_launch_takes(template, given):
    client, ids = template
    status, answer = refused(client, "POST", f"job_templates/{ids['template']}/launch/", answers(**given))
    assert (status, list(answer)) == (400, ["variables_needed_to_start"])


def test_a_launch_has_defaults_and_drops_what_is_not_asked(template):
    client, ids = template
    body = {**answers(user="ada", colour="red"), "limit": "production", "job_type": "check"}
    status, job = client.ask("POST", f"job_templates/{ids['template']}/launch/", body)
    assert status == 201
    assert job["ignored_fields"] == {"job_type": "check", "extra_vars": {"colour": "red"}}
    assert (job["limit"], job["job_type"]) == ("production", "run")
    assert job["extra_vars"] == '{"note": "", "drift": "refuse", "user": "ada"}'


START = "DTSTART;TZID=Europe/Berlin:20270211T080000"


@pytest.mark.parametrize(
    "rrule",
    [
        "",
        START,
        "RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20270211T080000 RRULE:FREQ=DAILY;INTERVAL=1",
        f"{START} {START} RRULE:FREQ=DAILY;INTERVAL=1",
        f"{START} RRULE:FREQ=DAILY",
        f"{START} RRULE:FREQ=SECONDLY;INTERVAL=1",
        f"{START} RRULE:FREQ=OFTEN;INTERVAL=1",
        f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2;UNTIL=20280101T000000Z",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20270212T080000Z",
        f"{START} RRULE:FREQ=DAILY;INTERVAL=1 RDATE:20270212T080000Z",
    ],
)
def test_rules_of_schedules(template, rrule):
    client, ids = template
    body = {"name": "x", "unified_job_template": ids["template"], "rrule": rrule}
    assert list(refused(client, "POST", "schedules/", body)[1]) == ["rrule"]


@pytest.mark.parametrize(
    ("prompts", "key"),
    [
        ({"job_type": "check"}, "job_type"),
        ({"extra_data": {"colour": "red"}}, "extra_data"),
        ({"extra_data": {"warm": "60"}}, "extra_data"),
        ({"extra_data": ["warm"]}, "extra_data"),
        ({"limit": 7.5, "forks": -1}, "forks"),
    ],
)
def test_a_schedule_and_a_step_say_only_what_is_asked(template, prompts, key):
    client, ids = template
    rrule = f"{START} RRULE:FREQ=DAILY;INTERVAL=1"
    schedule = {"name": "x", "unified_job_template": ids["template"], "rrule": rrule}
    workflow = client.made("workflow_job_templates", name="day", organization=ids["organization"])
    step = {"workflow_job_template": workflow, "identifier": "plan", "unified_job_template": ids["template"]}
    assert list(refused(client, "POST", "schedules/", {**schedule, **prompts})[1]) == [key]
    assert list(refused(client, "POST", "workflow_job_template_nodes/", {**step, **prompts})[1]) == [key]
    assert client.ask("POST", "schedules/", {**schedule, "limit": "production"})[0] == 201
    assert client.ask("POST", "workflow_job_template_nodes/", {**step, "limit": "production"})[0] == 201


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"notification_configuration": {}}, list),
        ({"notification_configuration": {**HOOK, "headers": "none"}}, list),
        ({"notification_configuration": {**HOOK, "http_method": "GET"}}, list),
        ({"messages": {"success": {"message": "two\nlines"}}}, dict),
        ({"messages": {"success": {"body": "{{ unknown }}"}}}, dict),
        ({"messages": {"success": {"text": "x"}}}, dict),
        ({"messages": {"soon": {"message": "x"}}}, dict),
        ({"messages": {"workflow_approval": {"asked": {"message": "x"}}}}, dict),
    ],
)
def test_notification_templates(world, changes, refusal):
    client, ids = world
    body = {
        "name": "x",
        "organization": ids["organization"],
        "notification_type": "webhook",
        "notification_configuration": HOOK,
    }
    status, answer = refused(client, "POST", "notification_templates/", {**body, **changes})
    assert (status, type(answer)) == (400, refusal)
    _status, made = client.ask("POST", "notification_templates/", body)
    assert made["notification_configuration"]["http_method"] == "POST"


def test_an_approval_is_given_once(template):
    client, ids = template
    workflow = client.made("workflow_job_templates", name="day", organization=ids["organization"])
    step = client.made("workflow_job_template_nodes", workflow_job_template=workflow, identifier="approve", limit="x")
    assert client.awx.store.objects["workflow_job_template_nodes"][step]["limit"] is None
    client.ask("POST", f"workflow_job_template_nodes/{step}/create_approval_template/", {"name": "Go on"})
    client.ask("POST", f"workflow_job_templates/{workflow}/launch/")
    [approval] = client.awx.store.objects["workflow_approvals"]
    assert client.ask("POST", f"workflow_approvals/{approval}/approve/") == (204, None)
    assert refused(client, "POST", f"workflow_approvals/{approval}/approve/")[0] == 400
    assert refused(client, "POST", f"workflow_approvals/{approval}/deny/")[0] == 400


@pytest.mark.parametrize(
    ("path", "authorization", "status"),
    [
        ("/api/v2/organizations", "token", 404),
        ("/api/v2/colours/", "token", 404),
        ("/api/v2/organizations/99/", "token", 404),
        ("/api/v2/organizations/", None, 401),
        ("/api/v2/organizations/", "Bearer other", 401),
        ("/api/v2/tokens/", "Basic other", 401),
    ],
)
def test_requests_that_get_no_answer(client, path, authorization, status):
    told = f"Bearer {client.login['token']}" if authorization == "token" else authorization
    with pytest.raises(Refused) as caught:
        client.awx.answer("GET", path, [], {}, told)
    assert caught.value.status == status


def test_a_token_is_worth_nothing_after_it_was_released(client):
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    client.awx.answer("DELETE", f"/api/v2/tokens/{client.login['id']}/", [], {}, f"Basic {basic}")
    assert refused(client, "GET", "organizations/")[0] == 401


def test_lists_come_in_pages_and_know_their_filters(client):
    for number in range(30):
        client.made("organizations", name=f"o{number:02}")
    _status, first = client.ask("GET", "organizations/")
    assert (first["count"], len(first["results"]), first["previous"]) == (30, 25, None)
    _status, second = client.ask("GET", "organizations/", query=[("page", "2")])
    assert (len(second["results"]), second["next"]) == (5, None)
    _status, found = client.ask("GET", "organizations/", query=[("or__id", "x"), ("or__name", "o07")])
    assert [each["name"] for each in found["results"]] == ["o07"]
    assert refused(client, "GET", "organizations/", query=[("colour", "red")])[0] == 400


def test_associations_need_an_id_that_exists(template):
    client, ids = template
    for wrong in ("1", None, 99):
        assert refused(client, "POST", f"job_templates/{ids['template']}/credentials/", {"id": wrong})[0] == 400
    number = client.made("credentials", name="c", organization=ids["organization"], credential_type=1, inputs={})
    path = f"job_templates/{ids['template']}/credentials/"
    for body, count in (({"id": number}, 1), ({"id": number}, 1), ({"id": number, "disassociate": True}, 0)):
        assert client.ask("POST", path, body) == (204, None)
        assert client.ask("GET", path)[1]["count"] == count
