"""The tables, as steps that each database takes once and in order."""

from __future__ import annotations

from typing import NamedTuple

import psycopg


class Step(NamedTuple):
    """`id` counts from 1 without a gap; a step that was released is never edited."""

    id: int
    reason: str
    sql: str


STEPS: tuple[Step, ...] = (
    Step(
        1,
        "applications and their receipts; client_key makes a repeated request the same application",
        """
        CREATE TABLE applications (
            number text PRIMARY KEY,
            client_key text NOT NULL UNIQUE,
            kind text NOT NULL,
            applicant text NOT NULL,
            contact text NOT NULL,
            state text NOT NULL DEFAULT 'received'
                CHECK (state IN ('received', 'reviewing', 'issued', 'refused', 'withdrawn')),
            site text NOT NULL,
            host text NOT NULL,
            received_at timestamptz NOT NULL DEFAULT now(),
            repeats integer NOT NULL DEFAULT 0
        )
        """,
    ),
    Step(2, "the count by state reads the index alone", "CREATE INDEX applications_by_state ON applications (state)"),
)
LAST = STEPS[-1].id
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('certificates schema', 0))"
LEDGER = "CREATE TABLE IF NOT EXISTS schema_steps (id integer PRIMARY KEY, taken_at timestamptz NOT NULL DEFAULT now())"


async def migrate(connection: psycopg.AsyncConnection) -> int:
    """Take the missing steps in one transaction, by whichever copy holds the lock, and return how many were taken."""
    async with connection.transaction():
        await connection.execute(LOCK)
        await connection.execute(LEDGER)
        taken = {row[0] for row in await (await connection.execute("SELECT id FROM schema_steps")).fetchall()}
        missing = [step for step in STEPS if step.id not in taken]
        for step in missing:
            await connection.execute(step.sql.encode())
            await connection.execute("INSERT INTO schema_steps (id) VALUES (%s)", (step.id,))
    return len(missing)
