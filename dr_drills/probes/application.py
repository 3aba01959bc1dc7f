"""Uses the certificate service as a citizen does: health, an application, a receipt looked up."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Page, Patience, Web
from failures import Text

HEALTH_PORT = 8080
MAYBE = "indeterminate"
"""What the service says when it does not know whether an application was received."""


class NotReceived(NoAnswer):
    """The application was not received: the service said so."""


@dataclass(frozen=True)
class HealthReading:
    """`state` is ready, standby, unavailable or draining; `primary` is the address of the database it writes to."""

    state: str
    site: str
    primary: str


@dataclass(frozen=True)
class ReceiptReading:
    """`site` received the application, `answered_by` is the site that said so."""

    number: str
    site: str
    answered_by: str


def read_health(web: Web, address: str, port: int = HEALTH_PORT) -> HealthReading:
    """Return how the copy at an address says it is. Raises NoAnswer."""
    said = web.get(f"http://{address}:{port}/health").document()
    return HealthReading(*(str(said.get(name, "")) for name in ("state", "site", "primary")))


def apply(
    web: Web, address: str, key: str, applicant: str, port: int = 443, patience: Patience | None = None
) -> ReceiptReading:
    """Apply for a certificate through one copy and return the receipt; the same key is the same application.

    Raises NotReached, NotReceived, or NoAnswer when it may or may not have been received.
    """
    fields = {"key": key, "kind": "residence", "applicant": applicant, "contact": ""}
    return _receipt(web.post(f"https://{address}:{port}/api/applications", fields, patience))


def look_up(web: Web, address: str, number: str, port: int = 443) -> ReceiptReading | None:
    """Return a receipt as another copy sees it, None when it says that there is none. Raises NoAnswer."""
    page = web.get(f"https://{address}:{port}/api/receipts/{quote(number, safe='')}")
    return None if page.status == 404 else _receipt(page)


def _receipt(page: Page) -> ReceiptReading:
    said = page.document()
    if page.status not in {200, 201}:
        reason = said.get("error")
        failure = NoAnswer if reason == MAYBE else NotReceived
        raise failure(Text(f"refused ({page.status}): {reason}", f"被拒绝({page.status})：{reason}"))
    return ReceiptReading(str(said["receipt"]), str(said["site"]), str(said["answered_by"]))
