"""Checks of what servers are made from: flavors, images, placement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from failures import Text
from topology.checks.check import Check, Flaw
from topology.model import Cloud, FlavorSize, Image
from topology.rules import Path, Rule


def _shapes(cloud: Cloud) -> Iterator[tuple[Path, FlavorSize, str]]:
    """Yield the path of each thing servers are made from, with its flavor and image."""
    for name, template in cloud.templates.items():
        yield ("templates", name), template.flavor, template.image
    for name, service in cloud.services.items():
        yield ("services", name), service.flavor, service.image


def _pairs(cloud: Cloud) -> Iterator[tuple[Path, FlavorSize, str, Image]]:
    for path, flavor, image in _shapes(cloud):
        if image in cloud.images:
            yield path, flavor, image, cloud.images[image]


def _small_disks(cloud: Cloud) -> Iterator[Flaw]:
    for path, flavor, name, image in _pairs(cloud):
        if flavor.disk_gb < image.min_disk_gb:
            message = Text(
                f"{flavor.disk_gb} GiB of disk is less than image {name} needs ({image.min_disk_gb})",
                f"{flavor.disk_gb} GiB 磁盘小于镜像 {name} 的要求({image.min_disk_gb})",
            )
            yield Flaw((*path, "flavor", "disk_gb"), message, _larger("disk_gb"))


def _small_memories(cloud: Cloud) -> Iterator[Flaw]:
    for path, flavor, name, image in _pairs(cloud):
        if flavor.ram_gb * 1024 < image.min_ram_mb:
            message = Text(
                f"{flavor.ram_gb} GiB of memory is less than image {name} needs ({image.min_ram_mb} MiB)",
                f"{flavor.ram_gb} GiB 内存小于镜像 {name} 的要求({image.min_ram_mb} MiB)",
            )
            yield Flaw((*path, "flavor", "ram_gb"), message, _larger("ram_gb"))


def _larger(key: str) -> Text:
    return Text(f"raise {key}, or use another image", f"请增大 {key},或改用其他镜像")


def _image_files(cloud: Cloud) -> Iterator[Flaw]:
    for name, image in cloud.images.items():
        file = PurePosixPath(image.file)
        if file.is_absolute() or ".." in file.parts:
            message = Text(f"{image.file} lies outside the topology's folder", f"{image.file} 位于拓扑文件夹之外")
            fix = Text(
                "put the image beside the topology, for example in images/", "请将镜像放在拓扑文件旁,例如 images/"
            )
            yield Flaw(("images", name, "file"), message, fix)


def _unplaced(cloud: Cloud) -> Iterator[Flaw]:
    for name, service in cloud.services.items():
        if not any(service.placement.values()):
            message = Text(f"service {name} has no server at any site", f"服务 {name} 在任何中心都没有服务器")
            fix = Text("write placement: {SITE: 1}", "请写 placement: {中心: 1}")
            yield Flaw(("services", name, "placement"), message, fix)


SERVER_CHECKS = (
    Check(
        Rule(
            "T321",
            Text("Nova refuses a flavor with less disk than the image needs.", "Nova 拒绝磁盘小于镜像要求的规格。"),
        ),
        _small_disks,
    ),
    Check(
        Rule(
            "T322",
            Text("Nova refuses a flavor with less memory than the image needs.", "Nova 拒绝内存小于镜像要求的规格。"),
        ),
        _small_memories,
    ),
    Check(
        Rule(
            "T323",
            Text(
                "An image file is uploaded for all tenants to read, so it cannot be any file of the machine.",
                "镜像文件会上传供所有租户读取,因此不能是本机的任意文件。",
            ),
        ),
        _image_files,
    ),
    Check(Rule("T324", Text("A service runs somewhere.", "服务须在某处运行。")), _unplaced),
)
