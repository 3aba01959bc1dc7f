"""The places where the Pulumi SDK is run from inside, and where its own ways are too slow."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from importlib.metadata import version
from typing import Any

from pulumi import log
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime import resource as sdk_resource
from pulumi.runtime import settings as sdk_settings
from pulumi.runtime import stack as sdk_stack
from pulumi.runtime.proto import source_pb2

from stacks.engine.monitor import Engine, Monitor
from stacks.engine.record import RunRecord

_KNOWN_VERSION = "3.272.0"
_COLLECT_EVERY = 100_000


async def _wait_for_rpcs(await_all_outstanding_tasks: bool = True) -> None:  # noqa: FBT001, FBT002  the SDK's signature
    """Wait until nothing is outstanding. The SDK's own waits for all tasks again at each that ends: quadratic."""
    manager = sdk_settings._get_rpc_manager()  # noqa: SLF001  as the function replaced
    while True:
        while manager.rpcs:
            await asyncio.sleep(0)
            await manager.rpcs.pop()
        if manager.unhandled_exception is not None:
            raise manager.unhandled_exception.with_traceback(manager.exception_traceback)
        while await_all_outstanding_tasks:
            with sdk_settings.SETTINGS.lock:
                tasks = list(sdk_settings.SETTINGS.outputs)
                sdk_settings.SETTINGS.outputs.clear()
            if not tasks:
                break
            await asyncio.gather(*tasks)
        if not manager.rpcs:
            return


def _no_debug(*_: Any, **__: Any) -> None:
    """Eight lines a resource, built and thrown away, took a seventh of the time of a run."""


def _no_stack_trace() -> source_pb2.StackTrace:
    """Return an empty trace: the engine keeps no source positions, and taking them cost a fifth of a run."""
    return source_pb2.StackTrace()


if version("pulumi") == _KNOWN_VERSION:
    sdk_stack.wait_for_rpcs = _wait_for_rpcs
    sdk_resource._get_stack_trace = _no_stack_trace  # noqa: SLF001  as above
    log.debug = _no_debug


# A stack reference asks its output for value and knownness in advance; the first to fail leaves the other unasked, and
# Python would say so on the operator's terminal when it is collected. The failure itself is reported by the run.
warnings.filterwarnings("ignore", r"coroutine 'Output\.(future|is_known)' was never awaited", RuntimeWarning)

_loading = threading.Lock()


def _load_lazy_modules() -> None:
    """Load now what packages load at first use: Python before 3.12 lets a second thread see such a module half made."""
    with _loading:
        for module in list(sys.modules.values()):
            if type(module).__name__ == "_LazyModule":
                getattr(module, "any", None)


class _FewCollections:
    """Lets Python look for garbage less often while runs last: a run builds much and drops it all at its end."""

    def __init__(self) -> None:
        self._lock, self._runs, self._before = threading.Lock(), 0, gc.get_threshold()

    def __enter__(self) -> None:
        with self._lock:
            if not self._runs:
                self._before = gc.get_threshold()
                gc.set_threshold(_COLLECT_EVERY, *self._before[1:])
            self._runs += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._runs -= 1
            if not self._runs:
                gc.set_threshold(*self._before)


_few_collections = _FewCollections()


def run_program(program: Callable[[], None], record: RunRecord, monitor: Monitor) -> None:
    """Run a program to its end in a context, event loop and threads of its own. Raises what the program raises."""
    _load_lazy_modules()
    with _few_collections:
        Context().run(_in_context, program, record, monitor)


def _in_context(program: Callable[[], None], record: RunRecord, monitor: Monitor) -> None:
    request = record.request
    set_all_config(dict(request.config), sorted(request.secret_config_keys))
    configure(
        Settings(
            project=request.project,
            stack=record.state.name,
            monitor=monitor,
            engine=Engine(),
            parallel=request.parallel,
            dry_run=record.preview,
            organization=request.organization,
            root_directory=request.root_directory,
        )
    )
    with asyncio.Runner(loop_factory=_loop(request.parallel)) as runner:
        try:
            runner.run(run_in_stack(program))
        except BaseException:
            # Requests still in the queue are answered as skipped while the threads are waited for.
            record.stop()
            raise
        finally:
            with contextlib.suppress(RuntimeError):
                runner.run(_drain())


async def _drain() -> None:
    await asyncio.get_running_loop().shutdown_default_executor()


def _loop(parallel: int) -> Callable[[], asyncio.AbstractEventLoop]:
    def make() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        # The number of threads is the limit on operations at a time: one request holds one thread to its end.
        loop.set_default_executor(ThreadPoolExecutor(parallel, "engine"))
        # The SDK leaves tasks behind when a program fails; the failure itself is reported once, by the run.
        loop.set_exception_handler(lambda *_: None)
        return loop

    return make
