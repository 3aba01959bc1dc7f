"""The places where the Pulumi SDK is run from inside, and where its own ways are too slow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from importlib.metadata import version

from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime import settings as sdk_settings
from pulumi.runtime import stack as sdk_stack

from stacks.engine.monitor import Engine, Monitor
from stacks.engine.record import RunRecord

_KNOWN_VERSION = "3.272.0"


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


if version("pulumi") == _KNOWN_VERSION:
    sdk_stack.wait_for_rpcs = _wait_for_rpcs


def run_program(program: Callable[[], None], record: RunRecord, monitor: Monitor) -> None:
    """Run a program to its end in a context, event loop and threads of its own. Raises what the program raises."""
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
