"""Glance of one site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import glance.api.v2.router
import glance_store._drivers.filesystem
import keystonemiddleware.auth_token
import MySQLdb
from glance.common import wsgi_app

from govlab import web

if TYPE_CHECKING:
    from govlab.zygote import Seat


def serve(seat: Seat) -> None:
    """Answer image requests until killed."""
    os.environ["OS_GLANCE_CONFIG_DIR"] = seat.etc
    web.serve(wsgi_app.init_app(), seat)
