"""The home of state and the passphrase that seals it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from failures import GateRefused, InputInvalid
from stacks.rollout.home import Home, clouds_at, home_of, passphrase


def test_home_of_a_set_variable_wins(tmp_path: Path) -> None:
    """GOVCLOUD_HOME is the root of everything."""
    assert home_of("c", {"GOVCLOUD_HOME": str(tmp_path)}).folder == tmp_path / "stacks" / "c"


def test_home_made_folders_are_private(tmp_path: Path) -> None:
    """Nobody else may look into the folders of a cloud."""
    home = Home(tmp_path / "home", "c")
    home.make()
    assert {stat.S_IMODE(p.stat().st_mode) for p in (home.root, home.folder, home.states, home.records)} == {0o700}
    assert clouds_at(home.root) == ("c",)


def test_passphrase_without_settings_is_generated_once(tmp_path: Path) -> None:
    """The first use makes a private key file and says so; the second finds it."""
    home = Home(tmp_path / "home", "c")
    first, second = passphrase(home, {}), passphrase(home, {})
    assert first.text == second.text
    assert (first.made, second.made) == (home.key, None)
    assert len(first.text) >= 40
    assert stat.S_IMODE(home.key.stat().st_mode) == 0o600
    assert first.text not in repr(first)


@pytest.mark.parametrize("variable", ["GOVCLOUD_PASSPHRASE_FILE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
def test_passphrase_file_named_in_the_environment_is_read(tmp_path: Path, variable: str) -> None:
    """A named file is used, without its line end."""
    (tmp_path / "p").write_text("open sesame\n")
    assert passphrase(Home(tmp_path, "c"), {variable: str(tmp_path / "p")}).text == "open sesame"


def test_passphrase_file_that_is_missing_is_invalid_input(tmp_path: Path) -> None:
    """A named file that is not there is an error, never a reason to generate a key."""
    with pytest.raises(InputInvalid, match="cannot be read"):
        passphrase(Home(tmp_path, "c"), {"GOVCLOUD_PASSPHRASE_FILE": str(tmp_path / "none")})


def test_passphrase_file_that_is_empty_is_invalid_input(tmp_path: Path) -> None:
    """An empty passphrase seals nothing."""
    (tmp_path / "p").write_text("\n")
    with pytest.raises(InputInvalid, match="empty"):
        passphrase(Home(tmp_path, "c"), {"GOVCLOUD_PASSPHRASE_FILE": str(tmp_path / "p")})


def test_passphrase_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    """A key that others may read protects nothing."""
    home = Home(tmp_path, "c")
    passphrase(home, {})
    home.key.chmod(0o640)
    with pytest.raises(GateRefused, match="others may read"):
        passphrase(home, {})


def test_passphrase_lost_with_state_there_is_refused(tmp_path: Path) -> None:
    """A new key could not open the old state, so none is made."""
    home = Home(tmp_path, "c")
    home.make()
    (home.states / "c.east.foundation.json").write_text("{}")
    with pytest.raises(GateRefused, match="not here"):
        passphrase(home, {})
    assert not home.key.exists()
