"""Functions that look one object up."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from stacks.engine.openstack.functions import FUNCTIONS
from stacks.engine.openstack.provider import OpenStackProvider
from stacks.engine.openstack.rows import snake
from stacks.engine.provider import RefusedByApi, Unsupported
from tests.stacks.engine.openstack.fake_site import FakeSite, answer

GET_FLAVOR = "openstack:compute/getFlavor:getFlavor"
GET_IMAGE = "openstack:images/getImage:getImage"


def flavor(name: str, ram: int) -> dict[str, Any]:
    return {
        "id": f"id-{name}",
        "name": name,
        "ram": ram,
        "vcpus": 1,
        "disk": 3,
        "swap": "",
        "rxtx_factor": 1.0,
        "extra_specs": {},
    }


def image(name: str, created: str, **properties: str) -> dict[str, Any]:
    return {"id": f"id-{created}", "name": name, "created_at": created, "status": "active", "tags": ["x"], **properties}


@pytest.mark.parametrize("token", FUNCTIONS)
def test_results_are_those_of_the_sdk_class(token: str) -> None:
    """The SDK makes its result object of exactly these keys."""
    module, name = token.split(":")[1].split("/")
    result = getattr(importlib.import_module(f"pulumi_openstack.{module}.{snake(name)}"), f"G{name[1:]}Result")
    wanted = set(result.__init__.__code__.co_varnames[1 : result.__init__.__code__.co_argcount])
    assert {snake(key) for key in ("id", "region", *FUNCTIONS[token].results)} == wanted


def test_one_match_is_returned(site: FakeSite, provider: OpenStackProvider) -> None:
    """Nova can't filter by name: it is done here."""
    site.on("GET", "/compute/flavors/detail", answer(200, {"flavors": [flavor("s", 1024), flavor("m", 2048)]}))
    found = provider.invoke(GET_FLAVOR, {"name": "m"}, 10)
    assert (found["id"], found["flavorId"], found["ram"], found["swap"], found["region"]) == (
        "id-m",
        "id-m",
        2048,
        0,
        "east",
    )


@pytest.mark.parametrize(("args", "count"), [({"name": "nope"}, 0), ({"vcpus": 1}, 2)])
def test_none_or_several_matches_are_refused(
    site: FakeSite, provider: OpenStackProvider, args: dict[str, Any], count: int
) -> None:
    """The message says how many, and what was asked for."""
    site.on("GET", "/compute/flavors/detail", answer(200, {"flavors": [flavor("s", 1024), flavor("m", 2048)]}))
    with pytest.raises(RefusedByApi, match=f"found {count} objects for {next(iter(args))}=") as caught:
        provider.invoke(GET_FLAVOR, args, 10)
    assert caught.value.status == 404


def test_newest_of_several_images_is_chosen_on_demand(site: FakeSite, provider: OpenStackProvider) -> None:
    """And only on demand."""
    listed = [image("deb", "2026-02", arch="x"), image("deb", "2026-03", arch="arm"), image("deb", "2026-01", arch="x")]
    site.on("GET", "/image/v2/images", answer(200, {"images": listed}))
    assert provider.invoke(GET_IMAGE, {"name": "deb", "mostRecent": True}, 10)["id"] == "id-2026-03"
    wanted = {"nameRegex": "^de", "properties": {"arch": "x"}, "mostRecent": True}
    assert provider.invoke(GET_IMAGE, wanted, 10)["id"] == "id-2026-02"
    with pytest.raises(RefusedByApi, match="found 3"):
        provider.invoke(GET_IMAGE, {"name": "deb"}, 10)


def test_unknown_function_or_argument_is_unsupported_before_any_request(
    site: FakeSite, provider: OpenStackProvider
) -> None:
    """The message names it."""
    with pytest.raises(Unsupported, match="getZone"):
        provider.invoke("openstack:dns/getZone:getZone", {}, 5)
    with pytest.raises(Unsupported, match="getFlavor: argument colour"):
        provider.invoke(GET_FLAVOR, {"colour": "red"}, 5)
    assert site.logins == []
