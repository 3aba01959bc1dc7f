#!/bin/sh
# Puts govcloud and everything it is tested with into .venv; when nothing has changed it costs a moment.
set -eu
cd "$(dirname "$0")"

MEMORY_MIB=3700  # a machine sold as 4 GiB shows a little less
DISK_MIB=8192
PACKAGES="ca-certificates git openssh-client"
# Packages of which the program and its tests import little or nothing: two fifths of what there would be to compile.
LEFT_OUT='/(tests?|pip|setuptools|debugpy|openstackclient|manilaclient|keystoneclient|mypyc|ansible_test|lexers)/'
PYTHON_FITS='import ensurepip, ssl, sys, venv; sys.exit(sys.version_info < (3, 11))'
STAMP=.venv/installed

say() { printf '%s\n  %s\n' "$1" "$2" >&2; }

stop() {
    say "$1" "$2"
    exit 3
}

fingerprint() {
    printf '%s %s\n' "$PWD" "$(cat install.sh pyproject.toml uv.lock | sha256sum)"
}

up_to_date() {
    [ "$(cat "$STAMP" 2>/dev/null)" = "$(fingerprint)" ] && [ -x .venv/bin/govcloud ] && .venv/bin/python -c ''
}

# Every lack is told before giving up: a newcomer mends the machine once, not five times.
check_machine() {
    lacks=0
    if [ "$(id -u)" != 0 ]; then
        lacks=1
        say "not root: run this as root (sudo -i); the lab makes network namespaces and mounts" \
            "不是 root：请用 root 运行（sudo -i）；实验环境要建立网络命名空间和挂载"
    fi
    # shellcheck source=/dev/null
    system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}") || system=unknown
    if [ "$system" != "debian 12" ] || ! getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
        lacks=1
        say "this system is ${system}: use Debian 12 with glibc" \
            "本机系统是 ${system}：请使用 Debian 12（glibc）"
    fi
    memory=$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo 2>/dev/null) || memory=
    if [ "${memory:-0}" -lt "$MEMORY_MIB" ]; then
        lacks=1
        say "memory: ${memory:-unknown} MiB; at least 4 GiB is needed (is /proc mounted?)" \
            "内存：${memory:-未知} MiB；至少需要 4 GiB（/proc 是否已挂载？）"
    fi
    disk=$(df -Pm . | awk 'NR == 2 {print $4}')
    if [ ! -e "$STAMP" ] && [ "$disk" -lt "$DISK_MIB" ]; then
        lacks=1
        say "disk: $disk MiB free at $PWD; at least 8 GiB is needed" \
            "磁盘：${PWD} 处剩余 ${disk} MiB；至少需要 8 GiB"
    fi
    return "$lacks"
}

# Debian's own first: it is built with profiles, and a quarter faster than what version managers compile.
find_python() {
    for name in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && "$name" -c "$PYTHON_FITS" 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

# Debian's own python3 comes without venv, so both are asked for when no Python here will do.
add_packages() {
    wanted=$PACKAGES
    find_python >/dev/null || wanted="$wanted python3 python3-venv"
    missing=
    for package in $wanted; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
    done
    [ -z "$missing" ] && return
    echo "installing Debian packages:$missing" >&2
    # shellcheck disable=SC2086  # a list of package names
    if ! { apt_get update && apt_get install --no-install-recommends $missing; } >"$LOG" 2>&1; then
        tail -n 5 "$LOG" >&2
        stop "apt-get could not install:$missing; check the Debian mirror in /etc/apt" \
            "apt-get 无法安装：${missing}；请检查 /etc/apt 中的 Debian 镜像"
    fi
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive timeout 900 apt-get -y -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"
}

make_environment() {
    .venv/bin/python -c "$PYTHON_FITS" 2>/dev/null || "$(find_python)" -m venv --clear --without-pip .venv
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >"$LOG" 2>&1
}

unreachable() {
    tail -n 5 "$LOG" >&2
    stop "could not get the Python packages: check the index with 'pip config list', or set PIP_INDEX_URL to one this machine reaches" \
        "无法取得 Python 软件包：请用 pip config list 检查软件源，或把 PIP_INDEX_URL 设为本机可访问的软件源"
}

# The lock names pypi.org's own addresses; exported to names and hashes it holds for whatever index this machine has.
add_python_packages() {
    uv=$(awk '$1 == "name" && $3 == "\"uv\"" {getline; gsub(/"/, "", $3); print $3; exit}' uv.lock)
    timeout 900 .venv/bin/python -m pip install -q --disable-pip-version-check "uv==$uv" >"$LOG" 2>&1 || unreachable
    eval "$(.venv/bin/python lab/indexes.py)"
    export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"
    .venv/bin/uv export -q --frozen --no-emit-project -o .venv/requirements.txt
    timeout 1800 .venv/bin/uv pip sync -q --python .venv/bin/python .venv/requirements.txt >"$LOG" 2>&1 || unreachable
    .venv/bin/python -m compileall -qq -j 0 -x "$LEFT_OUT" .venv/lib/python3*/site-packages || true
    .venv/bin/uv pip install -q --no-deps --no-build-isolation --offline --python .venv/bin/python -e . >"$LOG" 2>&1 ||
        unreachable
}

up_to_date && exit 0
LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT
check_machine || exit 3
exec 9<.
flock -w 1800 9 || stop "another install holds this folder" "另一个安装程序正在使用此目录"
up_to_date && exit 0
add_packages
make_environment
add_python_packages
fingerprint >"$STAMP"
echo "installed: .venv/bin/govcloud" >&2
