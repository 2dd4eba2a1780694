#!/bin/sh
# Installs the system packages that are missing, for Debian 12 (Ubuntu 24.04: untried).
# Asks apt only when something is missing. Services that such a package brings are neither started
# nor changed: a policy file of our own says so to dpkg for as long as the installation lasts.
set -eu

PACKAGES="
    python3-venv
    libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0
    libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0
    libxcb-xinerama0 libxcb-randr0
    xvfb xauth openbox xdotool x11-xserver-utils
    softhsm2 libzbar0 poppler-utils
    opensc-pkcs11 opencryptoki pcscd vsmartcard-vpcd gcc libc6-dev iproute2
    fonts-wqy-zenhei fonts-hanazono
    dbus-x11 gnome-keyring git
"
# One that is there already, of whatever version and from wherever, is good enough.
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || PACKAGES="$PACKAGES postgresql"
POLICY=/usr/sbin/policy-rc.d
# Read by PostgreSQL's package when it is installed: the tests make a cluster of their own, and the
# machine is to have none that it did not have before.
CLUSTERS=/etc/postgresql-common/createcluster.d
NO_CLUSTER=$CLUSTERS/clerk_client.conf
OURS="# clerk_client setup.sh"

say() { printf '%s\n' "[set-up] $*"; }

# One package a line, because the name may come back with its architecture (libgl1:amd64).
# shellcheck disable=SC2086  # the lists are split into words on purpose, here and below
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $PACKAGES 2>/dev/null || true)
missing=""
for package in $PACKAGES; do
    case "
$installed
" in
    *"
$package installed
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root="sudo"
else
    say "These system packages are missing and installing them needs root:$missing" >&2
    exit 1
fi

log=$(mktemp)
policy_is_ours=""
no_cluster_is_ours=""
clear_up() {
    rm -f "$log"
    [ -z "$policy_is_ours" ] || $as_root rm -f "$POLICY"
    if [ -n "$no_cluster_is_ours" ]; then
        $as_root rm -f "$NO_CLUSTER"
        $as_root rmdir --ignore-fail-on-non-empty "$CLUSTERS"
    fi
}
trap clear_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

count=$(echo "$missing" | wc -w)
say "Installing $count system packages (about a minute):$missing"
# One of ours may be left from a run that was killed. Somebody else's stays as it is.
if [ ! -e "$POLICY" ] || grep -qxF "$OURS" "$POLICY"; then
    policy_is_ours=yes
    printf '#!/bin/sh\n%s\nexit 101\n' "$OURS" | $as_root tee "$POLICY" >/dev/null
    $as_root chmod 755 "$POLICY"
fi
case "$missing" in
*postgresql*)
    no_cluster_is_ours=yes
    $as_root mkdir -p "$CLUSTERS"
    printf '%s\ncreate_main_cluster = false\n' "$OURS" | $as_root tee "$NO_CLUSTER" >/dev/null
    ;;
esac
# The words apt prints are kept and shown only if it fails. Another apt at work is waited for.
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@" >"$log" 2>&1
}
if ! apt update; then
    cat "$log" >&2
    say "The package lists could not be renewed; going on with those that are here." >&2
fi
# shellcheck disable=SC2086
if ! apt install -y --no-install-recommends $missing; then
    cat "$log" >&2
    if grep -q 'dpkg --configure -a' "$log" || [ -n "$(dpkg --audit 2>/dev/null)" ]; then
        say "An earlier installation was interrupted. As root: dpkg --configure -a" >&2
    fi
    say "apt could not install:$missing" >&2
    exit 1
fi
say "System packages are there."
