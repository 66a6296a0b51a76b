#!/bin/sh
# Make sure of the system libraries that the Python packages do not carry.
#   system_libraries.sh run    what the Qt window needs
#   system_libraries.sh test   also what the tests need (a C compiler for the NVML stand-in, a virtual display)
# As root on Debian or Ubuntu they are installed; otherwise the exact command is printed, and the script goes on when
# only the screen's libraries are missing (the tests and the command line do without).
set -eu

qt="libegl1 libgl1 libdbus-1-3 libfontconfig1 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4
    libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 fonts-dejavu-core"
wanted="python3-venv $qt"
case "${1:-run}" in
  run) ;;
  test) wanted="$wanted gcc libc6-dev xvfb xauth" ;;
  *) echo "usage: $0 run|test" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
  exit 0   # not Debian or Ubuntu: Qt itself names what it misses when the window opens
fi

missing=""
for package in $wanted; do
  # a renamed package (libglib2.0-0t64 …) provides the old name, so ask for the state of either
  dpkg-query -W -f '${db:Status-Status}\n' "$package" "${package}t64" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "Some system libraries are missing. Install them with:" >&2
  echo "    sudo apt-get install --no-install-recommends$missing" >&2
fi
