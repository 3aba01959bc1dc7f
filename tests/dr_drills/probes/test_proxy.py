"""Statistics of a proxy, as readings."""

from __future__ import annotations

import pytest

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.proxy import parsed

PAGE = """\
# pxname,svname,qcur,status,weight,
status,FRONTEND,,OPEN,,
db-write,FRONTEND,,OPEN,,
db-write,db-a-1,0,MAINT,1,
db-write,db-b-1,0,UP 1/2,1,
db-write,db-c-1,0,DOWN,1,
db-write,BACKEND,0,UP,1,
db-read,db-a-1,0,UP,1,
db-read,db-b-1,0,no check,1,
db-read,BACKEND,0,UP,1,
"""


def test_parsed_statistics_name_the_servers_that_are_up() -> None:
    """A server in maintenance or down takes nothing; sums are no servers."""
    assert parsed(PAGE).ways == {"db-write": ("db-b-1",), "db-read": ("db-a-1",)}


@pytest.mark.parametrize("text", ["", "<html>no</html>\n<p>\n"])
def test_parsed_of_another_page_is_no_answer(text: str) -> None:
    """What is no statistics leads nowhere that we know of."""
    with pytest.raises(NoAnswer, match="cannot be read"):
        parsed(text)
