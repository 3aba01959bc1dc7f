"""Keystone of one site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import keystone.api
import keystone.assignment.backends.sql
import keystone.identity.backends.sql
import keystone.server.backends
import keystone.server.flask.application
import keystone.token.providers.fernet
import MySQLdb
from keystone.server import wsgi

from govlab import web

if TYPE_CHECKING:
    from govlab.zygote import Seat


def serve(seat: Seat) -> None:
    """Answer identity requests until killed."""
    os.environ["OS_KEYSTONE_CONFIG_DIR"] = seat.etc
    web.serve(wsgi.initialize_public_application(), seat)
