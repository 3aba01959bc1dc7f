"""What hosts prove themselves with: certificates and passwords of a cloud, renewed only where they must be."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventories.ansible import unsafe
from inventories.authority import RENEW_DAYS, Pair, days_left, is_below, names_in, new_authority, new_certificate
from inventories.hosts import Host, Register
from inventories.settings.dns import domain
from inventories.settings.patroni import sql

ACCOUNTS = ("superuser", "replication", "rewind", "restapi")
"""Accounts of every database cluster; the owners of databases come on top."""
PASSWORD_BYTES = 24


@dataclass(frozen=True)
class Credentials:
    """`hosts` are certificates by host, `passwords` by account."""

    authority: Pair
    hosts: Mapping[str, Pair] = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)


def renewed(register: Register, before: Credentials | None, now: datetime) -> Credentials:
    """Return the credentials that hosts need now: the old ones, except where missing, near their end or outdated."""
    authority = before.authority if before else new_authority(register.cloud.name, now)
    if days_left(authority.certificate, now) < RENEW_DAYS:
        authority = new_authority(register.cloud.name, now)
    old = before.hosts if before else {}
    hosts = {
        host.name: _kept(old.get(host.name), authority, names_of(register, host), now)
        or new_certificate(authority, host.name, names_of(register, host), now)
        for host in register.hosts
    }
    known = before.passwords if before else {}
    return Credentials(authority, hosts, _passwords(accounts(register), known))


def names_of(register: Register, host: Host) -> tuple[str, ...]:
    """Return what a host's certificate is for: itself, and the service's name where users come by that name."""
    entrance = (f"{host.service}.{domain(register.cloud)}",) if register.service(host).kind == "app" else ()
    return (host.name, "localhost", host.address, "127.0.0.1", *entrance)


def accounts(register: Register) -> tuple[str, ...]:
    """Return the accounts that need a password."""
    owners = (sql(name) for name, service in register.cloud.services.items() if service.kind == "app")
    return (*ACCOUNTS, *owners)


def extra_variables(register: Register, credentials: Credentials) -> dict[str, Any]:
    """Return the variables that carry secrets, every string marked so that Ansible evaluates none."""
    owners = [account for account in accounts(register) if account not in ACCOUNTS]
    first = {"app_database_password": credentials.passwords[owners[0]]} if len(owners) == 1 else {}
    found: dict[str, Any] = unsafe(
        {
            "base_ca": credentials.authority.certificate,
            "base_tls": {
                name: {"certificate": pair.certificate, "key": pair.key} for name, pair in credentials.hosts.items()
            },
            "patroni_passwords": dict(credentials.passwords),
            **first,
        }
    )
    return found


def secret_texts(credentials: Credentials) -> tuple[str, ...]:
    """Return every text that must appear nowhere: passwords, and the body of each private key."""
    pairs = (credentials.authority, *credentials.hosts.values())
    return (*credentials.passwords.values(), *(line for pair in pairs for line in key_body(pair.key)))


def key_body(key: str) -> Iterable[str]:
    """Return the lines of a PEM key that hold what is private in it; the third is the public half."""
    return [line for line in key.splitlines() if line and not line.startswith("-----")][:2]


def _kept(pair: Pair | None, authority: Pair, names: tuple[str, ...], now: datetime) -> Pair | None:
    """Return a certificate that still serves, None for one that does not."""
    if pair is None or set(names_in(pair.certificate)) != set(names):
        return None
    if days_left(pair.certificate, now) < RENEW_DAYS or not is_below(pair.certificate, authority.certificate):
        return None
    return pair


def _passwords(wanted: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return a password for each account; one that is no longer wanted is kept, it may be wanted again."""
    return {**known, **{name: known.get(name) or secrets.token_urlsafe(PASSWORD_BYTES) for name in wanted}}
