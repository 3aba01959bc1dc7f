"""Pulumi's resource monitor and engine services, answered in-process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, resource_pb2

from failures import GovcloudError
from stacks.engine import urns
from stacks.engine.builder import Hands, Task
from stacks.engine.deployment import Resource, now
from stacks.engine.drift import observe
from stacks.engine.events import Change, Op
from stacks.engine.goals import Goal, read_goal
from stacks.engine.paths import restore
from stacks.engine.provider import AnswerLost, Diff, RefusedByApi, Unsupported
from stacks.engine.providers import Connection, Providers
from stacks.engine.reads import Reads
from stacks.engine.record import LOG, Broken, RunRecord, Skipped
from stacks.engine.steps import Question, Step, decide, widen
from stacks.engine.values import from_struct, to_struct, without_unknown

Response = TypeVar("Response")
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
)
_LEVELS = {engine_pb2.DEBUG: 10, engine_pb2.INFO: 20, engine_pb2.WARNING: 30, engine_pb2.ERROR: 40}


class Reported(Exception):
    """Raised into the program for a failure that the run has recorded already."""


class Monitor:
    """What the SDK registers resources with. A resource that fails is answered as failed, so the others go on."""

    def __init__(self, record: RunRecord, providers: Providers, hands: Hands) -> None:
        self._record, self._providers, self._hands = record, providers, hands
        self._reads = Reads(record, providers)

    def GetDeploymentInfo(self, _: empty_pb2.Empty, **__: Any) -> resource_pb2.DeploymentInfo:  # noqa: N802  the protocol's name
        record = self._record
        return resource_pb2.DeploymentInfo(
            project=record.request.project,
            stack=record.state.name,
            organization=record.request.organization,
            dryRun=record.preview,
            parallel=record.request.parallel,
            supportedFeatures=_FEATURES,
        )

    def SignalAndWaitForShutdown(self, _: empty_pb2.Empty, **__: Any) -> empty_pb2.Empty:  # noqa: N802  the protocol's name
        return empty_pb2.Empty()

    def RegisterResource(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceRequest, **_: Any
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self._urn(request.parent, request.type, request.name)
        failed = resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)

        def register() -> resource_pb2.RegisterResourceResponse:
            self._record.start(urn)
            resource = self._register(read_goal(request, urn))
            outputs = {key: value for key, value in resource["outputs"].items() if key != "id" and key[:2] != "__"}
            return resource_pb2.RegisterResourceResponse(
                urn=urn, id=resource.get("id") or "", object=to_struct(outputs)
            )

        return self._guarded(Change(Op.CREATE, urn, request.type), register, failed)

    def RegisterResourceOutputs(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceOutputsRequest, **_: Any
    ) -> empty_pb2.Empty:
        held, outputs = self._record.seen.get(request.urn), from_struct(request.outputs)
        if urns.type_of(request.urn) == urns.STACK_TYPE:
            # Kept back until it is known whether the program ended well.
            self._record.root_outputs = outputs
        elif held is not None:
            known = outputs if self._record.preview else without_unknown(outputs, held.get("outputs") or {})
            self._settle_outputs(held, known)
        return empty_pb2.Empty()

    def _settle_outputs(self, held: Resource, outputs: dict[str, Any]) -> None:
        if held.get("outputs") == outputs:
            return
        resource = {**held, "outputs": outputs, "modified": now()}
        self._record.saw(resource)
        if not self._record.preview:
            self._record.state.put(resource, sync=False)

    def ReadResource(  # noqa: N802  the protocol's name
        self, request: resource_pb2.ReadResourceRequest, **_: Any
    ) -> resource_pb2.ReadResourceResponse:
        urn = self._urn(request.parent, request.type, request.name)
        failed = resource_pb2.ReadResourceResponse(urn=urn, result=resource_pb2.FAIL)
        return self._guarded(Change(Op.READ, urn, request.type), lambda: self._reads.resource(request, urn), failed)

    def ExistsResource(  # noqa: N802  the protocol's name
        self, request: resource_pb2.ExistsResourceRequest, **_: Any
    ) -> resource_pb2.ExistsResourceResponse:
        unknown = resource_pb2.ExistsResourceResponse(unknown=True)
        change = Change(Op.READ, self._urn(request.parent, request.type, request.id), request.type)
        return self._guarded(change, lambda: self._reads.exists(request), unknown)

    def Invoke(  # noqa: N802  the protocol's name
        self, request: resource_pb2.ResourceInvokeRequest, **_: Any
    ) -> resource_pb2.ResourceInvokeResponse:
        change = Change(Op.READ, self._urn("", request.tok, "invoke"), request.tok)
        unknown = resource_pb2.ResourceInvokeResponse(unknown=True)
        before = len(self._record.outcome.failures)
        response = self._guarded(change, lambda: self._reads.invoke(request), unknown)
        if response is unknown and len(self._record.outcome.failures) > before:
            # A plain invoke hands its answer to program code, which cannot go on without it.
            raise Reported(request.tok)
        return response

    def Call(self, request: resource_pb2.ResourceCallRequest, **_: Any) -> None:  # noqa: N802  the protocol's name
        self._refuse(f"{request.tok}: the embedded engine does not support method calls; use --engine pulumi")

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest, **_: Any) -> None:  # noqa: N802  as above
        self._refuse(
            f"{request.name}: the embedded engine does not support parameterized packages; use --engine pulumi"
        )

    def _refuse(self, message: str) -> None:
        self._record.stop()
        self._record.fail(Change(Op.READ, self._urn("", urns.STACK_TYPE, message.partition(":")[0]), ""), message)
        raise Reported(message)

    def _urn(self, parent: str, type_: str, name: str) -> str:
        return urns.make(self._record.state.name, self._record.request.project, parent, type_, name)

    def _guarded(self, change: Change, act: Callable[[], Response], failed: Response) -> Response:
        record = self._record
        try:
            return act()
        except Skipped:
            return failed
        except Broken as err:
            record.fail(change, str(err), unknown=err.unknown)
        except Unsupported as err:
            record.stop()
            record.fail(change, str(err))
        except AnswerLost as err:
            record.fail(change, f"no answer: {err}", unknown=True)
        except RefusedByApi as err:
            record.fail(change, str(err))
        except GovcloudError as err:
            record.stop()
            record.fail(change, err.say("en"))
        except Exception as err:  # noqa: BLE001  a fault of ours must not hide what happened to the others
            LOG.exception("%s", change.urn)
            record.stop()
            record.fail(change, f"internal error: {type(err).__name__}: {err}", unknown=True)
        return failed

    def _register(self, goal: Goal) -> Resource:
        record = self._record
        former = urns.former(
            urns.Named(record.state.name, record.request.project, goal.parent, goal.type, goal.name),
            goal.aliases,
            record.former_urns.get(goal.parent, ()),
        )
        record.former_urns[goal.urn] = former
        record.alias(goal.urn, former)
        record.check_turn(goal.urn, goal.resource(goal.inputs))
        if goal.is_provider:
            return self._providers.register(goal)
        return self._custom(goal) if goal.custom else self._component(goal)

    def _component(self, goal: Goal) -> Resource:
        old = self._record.old(goal.urn)
        kept = {key: (old or {}).get(key) or now() for key in ("created", "modified")}
        resource = goal.resource(goal.inputs) | kept | {"outputs": (old or {}).get("outputs") or {}}
        self._record.saw(resource)
        if not self._record.preview and resource != old:
            self._record.state.put(resource, sync=False)
        self._record.done(Change(Op.SAME if old else Op.CREATE, goal.urn, goal.type))
        return resource

    def _custom(self, goal: Goal) -> Resource:
        goal = replace(goal, provider=self._providers.reference(goal.provider, goal.type, goal.version))
        if self._record.is_broken(goal.provider):
            raise Skipped
        connection = self._providers.connection(goal.provider)
        held = self._record.old(goal.urn)
        old = self._looked_at(held, connection) if held and self._record.request.refresh else held
        inputs = self._inputs(goal, old, old, connection)
        step = self._step(goal, old, inputs, connection)
        if step.op is Op.REPLACE:
            # A generated name is kept as long as its object is; the new object must not meet the old one's.
            inputs = self._inputs(goal, old, None, connection)
        return self._hands.act(Task(goal, held, old, inputs, step, connection))

    @staticmethod
    def _inputs(goal: Goal, old: Resource | None, named: Resource | None, connection: Connection) -> dict[str, Any]:
        inputs = connection.check(goal, named)
        return restore(inputs, old.get("inputs") or {}, goal.ignore_changes) if old else inputs

    def _looked_at(self, held: Resource, connection: Connection) -> Resource | None:
        if held.get("pendingReplacement") or not self._providers.is_known(held["provider"]):
            return held
        seen = observe(connection, held)
        if seen is None:
            self._record.done(Change(Op.FORGET, held["urn"], held["type"], held["id"]))
            if not self._record.preview:
                self._record.state.gone(held)
        return seen.resource if seen else None

    @staticmethod
    def _step(goal: Goal, old: Resource | None, inputs: dict[str, Any], connection: Connection) -> Step:
        if old is None or old.get("pendingReplacement"):
            return decide(Question(old, goal.import_id, Diff(), goal.delete_before_replace))
        before = old.get("inputs") or {}
        diff = connection.diff(goal.type, before, inputs, old.get("outputs") or {})
        diff = widen(diff, goal.replace_on_changes, before, inputs)
        step = decide(Question(old, goal.import_id, diff, goal.delete_before_replace))
        return replace(step, op=Op.UPDATE) if step.op is Op.SAME and old.get("interruptedUpdate") else step


class Engine:
    """The SDK's log goes to Python's; the rest of the engine service is not needed in-process."""

    def Log(self, request: engine_pb2.LogRequest, **_: Any) -> empty_pb2.Empty:  # noqa: N802  the protocol's name
        LOG.log(_LEVELS[request.severity], "%s", request.message)
        return empty_pb2.Empty()

    def RequirePulumiVersion(  # noqa: N802  the protocol's name
        self, _: engine_pb2.RequirePulumiVersionRequest, **__: Any
    ) -> engine_pb2.RequirePulumiVersionResponse:
        return engine_pb2.RequirePulumiVersionResponse()
