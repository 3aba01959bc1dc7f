"""Nova compute hosts whose servers are booted hosts of the lab; the others are accepted and stay rows."""

# ruff: noqa: ARG002 - the signatures are nova's

from __future__ import annotations

from pathlib import Path
from typing import Any

from govlab import rooms

rooms.admit()

from nova import conf, exception, objects
from nova.compute import power_state
from nova.virt import event, hardware

from failures import GovcloudError
from govlab.bases import Bases, NoBase
from govlab.border import Border
from govlab.hosts import DeclaredHost
from govlab.watch import Watch
from lab.hosts import disks, groups
from lab.hosts.machine import Machine
from lab.hosts.spec import DEFAULT_DISK_GB, Spec, read_card, read_volume, read_volumes

MARK = "govcloud_service"
CONSOLE_BYTES = 100 * 1024
REBOOT_GRACE_S = 20
BASES = Bases()
BORDER = Border()


class HostFailed(exception.NovaException):
    """The host of a server could not be started."""

    msg_fmt = "%(reason)s"


class BootingHost(DeclaredHost):
    """One compute host; what it boots outlives it, and is found again by the server's identity."""

    def init_host(self, host: str) -> None:
        self._watch = Watch(self._ended)
        super().init_host(host)

    def _adopt(self, server: objects.Instance) -> None:
        super()._adopt(server)
        if self._machine(server).running():
            self._follow(server.uuid)

    def _machine(self, server: objects.Instance) -> Machine:
        return Machine(conf.CONF.govlab.namespace, Path(conf.CONF.govlab.folder) / server.uuid)

    def _boots(self, server: objects.Instance) -> bool:
        """Tell whether the server is a host, or should be one."""
        return self._machine(server).known or conf.CONF.govlab.boot == "all" or MARK in server.metadata

    def _follow(self, uuid: str) -> None:
        name = f"{conf.CONF.govlab.namespace}/{uuid}"
        self._watch.add(uuid, groups.events(name))
        if not groups.populated(name):
            self._ended(uuid)

    def _ended(self, uuid: str) -> None:
        """Tell Nova of a host that has powered itself off or was killed."""
        self.emit_event(event.LifecycleEvent(uuid, event.EVENT_LIFECYCLE_STOPPED))

    def default_root_device_name(self, *_: Any) -> str:
        return "/dev/vda"

    def spawn(self, context: Any, instance: objects.Instance, *args: Any, power_on: bool = True, **kwargs: Any) -> None:
        super().spawn(context, instance, *args, power_on=power_on, **kwargs)
        if power_on and self._boots(instance):
            try:
                self._start(instance, kwargs.get("network_info"), kwargs.get("block_device_info"))
            except HostFailed as failed:
                raise exception.BuildAbortException(instance_uuid=instance.uuid, reason=str(failed)) from failed

    def _start(self, server: objects.Instance, network_info: Any, block_device_info: Any) -> None:
        machine = self._machine(server)
        try:
            if not machine.known:
                machine.save(self._specify(server, network_info, block_device_info))
            machine.resize(server.flavor.memory_mb)
            machine.boot()
        except (GovcloudError, NoBase, OSError) as error:
            raise HostFailed(reason=str(error)) from error
        self._follow(server.uuid)
        BORDER.ask()

    def _specify(self, server: objects.Instance, network_info: Any, block_device_info: Any) -> Spec:
        return Spec(
            uuid=server.uuid,
            name=server.hostname,
            base=str(BASES.find(server.image_ref)),
            memory_mb=server.flavor.memory_mb,
            key=server.key_data,
            user_data=server.user_data,
            metadata=dict(server.metadata),
            cards=tuple(read_card(index, vif) for index, vif in enumerate(network_info or ())),
            volumes=read_volumes(block_device_info),
            disk_gb=server.flavor.root_gb or DEFAULT_DISK_GB,
        )

    def power_on(self, context: Any, instance: objects.Instance, network_info: Any, *args: Any, **kwargs: Any) -> None:
        super().power_on(context, instance, network_info, *args, **kwargs)
        if self._boots(instance):
            self._start(instance, network_info, args[0] if args else kwargs.get("block_device_info"))

    def resume_state_on_host_boot(
        self,
        context: Any,
        instance: objects.Instance,
        network_info: Any,
        share_info: Any,
        block_device_info: Any = None,
    ) -> None:
        if self._boots(instance):
            self._start(instance, network_info, block_device_info)

    def power_off(self, instance: objects.Instance, timeout: int = 0, retry_interval: int = 0) -> None:
        super().power_off(instance, timeout, retry_interval)
        self._stop(instance, timeout)

    def _stop(self, server: objects.Instance, grace: float) -> None:
        self._watch.drop(server.uuid)
        self._machine(server).stop(grace)

    def reboot(
        self,
        context: Any,
        instance: objects.Instance,
        network_info: Any,
        reboot_type: str,
        block_device_info: Any = None,
        **kwargs: Any,
    ) -> None:
        self._stop(instance, REBOOT_GRACE_S if reboot_type == "SOFT" else 0)
        self.power_on(context, instance, network_info, block_device_info)

    def destroy(self, context: Any, instance: objects.Instance, *args: Any, **kwargs: Any) -> None:
        super().destroy(context, instance, *args, **kwargs)
        self._watch.drop(instance.uuid)
        self._machine(instance).remove()

    def get_info(self, instance: objects.Instance, use_cache: bool = True) -> hardware.InstanceInfo:  # noqa: FBT001, FBT002 - nova's signature
        found = super().get_info(instance, use_cache)
        machine = self._machine(instance)
        if not self._boots(instance):
            return found
        if not machine.running():
            return hardware.InstanceInfo(state=power_state.SHUTDOWN)
        return hardware.InstanceInfo(state=power_state.PAUSED if groups.frozen(machine.group) else power_state.RUNNING)

    def pause(self, instance: objects.Instance) -> None:
        self._freeze(instance, frozen=True)

    def unpause(self, instance: objects.Instance) -> None:
        self._freeze(instance, frozen=False)

    def suspend(self, context: Any, instance: objects.Instance) -> None:
        self._freeze(instance, frozen=True)

    def resume(self, context: Any, instance: objects.Instance, *args: Any, **kwargs: Any) -> None:
        self._freeze(instance, frozen=False)

    def _freeze(self, server: objects.Instance, *, frozen: bool) -> None:
        machine = self._machine(server)
        if machine.running():
            groups.freeze(machine.group, frozen=frozen)

    def attach_volume(
        self,
        context: Any,
        connection_info: dict[str, Any],
        instance: objects.Instance,
        mountpoint: str,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().attach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)
        machine = self._machine(instance)
        if machine.known:
            machine.attach_volume(read_volume(connection_info, mountpoint))

    def detach_volume(
        self,
        context: Any,
        connection_info: dict[str, Any],
        instance: objects.Instance,
        mountpoint: str,
        encryption: Any = None,
    ) -> None:
        super().detach_volume(context, connection_info, instance, mountpoint, encryption)
        machine = self._machine(instance)
        if machine.known:
            machine.detach_volume(mountpoint)

    def extend_volume(self, context: Any, connection_info: dict[str, Any], *args: Any) -> None:
        disks.grow(connection_info["data"]["device_path"])

    def attach_interface(self, context: Any, instance: objects.Instance, image_meta: Any, vif: Any) -> None:
        super().attach_interface(context, instance, image_meta, vif)
        machine = self._machine(instance)
        if machine.known:
            machine.attach_card(read_card(machine.next_card(), vif))
            BORDER.ask()

    def detach_interface(self, context: Any, instance: objects.Instance, vif: Any) -> None:
        super().detach_interface(context, instance, vif)
        machine = self._machine(instance)
        if machine.known:
            machine.detach_card(vif["id"])

    def get_console_output(self, context: Any, instance: objects.Instance) -> bytes:
        machine = self._machine(instance)
        if not machine.known:
            return super().get_console_output(context, instance).encode()
        # The journal first: who asks for the last lines only still finds the host keys.
        return (machine.journal().encode() + machine.printed())[-CONSOLE_BYTES:]

    def migrate_disk_and_power_off(
        self,
        context: Any,
        instance: objects.Instance,
        dest: str,
        flavor: Any,
        network_info: Any,
        block_device_info: Any = None,
        timeout: int = 0,
        retry_interval: int = 0,
    ) -> None:
        self._stop(instance, timeout)

    def finish_revert_migration(
        self,
        context: Any,
        instance: objects.Instance,
        network_info: Any,
        migration: Any,
        block_device_info: Any = None,
        power_on: bool = True,  # noqa: FBT001, FBT002 - nova's signature
    ) -> None:
        super().finish_revert_migration(context, instance, network_info, migration, block_device_info, power_on)
        if power_on and self._boots(instance):
            self._start(instance, network_info, block_device_info)

    def confirm_migration(self, context: Any, migration: Any, instance: objects.Instance, network_info: Any) -> None:
        if migration.source_compute != migration.dest_compute:
            self.instances.pop(instance.uuid, None)  # the host itself has moved on

    def check_can_live_migrate_destination(self, context: Any, instance: objects.Instance, *args: Any) -> Any:
        if self._boots(instance):
            raise exception.MigrationPreCheckError(reason="a host of a lab does not move while it runs")
        return super().check_can_live_migrate_destination(context, instance, *args)
