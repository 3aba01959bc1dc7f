"""An Ansible module that brings many folders and files to what they should be, in one step for all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

OWNED: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "folders": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": OWNED | {"mode": {"type": "str", "default": "0755"}},
    },
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": OWNED
        | {"mode": {"type": "str", "default": "0644"}, "content": {"type": "str", "required": True, "no_log": True}},
    },
    "exact": {"type": "list", "elements": "path", "default": []},
}


def own(module: AnsibleModule, wanted: dict[str, Any]) -> bool:
    changed = module.set_mode_if_different(wanted["path"], wanted["mode"], changed=False)
    changed = module.set_owner_if_different(wanted["path"], wanted["owner"], changed)
    return bool(module.set_group_if_different(wanted["path"], wanted["group"], changed))


def place_folder(module: AnsibleModule, wanted: dict[str, Any]) -> bool:
    folder = Path(wanted["path"])
    missing = not folder.is_dir()
    if missing and module.check_mode:
        return True
    folder.mkdir(parents=True, exist_ok=True)
    return own(module, wanted) or missing


def place_file(module: AnsibleModule, wanted: dict[str, Any]) -> bool:
    """Write the whole file or nothing; a reader never meets half of it."""
    file, content = Path(wanted["path"]), wanted["content"].encode()
    differs = not file.is_file() or file.read_bytes() != content
    if differs and not module.check_mode:
        file.parent.mkdir(parents=True, exist_ok=True)
        # beside its place, so that it takes it in one move, and closed to others until it is owned as wanted
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as fresh:
            fresh.write(content)
        try:
            own(module, wanted | {"path": fresh.name})
            Path(fresh.name).replace(file)
        finally:
            Path(fresh.name).unlink(missing_ok=True)
    return differs or own(module, wanted)


def left_over(folders: list[str], wanted: set[str]) -> Iterator[Path]:
    """Yield what lies in folders that should hold the wanted files and nothing else."""
    for folder in folders:
        yield from (file for file in Path(folder).rglob("*") if file.is_file() and str(file) not in wanted)


def main() -> None:
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    folders, files = module.params["folders"], module.params["files"]
    changed = [folder["path"] for folder in folders if place_folder(module, folder)]
    changed += [file["path"] for file in files if place_file(module, file)]
    for file in list(left_over(module.params["exact"], {file["path"] for file in files})):
        changed.append(str(file))
        if not module.check_mode:
            file.unlink()
    module.exit_json(changed=bool(changed), paths=changed)


if __name__ == "__main__":
    main()
