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
    fonts-wqy-zenhei fonts-hanazono
    dbus-x11 gnome-keyring git
"
POLICY=/usr/sbin/policy-rc.d

say() { printf '%s\n' "[set-up] $*"; }

missing=""
for package in $PACKAGES; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
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

count=$(echo "$missing" | wc -w)
say "Installing $count system packages (about a minute):$missing"
if [ ! -e "$POLICY" ]; then
    trap '$as_root rm -f "$POLICY"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$POLICY" >/dev/null
    $as_root chmod +x "$POLICY"
fi
$as_root apt-get update -qq
# The words apt prints are kept and shown only if it fails; its own progress is shown as a count.
log=$(mktemp)
if ! $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "apt could not install:$missing" >&2
    exit 1
fi
rm -f "$log"
say "System packages are there."
