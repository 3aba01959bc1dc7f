"""Cinder backend on sparse files: no root helper, no LVM, no iSCSI."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from cinder import interface
from cinder.volume import configuration, driver
from oslo_config import cfg

OPTIONS = [
    cfg.StrOpt("govlab_folder", help="where the volumes' files are"),
    cfg.IntOpt("govlab_capacity_gb", help="declared size of the pool in GiB"),
]
cfg.CONF.register_opts(OPTIONS, group=configuration.SHARED_CONF_GROUP)


@interface.volumedriver
class SparseFileDriver(driver.VolumeDriver):
    """One sparse file per volume or snapshot; the pool counts what was promised, not what was written."""

    VERSION = "1"
    CI_WIKI_NAME = "none"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(OPTIONS)

    def do_setup(self, context: Any) -> None:
        del context
        self._folder = Path(self.configuration.govlab_folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def check_for_setup_error(self) -> None:
        pass

    def _file(self, thing: Any) -> Path:
        return self._folder / thing.id

    def _size(self, path: Path, gib: int) -> None:
        with path.open("ab") as file:
            file.truncate(gib << 30)

    def _update_volume_stats(self) -> None:
        total = self.configuration.govlab_capacity_gb
        promised = sum(f.stat().st_size for f in self._folder.iterdir()) >> 30
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "govlab",
            "driver_version": self.VERSION,
            "storage_protocol": "file",
            "total_capacity_gb": total,
            "free_capacity_gb": max(0, total - promised),
            "allocated_capacity_gb": promised,
            "reserved_percentage": 0,
            "multiattach": True,
        }

    def create_volume(self, volume: Any) -> None:
        self._size(self._file(volume), volume.size)

    def delete_volume(self, volume: Any) -> None:
        self._file(volume).unlink(missing_ok=True)

    def create_snapshot(self, snapshot: Any) -> None:
        shutil.copyfile(self._folder / snapshot.volume_id, self._file(snapshot))

    def delete_snapshot(self, snapshot: Any) -> None:
        self._file(snapshot).unlink(missing_ok=True)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        self._copy(snapshot, volume)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        self._copy(src_vref, volume)

    def _copy(self, source: Any, volume: Any) -> None:
        shutil.copyfile(self._file(source), self._file(volume))
        self._size(self._file(volume), volume.size)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        self._size(self._file(volume), new_size)

    def clone_image(
        self,
        context: Any,
        volume: Any,
        image_location: Any,
        image_meta: dict[str, Any],
        image_service: Any,
    ) -> tuple[dict[str, Any], bool]:
        """Fill the volume from Glance directly: needs neither qemu-img nor a root helper."""
        del image_location
        with self._file(volume).open("wb") as file:
            image_service.download(context, image_meta["id"], file)
        self._size(self._file(volume), volume.size)
        return {}, True

    def copy_volume_to_image(self, context: Any, volume: Any, image_service: Any, image_meta: dict[str, Any]) -> None:
        with self._file(volume).open("rb") as file:
            image_service.update(context, image_meta["id"], {}, file)

    def ensure_export(self, context: Any, volume: Any) -> None:
        pass

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        pass

    def remove_export(self, context: Any, volume: Any) -> None:
        pass

    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:
        del connector
        return {"driver_volume_type": "local", "data": {"device_path": str(self._file(volume))}}

    def terminate_connection(self, volume: Any, connector: Any, **kwargs: Any) -> None:
        pass
