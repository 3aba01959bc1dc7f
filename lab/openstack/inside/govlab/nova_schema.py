"""Nova's databases and cells; the cell rows are templates, so that the very same data serves every site."""

from __future__ import annotations

import os
import sys

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"  # read when nova is first imported

from nova import monkey_patch

monkey_patch.patch()  # chooses native threads; every other import of nova comes after

from nova import config, context, objects
from nova.db import migration

CELL0 = "00000000-0000-0000-0000-000000000000"
CELLS = (
    ("cell0", CELL0, "nova_cell0", "none:///"),
    ("cell1", "11111111-1111-4111-8111-111111111111", "nova", "fake://"),
)
CONNECTION = "{{scheme}}://{{username}}@{{hostname}}/{database}?{{query}}"


def make(etc: str) -> None:
    """Make nova_api, nova and nova_cell0, with both cells mapped."""
    config.parse_args(sys.argv, default_config_files=[f"{etc}/nova.conf"])
    objects.register_all()
    migration.db_sync(database="api")
    admin = context.get_admin_context()
    for name, identity, database, transport in CELLS:
        objects.CellMapping(
            admin,
            uuid=identity,
            name=name,
            transport_url=transport,
            database_connection=CONNECTION.format(database=database),
        ).create()
    with context.target_cell(admin, objects.CellMapping.get_by_uuid(admin, CELL0)) as cell:
        migration.db_sync(context=cell)
    migration.db_sync()
