"""Signs and checks statements with OpenSSH's keys, by ssh-keygen: on disk, in an agent, or on a token."""

from __future__ import annotations

import re
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from failures import GateRefused, InputInvalid, OutsideFailed, Text

NAMESPACE = "govcloud-drill-approval"
SIGN_S = 120.0
"""A person may have to type a passphrase, or touch a token."""
CHECK_S = 10.0
KEY = re.compile(r" key (SHA256:\S+)")


def sign(text: str, key: Path) -> str:
    """Return the signature of a text by a key, armoured. Raises InputInvalid when the key cannot sign."""
    done = _keygen(["-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE], text, SIGN_S)
    if done.returncode or not done.stdout:
        reason = done.stderr.strip().splitlines()[-1:] or ["-"]
        raise InputInvalid(
            Text(f"the key does not sign: {reason[0]}", f"密钥无法签名：{reason[0]}"),
            where=str(key),
            fix=Text("name a private key of OpenSSH: --key ~/.ssh/id_ed25519", "请给出 OpenSSH 私钥文件"),
        )
    return done.stdout


def signed_by(text: str, signature: str) -> str | None:
    """Return the fingerprint of the key that signed a text, None when none did; says nothing of whose it is."""
    with _as_files(signature) as (signed, _):
        done = _keygen(["-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signed)], text, CHECK_S)
    found = KEY.search(done.stdout)
    return found[1] if done.returncode == 0 and found else None


def names_of(signature: str, approvers: bytes) -> tuple[str, ...]:
    """Return everybody to whom a file of approvers gives the key of a signature; empty for a stranger's."""
    with _as_files(signature, approvers) as (signed, allowed):
        done = _keygen(["-Y", "find-principals", "-f", str(allowed), "-s", str(signed)], "", CHECK_S)
    return tuple(done.stdout.split()) if done.returncode == 0 else ()


def verified(text: str, signature: str, who: str, approvers: bytes) -> str:
    """Return the fingerprint of the key with which `who` signed a text. Raises GateRefused when that is not so."""
    with _as_files(signature, approvers) as (signed, allowed):
        words = ["-Y", "verify", "-f", str(allowed), "-I", who, "-n", NAMESPACE, "-s", str(signed)]
        done = _keygen(words, text, CHECK_S)
    found = KEY.search(done.stdout)
    if done.returncode == 0 and found:
        return found[1]
    if signed_by(text, signature) is None:
        raise GateRefused(
            Text(
                "the approval is forged or damaged: its signature is not of its text",
                "批准是伪造或损坏的：签名与内容不符",
            ),
            where=who,
        )
    raise GateRefused(
        Text(f"the key that signed is not one of {who}'s", f"签名所用的密钥不属于 {who}"),
        where=who,
        fix=Text("the approvers file says whose keys count, and until when", "有效密钥及其期限见批准人文件"),
    )


def fingerprint(public: str) -> str | None:
    """Return the fingerprint of a line of a public key; None when it is none."""
    parts = public.split()
    try:
        return "SHA256:" + b64encode(sha256(b64decode(parts[1], validate=True)).digest()).decode().rstrip("=")
    except (IndexError, ValueError):
        return None


@contextmanager
def _as_files(signature: str, approvers: bytes = b"") -> Iterator[tuple[Path, Path]]:
    with TemporaryDirectory(prefix="govcloud-approval-") as folder:
        signed, allowed = Path(folder, "signature"), Path(folder, "approvers")
        signed.write_text(signature, encoding="utf-8")
        allowed.write_bytes(approvers)
        yield signed, allowed


def _keygen(words: Sequence[str], text: str, seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["ssh-keygen", *words], input=text, capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise OutsideFailed(
            Text(f"ssh-keygen: {error}", f"ssh-keygen：{error}"),
            fix=Text("install OpenSSH 8.2 or newer", "请安装 OpenSSH 8.2 或更新版本"),
        ) from error
