"""Create, read, update, delete and find against a local server: calls made, and what happens when one of them fails."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from stacks.engine.openstack import resource
from stacks.engine.openstack.provider import OpenStackProvider
from stacks.engine.provider import BROKEN, AnswerLost, RefusedByApi, Window
from tests.stacks.engine.openstack.fake_site import PROJECT, FakeSite, Handler, answer, reset, slow

NETWORK = "openstack:networking/network:Network"
INSTANCE = "openstack:compute/instance:Instance"
PROJECT_TYPE = "openstack:identity/project:Project"
KEYPAIR = "openstack:compute/keypair:Keypair"
NETS, SERVERS = "/network/v2.0/networks", "/compute/servers"
ASKED = {"name": "n", "tags": ["a"], "mtu": 1400, "valueSpecs": {"vendor": "x"}}
QUOTA, QUOTAS = "openstack:compute/quotaSetV2:QuotaSetV2", "/compute/os-quota-sets"
METHODS = {"read": "GET", "delete": "DELETE"}
SERVER = {"name": "s", "flavorId": "f", "imageId": "i", "networks": [{"uuid": "n1"}]}


def network(id_: str = "n1", **changes: Any) -> dict[str, Any]:
    return {"id": id_, "name": "n", "tenant_id": PROJECT, "admin_state_up": True, "mtu": 1400, "tags": [], **changes}


def server(status: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": "s1",
        "name": "s",
        "status": status,
        "tenant_id": PROJECT,
        "flavor": {"id": "f"},
        "image": {"id": "i"},
        "metadata": {},
        "created": "",
        "updated": "",
        "addresses": {},
        **changes,
    }


def ask_of_quota(provider: OpenStackProvider, call: str) -> object:
    inputs = {"projectId": "p1", "cores": 1}
    if call == "read":
        return provider.read(QUOTA, "p1/east", inputs, 10)
    provider.delete(QUOTA, "p1/east", inputs, {}, 10)
    return None


def shown(status: str, **changes: Any) -> Any:
    return answer(200, {"server": server(status, **changes)})


def test_create_sends_given_inputs_once_and_returns_outputs(site: FakeSite, provider: OpenStackProvider) -> None:
    """One POST, one PUT for the tags, no GET: the answers are the outputs."""
    site.on("POST", NETS, answer(201, {"network": network()}))
    site.on("PUT", f"{NETS}/n1/tags", answer(200, {"tags": ["a"]}))
    found = provider.create(NETWORK, ASKED, 10)
    assert site.requests() == [f"POST {NETS}", f"PUT {NETS}/n1/tags"]
    assert site.seen[0].body == {"network": {"name": "n", "mtu": 1400, "vendor": "x"}}
    assert found.id == found.outputs["id"] == "n1"
    assert (found.outputs["allTags"], found.outputs["tags"], found.outputs["region"]) == (["a"], ["a"], "east")
    assert found.outputs["__meta"].startswith('{"e2bfb730')


def test_create_refused_later_removes_what_was_made(site: FakeSite, provider: OpenStackProvider) -> None:
    """Refused means that nothing is left."""
    site.on("POST", NETS, answer(201, {"network": network()}))
    site.on("PUT", f"{NETS}/n1/tags", answer(400, {"NeutronError": {"message": "tag too long"}}))
    site.on("DELETE", f"{NETS}/n1", answer(204))
    with pytest.raises(RefusedByApi, match=r"tag too long.*has been removed"):
        provider.create(NETWORK, ASKED, 10)
    assert site.requests()[-1] == f"DELETE {NETS}/n1"


def test_create_refused_later_and_not_removable_is_lost(site: FakeSite, provider: OpenStackProvider) -> None:
    """Then the journal must keep the intent."""
    site.on("POST", NETS, answer(201, {"network": network()}))
    site.on("PUT", f"{NETS}/n1/tags", answer(400, {"message": "tag too long"}))
    site.on("DELETE", f"{NETS}/n1", answer(403, {"message": "not yours"}))
    with pytest.raises(AnswerLost, match="n1 was made and could not be removed"):
        provider.create(NETWORK, ASKED, 10)


def test_create_interrupted_later_is_lost_and_not_removed(site: FakeSite, provider: OpenStackProvider) -> None:
    """Recovery will find it."""
    site.on("POST", NETS, answer(201, {"network": network()}))
    site.on("PUT", f"{NETS}/n1/tags", reset)
    with pytest.raises(AnswerLost):
        provider.create(NETWORK, ASKED, 10)
    assert not any(request.startswith("DELETE") for request in site.requests())


def test_read_of_a_gone_object_is_none(site: FakeSite, provider: OpenStackProvider) -> None:
    """And only 404 says gone."""
    site.on("GET", f"{NETS}/n2", answer(403, {"message": "no"}))
    assert provider.read(NETWORK, "n1", ASKED, 10) is None
    with pytest.raises(RefusedByApi):
        provider.read(NETWORK, "n2", ASKED, 10)


def test_update_sends_only_what_changed(site: FakeSite, provider: OpenStackProvider) -> None:
    """An input that is no longer given is set to its empty value."""
    site.on("PUT", f"{NETS}/n1", answer(200, {"network": network(mtu=1300, description="")}))
    old = {"name": "n", "mtu": 1400, "description": "d"}
    outputs = provider.update(NETWORK, "n1", old, {"name": "n", "mtu": 1300}, ["mtu", "description"], 10)
    assert site.seen[0].body == {"network": {"mtu": 1300, "description": ""}}
    assert outputs["mtu"] == 1300


def test_delete_of_a_gone_object_succeeds(site: FakeSite, provider: OpenStackProvider) -> None:
    """The wish is fulfilled."""
    provider.delete(NETWORK, "n1", ASKED, {}, 10)
    assert site.requests() == [f"DELETE {NETS}/n1"]


@pytest.mark.slow
def test_delete_is_repeated_while_something_uses_it(site: FakeSite, provider: OpenStackProvider) -> None:
    """Ports of a server go away a little later."""
    site.on("DELETE", f"{NETS}/n1", answer(409, {}), answer(409, {}), answer(204))
    provider.delete(NETWORK, "n1", ASKED, {}, 10)
    assert len(site.seen) == 3


@pytest.mark.slow
def test_delete_in_use_for_ever_is_refused(
    site: FakeSite, provider: OpenStackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the API's own reason, after a bounded time."""
    monkeypatch.setattr(resource, "CONFLICT_SECONDS", 1.0)
    site.on("DELETE", f"{NETS}/n1", answer(409, {"NeutronError": {"message": "one or more ports in use"}}))
    with pytest.raises(RefusedByApi, match="ports in use") as caught:
        provider.delete(NETWORK, "n1", ASKED, {}, 30)
    assert caught.value.status == 409
    assert len(site.seen) >= 2


