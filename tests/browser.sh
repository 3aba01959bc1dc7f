#!/bin/sh
# Puts a Chromium on this machine unless there is one; tests/dr_drills/report/test_page.py knows the same names.
set -eu
for name in chromium-headless-shell chromium chromium-browser google-chrome chrome; do
    command -v "$name" >/dev/null && exit 0
done
echo "installing Debian packages: chromium-headless-shell" >&2
apt_get() {
    DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -qy -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 "$@" >/dev/null
}
apt_get update
apt_get install --no-install-recommends chromium-headless-shell
