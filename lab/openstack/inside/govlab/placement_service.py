"""Placement of one site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import keystonemiddleware.auth_token
import MySQLdb
import placement.deploy
import placement.handler
from placement import wsgi

from govlab import web

if TYPE_CHECKING:
    from govlab.zygote import Seat


def serve(seat: Seat) -> None:
    """Answer placement requests until killed."""
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = seat.etc
    web.serve(wsgi.init_application(), seat)
