"""Tests of stacks.engine.urns."""

from __future__ import annotations

from stacks.engine.urns import Alias, Named, former, make, name_of, provider_urn, type_of

_STACK = "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"
_PARENT = "urn:pulumi:s::p::gov:Tenant::a"


def test_make_child_of_a_component_carries_its_type() -> None:
    """The types of the parents are part of a URN; the stack's is not."""
    assert make("s", "p", _STACK, "t", "n") == "urn:pulumi:s::p::t::n"
    assert make("s", "p", _PARENT, "t", "n") == "urn:pulumi:s::p::gov:Tenant$t::n"


def test_parts_of_a_urn_are_found_again() -> None:
    """Type and name come out of a URN, a name with colons included."""
    urn = make("s", "p", _PARENT, "a:b/c:D", "x::y")

    assert (type_of(urn), name_of(urn)) == ("a:b/c:D", "x::y")
    assert provider_urn(f"{urn}::id-1") == urn


def test_former_own_alias_changes_only_what_it_says() -> None:
    """An alias by name keeps type and parent."""
    named = Named("s", "p", _PARENT, "t", "new")

    assert former(named, [Alias(name="old")], ()) == ("urn:pulumi:s::p::gov:Tenant$t::old",)


def test_former_alias_without_parent_drops_the_chain() -> None:
    """A resource that had no parent had no parent's type in its URN."""
    named = Named("s", "p", _PARENT, "t", "n")

    assert former(named, [Alias(no_parent=True)], ()) == ("urn:pulumi:s::p::t::n",)


def test_former_renamed_parent_renames_children_named_after_it() -> None:
    """A child called after its parent had the parent's former name; others kept theirs."""
    old = "urn:pulumi:s::p::gov:Old::b"

    assert former(Named("s", "p", _PARENT, "t", "a-net"), (), [old]) == ("urn:pulumi:s::p::gov:Old$t::b-net",)
    assert former(Named("s", "p", _PARENT, "t", "net"), (), [old]) == ("urn:pulumi:s::p::gov:Old$t::net",)