def test_find_wants_the_whole_natural_key_and_skips_known_ids(site: FakeSite, provider: OpenStackProvider) -> None:
    """A server that ignores a filter must not make us adopt another's object."""
    listed = [network("n1"), network("n2"), network("n3", tenant_id="other"), network("n4", name="nn")]
    site.on("GET", NETS, answer(200, {"networks": listed}))
    found = provider.find(NETWORK, {"name": "n"}, frozenset({"n1"}), 10)
    assert [item.id for item in found] == ["n2"]
    assert site.requests() == [f"GET {NETS}?name=n&tenant_id={PROJECT}"]


@pytest.mark.parametrize("clock_ahead", [0, 7200, -7200])
@pytest.mark.parametrize(("seconds", "stranger"), [(-600, True), (-30, False), (2, False), (30, False), (600, True)])
def test_find_in_a_window_marks_what_was_made_at_another_time(
    site: FakeSite, provider: OpenStackProvider, seconds: int, *, stranger: bool, clock_ahead: int
) -> None:
    """By the clock of the API, whatever ours says, give or take a minute."""
    site.clock_ahead = clock_ahead
    made = datetime.fromtimestamp(time.time() + seconds + clock_ahead, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    site.on("GET", NETS, answer(200, {"networks": [network("n1", created_at=made)]}))
    window = Window(time.time(), time.time() + 5)
    (found,) = provider.find(NETWORK, {"name": "n"}, frozenset(), 10, window)
    assert (found.id, found.stranger) == ("n1", made if stranger else "")


def test_find_in_a_window_does_not_wait_for_a_strangers_server(site: FakeSite, provider: OpenStackProvider) -> None:
    """What becomes of it is no concern of ours."""
    listed = [server("BUILD", created="2001-01-01T00:00:00Z")]
    site.on("GET", f"{SERVERS}/detail", answer(200, {"servers": listed}))
    (found,) = provider.find(INSTANCE, SERVER, frozenset(), 10, Window(time.time(), time.time()))
    assert found.stranger == "2001-01-01T00:00:00Z"
    assert len(site.seen) == 1


def test_project_delete_removes_neutrons_default_group(site: FakeSite, provider: OpenStackProvider) -> None:
    """Also when the project itself was deleted before an interruption."""
    groups = "/network/v2.0/security-groups"
    site.on("GET", groups, answer(200, {"security_groups": [{"id": "g1"}]}))
    site.on("DELETE", f"{groups}/g1", answer(204))
    provider.delete(PROJECT_TYPE, "p1", {"name": "p"}, {}, 10)
    assert site.requests() == [
        "DELETE /identity/v3/projects/p1",
        f"GET {groups}?tenant_id=p1&name=default&fields=id",
        f"DELETE {groups}/g1",
    ]


@pytest.mark.slow
def test_server_in_error_fails_with_its_fault_and_is_removed(site: FakeSite, provider: OpenStackProvider) -> None:
    """The user must learn Nova's reason."""
    site.on("POST", SERVERS, answer(202, {"server": {"id": "s1"}}))
    failed = shown("ERROR", fault={"message": "No valid host was found."})
    site.on("GET", f"{SERVERS}/s1", shown("BUILD"), failed, answer(404))
    site.on("DELETE", f"{SERVERS}/s1", answer(204))
    with pytest.raises(RefusedByApi, match="went to ERROR: No valid host was found"):
        provider.create(INSTANCE, SERVER, 20)
    assert f"DELETE {SERVERS}/s1" in site.requests()


@pytest.mark.slow
def test_server_that_is_built_too_long_is_lost(site: FakeSite, provider: OpenStackProvider) -> None:
    """It may become active yet: it is not removed."""
    site.on("POST", SERVERS, answer(202, {"server": {"id": "s1"}}))
    site.on("GET", f"{SERVERS}/s1", shown("BUILD"))
    with pytest.raises(AnswerLost, match="did not end in time"):
        provider.create(INSTANCE, SERVER, 1.5)
    assert not any(request.startswith("DELETE") for request in site.requests())


@pytest.mark.slow
def test_server_polling_is_polite(site: FakeSite, provider: OpenStackProvider) -> None:
    """The pauses grow: a slow server costs few requests."""
    site.on("POST", SERVERS, answer(202, {"server": {"id": "s1"}}))
    site.on("GET", f"{SERVERS}/s1", shown("BUILD"))
    with pytest.raises(AnswerLost):
        provider.create(INSTANCE, SERVER, 3)
    assert len([request for request in site.requests() if request.startswith("GET")]) <= 5


def test_find_counts_a_server_in_error_and_marks_it(site: FakeSite, provider: OpenStackProvider) -> None:
    """So that recovery takes it in and the next difference replaces it."""
    site.on(
        "GET", f"{SERVERS}/detail", answer(200, {"servers": [server("ERROR"), server("ACTIVE", name="ss", id="s2")]})
    )
    site.on("GET", f"{SERVERS}/s1", shown("ERROR", fault={"message": "No valid host"}))
    (found,) = provider.find(INSTANCE, SERVER, frozenset(), 10)
    assert (found.id, found.outputs[BROKEN]) == ("s1", "No valid host")


@pytest.mark.slow
def test_find_waits_for_a_server_that_is_being_built(site: FakeSite, provider: OpenStackProvider) -> None:
    """What hangs on it must not come too early."""
    site.on("GET", f"{SERVERS}/detail", answer(200, {"servers": [server("BUILD")]}))
    site.on("GET", f"{SERVERS}/s1", shown("BUILD"), shown("ACTIVE"))
    (found,) = provider.find(INSTANCE, SERVER, frozenset(), 10)
    assert found.outputs["powerState"] == "active"
    assert BROKEN not in found.outputs


def test_private_key_is_told_at_creation_only(site: FakeSite, provider: OpenStackProvider) -> None:
    """A read leaves the output out; a key found after an interruption has lost it."""
    pair = {"name": "k", "public_key": "ssh-ed25519 A", "fingerprint": "aa", "user_id": "u"}
    site.on("POST", "/compute/os-keypairs", answer(200, {"keypair": {**pair, "private_key": "PEM"}}))
    site.on("GET", "/compute/os-keypairs/k", answer(200, {"keypair": pair}))
    assert provider.create(KEYPAIR, {"name": "k"}, 10).outputs["privateKey"] == "PEM"
    read = provider.read(KEYPAIR, "k", {"name": "k"}, 10)
    assert read is not None
    assert "privateKey" not in read
    assert "private key" in provider.find(KEYPAIR, {"name": "k"}, frozenset(), 10)[0].outputs[BROKEN]
    given = {"name": "k", "publicKey": "ssh-ed25519 A"}
    assert BROKEN not in provider.find(KEYPAIR, given, frozenset(), 10)[0].outputs


@pytest.mark.slow
def test_routes_of_one_router_are_changed_one_at_a_time(site: FakeSite, provider: OpenStackProvider) -> None:
    """The API takes only the whole list: two at once would lose one."""
    path = "/network/v2.0/routers/r1"
    routes: list[Any] = []

    def read(handler: Handler) -> None:
        slow(0.05, answer(200, {"router": {"routes": list(routes)}}))(handler)

    def write(handler: Handler) -> None:
        routes[:] = site.seen[-1].body["router"]["routes"]
        answer(200, {"router": {}})(handler)

    site.on("GET", path, read)
    site.on("PUT", path, write)

    def add(number: int) -> None:
        inputs = {"routerId": "r1", "destinationCidr": f"10.{number}.0.0/16", "nextHop": "10.0.0.9"}
        provider.create("openstack:networking/routerRoute:RouterRoute", inputs, 20)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))
    assert len(routes) == 6


@pytest.mark.parametrize("call", ["read", "delete"])
def test_quota_of_a_project_that_is_gone_is_gone(site: FakeSite, provider: OpenStackProvider, call: str) -> None:
    """Nova says 400 of a project that Keystone does not know, where others say 404."""
    site.on(METHODS[call], f"{QUOTAS}/p1", answer(400, {"badRequest": {"message": "not a valid project"}}))
    assert not ask_of_quota(provider, call)
    assert site.requests()[-1] == "GET /identity/v3/projects/p1"


@pytest.mark.parametrize("call", ["read", "delete"])
def test_quota_that_is_refused_for_another_reason_is_no_loss(
    site: FakeSite, provider: OpenStackProvider, call: str
) -> None:
    """The project is there, so the refusal stands."""
    site.on(METHODS[call], f"{QUOTAS}/p1", answer(400, {"badRequest": {"message": "something else"}}))
    site.on("GET", "/identity/v3/projects/p1", answer(200, {"project": {"id": "p1"}}))
    with pytest.raises(RefusedByApi, match="something else"):
        ask_of_quota(provider, call)
