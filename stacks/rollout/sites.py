"""Asks the sites of a cloud through clouds.yaml, all at once, each within a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from failures import GovcloudError, InputInvalid, OutsideFailed, SiteUnreachable, Text

T = TypeVar("T")
Connection = Any
"""An openstack.connection.Connection."""
PLAN_SECONDS = 10.0


def connect(entry: str, seconds: float) -> Connection:
    """Return a lazy connection to an entry of clouds.yaml whose calls end after so many seconds."""
    import openstack.config  # noqa: PLC0415 - half a second, only where a site is asked
    from openstack.connection import Connection as SdkConnection  # noqa: PLC0415 - as above

    region = openstack.config.OpenStackConfig().get_one(cloud=entry, api_timeout=seconds)
    return SdkConnection(config=region)


def ask_all(
    sites: Mapping[str, str], question: Callable[[str, Connection], T], seconds: float
) -> dict[str, T | GovcloudError]:
    """Return each site's answer, or why there is none; `sites` maps names to entries of clouds.yaml.

    A site that is still silent after `seconds` counts as unreachable; its thread is left behind.
    """
    import_module("openstack.connection")  # before the clock starts: it takes half a second
    answers: SimpleQueue[tuple[str, T | GovcloudError]] = SimpleQueue()
    for site, entry in sites.items():
        Thread(target=_answer, args=(answers, site, entry, question, seconds), daemon=True).start()
    until = time.monotonic() + seconds
    found: dict[str, T | GovcloudError] = {}
    while len(found) < len(sites):
        try:
            site, answer = answers.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        found[site] = answer
    silent = Text(f"no answer within {seconds:g} s", f"{seconds:g} 秒内没有应答")
    return {site: found.get(site) or SiteUnreachable(silent, where=site) for site in sites}


def failures(sites: Mapping[str, str]) -> dict[str, GovcloudError]:
    """Return why each site that cannot be worked on cannot: no answer, or our credentials are refused."""
    answers = ask_all(sites, _log_in, PLAN_SECONDS)
    return {site: answer for site, answer in answers.items() if isinstance(answer, GovcloudError)}


def _log_in(_: str, connection: Connection) -> bool:
    connection.session.get_token()
    return True


def _answer(
    answers: SimpleQueue[tuple[str, T | GovcloudError]],
    site: str,
    entry: str,
    question: Callable[[str, Connection], T],
    seconds: float,
) -> None:
    answers.put((site, understood(site, partial(_put, site, entry, question, seconds))))


def _put(site: str, entry: str, question: Callable[[str, Connection], T], seconds: float) -> T:
    return question(site, connect(entry, seconds))


def understood(site: str, call: Callable[[], T]) -> T | GovcloudError:
    """Return what `call` returns, or the failure that its exception means."""
    from keystoneauth1 import exceptions as k  # noqa: PLC0415 - only where a site is asked
    from openstack import exceptions as o  # noqa: PLC0415 - as above

    try:
        return call()
    except GovcloudError as error:
        return error
    except (k.Unauthorized, k.MissingRequiredOptions, o.ForbiddenException) as error:
        what = Text(f"the site refuses our credentials: {error}", f"该数据中心拒绝了凭据：{error}")
        return OutsideFailed(what, where=site, fix=Text("check clouds.yaml", "请检查 clouds.yaml"))
    except o.ConfigException as error:
        what = Text(f"no usable entry in clouds.yaml: {error}", f"clouds.yaml 中没有可用的条目：{error}")
        fix = Text("set OS_CLIENT_CONFIG_FILE, or add the entry", "请设置 OS_CLIENT_CONFIG_FILE 或添加该条目")
        return InputInvalid(what, where=site, fix=fix)
    except (k.ClientException, o.SDKException, OSError) as error:
        first = str(error).partition("\n")[0]
        what = Text(f"the site does not answer: {first}", f"该数据中心没有应答：{first}")
        return SiteUnreachable(what, where=site)
