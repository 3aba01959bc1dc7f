"""Builds the root filesystem that hosts stand on: once per recipe, kept in the cache by content hash."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from failures import GovcloudError, InputInvalid, Text
from lab.commands import run
from lab.hosts import finish
from lab.hosts.recipe import Recipe, parse
from lab.locks import locked
from lab.processes import alive

BUILD_S = 1200.0
LARGEST = 64 * 1024
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Killed with us, in mount and process namespaces of its own: nothing of an interrupted build goes on or stays mounted.
WITH_US = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL")


def base_path(cache: Path, text: str) -> Path:
    """Return where the base of this recipe lives; another recipe, or another way to build it, lives elsewhere."""
    whole = hashlib.sha256(Path(finish.__file__).read_bytes() + text.encode())
    return cache / f"base-{whole.hexdigest()[:12]}"


def make_base(cache: Path, text: str) -> Path:
    """Return the folder of the base, built when it is missing; `root` is its filesystem, `user` names its user.

    Raises InputInvalid when the text is no recipe, OutsideFailed when it cannot be built.
    """
    recipe = parse(text)
    base = base_path(cache, text)
    if base.exists():
        return base
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / f"{base.name}.lock", seconds=BUILD_S):
        if not base.exists():
            _sweep(base)
            draft = base.with_name(f"{base.name}.draft-{os.getpid()}")
            _build(recipe, draft)
            draft.rename(base)
    return base


def _sweep(base: Path) -> None:
    """Remove what builds that were killed left behind."""
    for left in base.parent.glob(f"{base.name}.draft-*"):
        if not alive(int(left.name.rpartition("-")[2])):
            run("rm", "-rf", "--one-file-system", left, seconds=120)


def _build(recipe: Recipe, draft: Path) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o755)
    shaped = (f"--variant={recipe.variant}", f"--architectures={recipe.architecture}")
    apt = [f"--aptopt={option}" for option in finish.APT]
    dpkg = [f"--dpkgopt=path-exclude={path}" for path in finish.LEFT_OUT]
    run(
        *(*WITH_US, "mmdebstrap", "--quiet", "--mode=root", "--format=directory", *shaped, *apt, *dpkg),
        *(f"--include={','.join(recipe.packages)}", recipe.suite, str(draft / "root"), *_sources(recipe)),
        seconds=BUILD_S,
    )
    finish.finish(draft / "root", recipe.user)
    (draft / "user").write_text(recipe.user)


def _sources(recipe: Recipe) -> list[str]:
    """Return the machine's own Debian sources of the release, or nothing: mmdebstrap then knows where Debian is."""
    told = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    return list(source_lines(told, recipe))


def source_lines(told: str, recipe: Recipe) -> Iterator[str]:
    """Yield a line of sources.list for each target "site release component" that belongs to the release."""
    releases = {recipe.suite, f"{recipe.suite}-updates", f"{recipe.suite}-security"}
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    for site, release, component in dict.fromkeys(tuple(line.split()) for line in told.splitlines() if line):
        if release in releases and component in recipe.components:
            yield f"deb {signed}{site} {release} {component}"


def main() -> int:
    """Print the folder of the base for the recipe on standard input; the argument is the cache."""
    try:
        data = sys.stdin.buffer.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise InputInvalid(Text("the image is too long for a recipe", "该镜像过长，不是配方"), where="image")
        print(make_base(Path(sys.argv[1]), data.decode(errors="replace")))
    except GovcloudError as error:
        print(error.say("en"), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
