"""Secrets are made once, and renewed only where they must be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from inventories.authority import HOST_DAYS, days_left, is_below, names_in, new_authority
from inventories.credentials import Credentials, extra_variables, renewed, secret_texts
from tests.inventories import clouds

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS = clouds.hosts()


def fresh() -> Credentials:
    return renewed(HOSTS, None, NOW)


def test_renewed_when_nothing_changed_is_the_same() -> None:
    """A second run makes no new secret."""
    first = fresh()

    assert renewed(HOSTS, first, NOW + timedelta(days=30)) == first


def test_certificate_of_a_host_is_for_its_names_and_below_the_authority() -> None:
    """Name, address, loopback; an application also answers by the name users know."""
    made = fresh()

    host = HOSTS.by_name["quorum-east-1"]
    assert set(names_in(made.hosts[host.name].certificate)) == {host.name, "localhost", host.address, "127.0.0.1"}
    assert "permits.smallcity.internal" in names_in(made.hosts["permits-far-1"].certificate)
    assert all(is_below(pair.certificate, made.authority.certificate) for pair in made.hosts.values())
    assert not is_below(made.hosts[host.name].certificate, new_authority("smallcity", NOW).certificate)


def test_certificate_of_a_host_is_for_servers_and_clients() -> None:
    """825 days, both uses, no authority of its own."""
    found = x509.load_pem_x509_certificate(fresh().hosts["quorum-east-1"].certificate.encode())

    uses = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {use.dotted_string for use in uses} == {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"}
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert found.not_valid_after_utc - NOW == timedelta(days=HOST_DAYS)


def test_renewed_near_the_end_makes_that_certificate_anew() -> None:
    """Ninety days before its end a certificate is replaced, passwords are not."""
    first = fresh()
    later = renewed(HOSTS, first, NOW + timedelta(days=HOST_DAYS - 89))

    assert later.passwords == first.passwords
    assert later.authority == first.authority
    assert all(later.hosts[name] != first.hosts[name] for name in first.hosts)
    assert days_left(later.hosts["quorum-east-1"].certificate, NOW) > HOST_DAYS


def test_renewed_for_a_host_that_moved_makes_only_its_certificate_anew() -> None:
    """Another address is another name."""
    first = fresh()
    moved = replace(HOSTS.hosts[0], address="10.64.99.99")
    later = renewed(replace(HOSTS, hosts=(moved, *HOSTS.hosts[1:])), first, NOW)

    assert [name for name in first.hosts if later.hosts[name] != first.hosts[name]] == [moved.name]


def test_renewed_authority_near_its_end_replaces_every_certificate() -> None:
    """What an expired authority signed is worth nothing."""
    later = renewed(HOSTS, fresh(), NOW + timedelta(days=3600))

    assert all(is_below(pair.certificate, later.authority.certificate) for pair in later.hosts.values())


def test_renewed_for_a_new_application_adds_its_password_alone() -> None:
    """The others' passwords stay."""
    first = fresh()
    later = renewed(clouds.hosts(taxes=clouds.service("app")), first, NOW)

    assert set(later.passwords) - set(first.passwords) == {"taxes"}
    assert {name: later.passwords[name] for name in first.passwords} == dict(first.passwords)


def test_extra_variables_carry_every_secret_and_nothing_of_the_authority() -> None:
    """Hosts never see the key that signs."""
    made = fresh()
    told = str(extra_variables(HOSTS, made))

    assert all(password in told for password in made.passwords.values())
    assert made.authority.key.splitlines()[1] not in told


def test_secret_texts_are_in_no_certificate() -> None:
    """What is looked for as a secret is not public anyway."""
    made = fresh()
    public = "".join(pair.certificate for pair in (made.authority, *made.hosts.values()))

    assert len(secret_texts(made)) == len(made.passwords) + 2 * (1 + len(made.hosts))
    assert not [text for text in secret_texts(made) if text in public]


def test_credentials_when_printed_show_no_secret() -> None:
    """A traceback or a log of the object tells nothing."""
    made = fresh()

    assert not [text for text in secret_texts(made) if text in repr(made)]


def test_key_of_a_host_belongs_to_its_certificate() -> None:
    """The pair fits."""
    pair = fresh().hosts["files-west-1"]
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    certificate = x509.load_pem_x509_certificate(pair.certificate.encode())

    assert key.public_key() == certificate.public_key()
