"""A service stands on the one it lists, else on the only one of that kind."""

from __future__ import annotations

import pytest

from failures import InputInvalid
from inventories.derive import derive
from inventories.uses import used, users
from tests.inventories import clouds


def test_used_with_one_of_the_kind_is_that_one() -> None:
    """Nothing has to be listed where there is no choice."""
    assert used(clouds.hosts().cloud, "citizen-db", "etcd") == "quorum"


def test_used_with_two_of_the_kind_is_refused_until_one_is_listed() -> None:
    """A choice that the topology leaves open is not made for it."""
    other = clouds.service("etcd")

    with pytest.raises(InputInvalid, match="several services of kind etcd: quorum, votes") as caught:
        derive(clouds.hosts(votes=other))
    assert caught.value.where == "services.citizen-db.uses"
    listed = clouds.hosts(votes=other, citizen_db=clouds.service("postgresql", uses=["votes"])).cloud
    assert used(listed, "citizen-db", "etcd") == "votes"


def test_used_with_none_of_the_kind_is_refused_by_name() -> None:
    """A database without a quorum cannot decide who leads."""
    with pytest.raises(InputInvalid, match="needs a service of kind etcd") as caught:
        derive(clouds.hosts(quorum=None))
    assert caught.value.where == "services.citizen-db"


def test_users_of_a_database_are_the_applications_that_chose_it() -> None:
    """An application that lists another database does not get one here."""
    register = clouds.hosts(
        other_db=clouds.service("postgresql"),
        permits=clouds.service("app", uses=["other-db"]),
        taxes=clouds.service("app", uses=["citizen-db"]),
    )

    assert users(register.cloud, "citizen-db", "app") == ("taxes",)
    assert users(register.cloud, "other-db", "app") == ("permits",)
