"""Asks a server of the entrance for a name, as a citizen's resolver would."""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from dr_drills.probes.budget import NoAnswer
from failures import Text

PORT = 53
TRIES = 2
"""A datagram may be lost without anything being wrong."""


@dataclass(frozen=True)
class EntranceReading:
    """The addresses one server answers with, sorted; `ttl` in seconds, None without an answer."""

    addresses: tuple[str, ...]
    ttl: int | None


def resolve(server: str, name: str, seconds: float) -> EntranceReading:
    """Return what the server at an address answers for a name. Raises NoAnswer."""
    question = dns.message.make_query(name, dns.rdatatype.A)
    answer = _ask(question, server, seconds)
    if answer.rcode() != dns.rcode.NOERROR:
        code = dns.rcode.to_text(answer.rcode())
        raise NoAnswer(Text(f"{name} is refused: {code}", f"{name} 被拒绝：{code}"))
    sets: list[dns.rrset.RRset] = [rows for rows in answer.answer if rows.rdtype == dns.rdatatype.A]
    addresses = sorted(row.to_text() for rows in sets for row in rows)
    return EntranceReading(tuple(addresses), min((rows.ttl for rows in sets), default=None))


def _ask(question: dns.message.Message, server: str, seconds: float) -> dns.message.Message:
    for _ in range(TRIES):
        try:
            return dns.query.udp(question, server, timeout=seconds / TRIES, port=PORT)
        except dns.exception.Timeout:
            continue
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer(Text(f"no answer: {error}", f"没有应答：{error}")) from error
    raise NoAnswer(Text(f"no answer within {seconds:g} s", f"{seconds:g} 秒内没有应答"))
