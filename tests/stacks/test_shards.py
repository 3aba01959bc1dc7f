"""Tests of the shard plan: what each shard holds, and whose digest a change may touch."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failures import InputInvalid
from stacks.shards import Shard
from tests.stacks import small
from topology.addresses import plan
from topology.slots import Ledger

new_names = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True).filter(lambda n: n not in {"data", "roads", "empty"})
new_departments = st.fixed_dictionaries(
    {"vcpus": st.integers(1, 99), "count": st.integers(0, 3), "template": st.sampled_from(["web", "office"])}
)


def shards_of(data: dict[str, Any] | None = None, ledger: Ledger | None = None) -> dict[str, Shard]:
    return {shard.stack: shard for shard in small.shards(data, ledger)}


def digests(data: dict[str, Any], ledger: Ledger | None = None) -> dict[str, str]:
    return {stack: shard.digest for stack, shard in shards_of(data, ledger).items()}


def grown(name: str, drawn: dict[str, Any]) -> dict[str, Any]:
    """Return the small topology with one more department."""
    data = small.topology()
    application = {"template": drawn["template"], "tier": "critical", "count": drawn["count"]}
    data["departments"][name] = small.department(applications={"app": application})
    data["departments"][name]["quota"]["vcpus"] = drawn["vcpus"]
    return data


def test_plan_shards_small_cloud_names_every_stack() -> None:
    """One foundation per site, one shard per department and site it lives in, foundation first."""
    shards = small.shards()

    assert [shard.stack for shard in shards] == [
        "smallcity.east.foundation",
        "smallcity.east.data",
        "smallcity.east.empty",
        "smallcity.east.roads",
        "smallcity.west.foundation",
        "smallcity.west.data",
        "smallcity.west.roads",
        "smallcity.far.foundation",
        "smallcity.far.data",
        "smallcity.far.roads",
    ]


def test_plan_shards_department_needs_the_foundation_of_its_site() -> None:
    """A department waits for its own site and for nothing else."""
    shards = shards_of()

    assert shards["smallcity.west.data"].needs == ("smallcity.west.foundation",)
    assert shards["smallcity.west.foundation"].needs == ()


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(name=new_names, drawn=new_departments)
def test_digests_department_added_touch_only_its_shards(name: str, drawn: dict[str, Any]) -> None:
    """Whatever the new department is, all other shards keep their digests."""
    ledger = small.planned()[1].ledger
    before = digests(small.topology(), ledger)
    after = digests(grown(name, drawn), ledger)

    assert set(after) - set(before) == {f"smallcity.{site}.{name}" for site in ("east", "west", "far")}
    assert {stack: after[stack] for stack in before} == before


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(name=new_names, drawn=new_departments)
def test_digests_department_removed_touch_no_other_shard(name: str, drawn: dict[str, Any]) -> None:
    """A department that goes leaves every other shard as it was."""
    crowded = grown(name, drawn)
    ledger = plan(small.cloud(crowded)).ledger
    before = digests(crowded, ledger)
    after = digests(small.topology(), ledger)

    assert after == {stack: digest for stack, digest in before.items() if not stack.endswith(f".{name}")}


def test_digests_quota_changed_touch_that_department_everywhere() -> None:
    """The counterpart of the properties above: a change that matters does change digests."""
    data = small.topology()
    data["departments"]["roads"]["quota"]["vcpus"] = 17
    before, after = digests(small.topology()), digests(data)

    changed = {stack for stack in before if before[stack] != after[stack]}
    assert changed == {"smallcity.east.roads", "smallcity.west.roads", "smallcity.far.roads"}


def test_digests_template_image_changed_touch_its_users_only() -> None:
    """A template matters to the departments that use it."""
    data = small.topology()
    data["images"]["debian-13"] = {"file": "images/debian-13.raw"}
    new_image = digests(data)
    data["templates"]["office"]["image"] = "debian-13"
    after = digests(data)

    assert {stack.rsplit(".", 1)[1] for stack in after if new_image[stack] != after[stack]} == {"roads"}


def test_digests_titles_changed_touch_nothing() -> None:
    """Titles are for people: they never reach a site."""
    data = small.topology()
    data["title"] = {"en": "another"}
    data["departments"]["data"]["title"] = {"en": "another"}

    assert digests(data) == digests(small.topology())


def test_digests_service_appended_moves_no_other_service() -> None:
    """Services keep their addresses when one is appended to the file."""
    data = small.topology()
    for number in range(5):
        data["services"][f"extra-{number}"] = copy.deepcopy(data["services"]["citizen-db"])
    before = shards_of()["smallcity.east.data"].inputs["sets"]
    after = shards_of(data)["smallcity.east.data"].inputs["sets"]

    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    assert all(row in after for row in before)


def test_inputs_canonical_json_holds_no_title() -> None:
    """The free text of the topology is nowhere in what a program reads."""
    texts = [json.dumps(shard.inputs, ensure_ascii=False) for shard in small.shards()]

    assert [text for text in texts if "市" in text or "Bureau" in text] == []


def test_plan_shards_too_many_servers_refused_by_name() -> None:
    """A shard over the limit is an error that names the stack and its size."""
    data = small.topology()
    data["departments"]["roads"]["applications"]["permits"]["count"] = 600

    with pytest.raises(InputInvalid, match=r"smallcity\.east\.roads would hold 12\d\d resources"):
        small.shards(data)


def test_plan_shards_servers_of_one_name_refused() -> None:
    """An application and a service may not give two servers the same name."""
    data = small.topology()
    data["services"]["data-portal"] = {"kind": "app", "department": "data", "placement": {"east": 1}}
    data["departments"]["data"]["applications"]["portal-east"] = {"template": "office", "tier": "critical"}

    with pytest.raises(InputInvalid, match="two servers would be named data-portal-east-1"):
        small.shards(data)


def test_plan_shards_more_services_than_kept_addresses_refused() -> None:
    """A subnet that keeps eight addresses cannot hold nine service servers."""
    data = small.topology()
    data["services"]["citizen-db"]["placement"] = {"east": 9}

    with pytest.raises(InputInvalid, match=r"9 service servers, but .* keeps 8 addresses"):
        small.shards(data)


def test_plan_shards_floating_without_an_edge_refused() -> None:
    """An address that nobody can give is an error before anything is built."""
    data = small.topology()
    del data["zones"]["edge"]

    with pytest.raises(InputInvalid, match="data-portal wants floating addresses"):
        small.shards(data)
