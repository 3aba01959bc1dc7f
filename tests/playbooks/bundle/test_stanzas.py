"""Debian's metadata is read and written as apt does."""

from __future__ import annotations

import hashlib
import lzma

from playbooks.bundle.stanzas import Stanza, index_files, parse

TEXT = """\
Package: libnginx-mod-http-echo
Architecture: amd64
Version: 1:0.63-4
Depends: libc6 (>= 2.4),
 nginx-abi-1.22.1-7, perl-base:any (= 5.36.0-7)
Size: 18700
SHA256: {sha}
Filename: pool/main/libn/libnginx-mod-http-echo_0.63-4_amd64.deb
""".format(sha="a" * 64)


def test_stanza_with_epoch_has_the_archives_name_and_apts() -> None:
    """The archive leaves the epoch out of a file's name; `apt-get download` writes its colon as %3a."""
    stanza = Stanza(TEXT)
    assert stanza.file == "libnginx-mod-http-echo_0.63-4_amd64.deb"
    assert stanza.fetched == "libnginx-mod-http-echo_1%3a0.63-4_amd64.deb"


def test_stanza_with_folded_dependencies_is_bound_to_exact_versions_only() -> None:
    """A dependency on exactly one version binds, a lower bound does not."""
    assert Stanza(TEXT).bound_to() == {"perl-base"}


def test_parse_of_two_stanzas_yields_both() -> None:
    """Stanzas are parted by empty lines, however many."""
    assert [s.name for s in parse(f"{TEXT}\n\n\nPackage: b\n\n")] == ["libnginx-mod-http-echo", "b"]


def test_installed_stanza_has_dpkgs_status() -> None:
    """What apt shall take for installed says so, and keeps the rest."""
    lines = Stanza(TEXT).installed().splitlines()
    assert lines[:2] == ["Package: libnginx-mod-http-echo", "Status: install ok installed"]
    assert "Version: 1:0.63-4" in lines


def test_index_files_point_into_the_folder_and_carry_true_sums() -> None:
    """The index names each file below debs/, and the release the sums of the index."""
    files = index_files([Stanza(TEXT)], "bookworm", "amd64")
    assert b"\nFilename: debs/libnginx-mod-http-echo_0.63-4_amd64.deb\n" in files["Packages"]
    assert lzma.decompress(files["Packages.xz"]) == files["Packages"]
    for name in ("Packages", "Packages.xz"):
        assert f" {hashlib.sha256(files[name]).hexdigest()} {len(files[name])} {name}\n" in files["Release"].decode()


def test_index_files_of_the_same_packages_are_the_same_bytes() -> None:
    """The order packages were found in does not show."""
    one, two = Stanza(TEXT), Stanza("Package: b\nVersion: 1\nFilename: pool/b_1_all.deb\n")
    assert index_files([one, two], "bookworm", "amd64") == index_files([two, one], "bookworm", "amd64")
