#!/bin/sh
# Makes the virtual environment, or brings it up to date: sh scripts/setup.sh .venv requirements.txt
#
# Costs one start of Python when nothing is to be done. Installs again when a requirements file has changed, and builds
# the environment anew when it was cut off half-way or its Python is gone or out of range.
set -eu

venv=$1
requirements=$2
python="$venv/bin/python"
stamp="$venv/.installed-$requirements"
unfinished="$venv/.unfinished"

# Streamlit and TensorFlow share these versions; keep in step with requires-python in pyproject.toml.
version_check='import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
wanted="Python 3.11, 3.12 or 3.13"

# Everything that decides what must be installed: the Python and the requirements files. The development's list
# includes the app's.
fingerprint() {
    echo "Python $1"
    if [ "$requirements" = requirements.txt ]; then
        cksum requirements.txt
    else
        cksum requirements.txt "$requirements"
    fi
}

# --- Is everything there already? -------------------------------------------------------------------------------------
version=none
if [ -e "$venv" ]; then
    if ! version=$("$python" -c "$version_check" 2>/dev/null) || [ -e "$unfinished" ]; then
        version=none
    elif [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$version")" ]; then
        exit 0
    elif ! "$python" -m pip --version >/dev/null 2>&1; then
        version=none
    fi
fi

# --- A Python that really works ---------------------------------------------------------------------------------------
# Being on the PATH is not enough: the launchers of pyenv and of the Windows store are there and fail, and Debian leaves
# venv out of its python3. Sets `chosen`, or `seen`: why each candidate was refused.
try_python() {
    path=$(command -v "$1" 2>/dev/null) || return 1
    if ! answer=$("$path" -c "$version_check" 2>&1); then
        case $answer in
            2.* | 3.*) seen="$seen
  $1 ($path): Python $answer, out of range" ;;
            *) seen="$seen
  $1 ($path): does not run" ;;
        esac
        return 1
    fi
    if ! "$path" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        seen="$seen
  $1 ($path): Python $answer without the venv module (Debian, Ubuntu: apt install python$answer-venv)"
        return 1
    fi
    chosen=$path
}

find_python() {
    chosen=
    seen=
    if [ -n "${PYTHON:-}" ] && ! try_python "$PYTHON"; then
        # Somebody asked for this very Python: another one in its place would be a surprise.
        fail "PYTHON=$PYTHON cannot be used." "${seen:-
  $PYTHON: not found}"
    fi
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        [ -n "$chosen" ] || try_python "$candidate" || true
    done
    [ -n "$chosen" ] || fail "No usable Python was found." "${seen:-
  no python3 or python on the PATH}"
}

fail() {
    cat >&2 <<END
CNN Lab needs $wanted. $1
Found:$2
Install one of these versions (python.org, your package manager, pyenv or uv), or say where it is:
  make run PYTHON=/path/to/python3.12
END
    exit 1
}

if [ "$version" = none ]; then
    find_python
    if [ -e "$venv" ]; then
        # Only what a venv is gets removed: VENV may have been pointed at something else by mistake.
        if [ ! -f "$venv/pyvenv.cfg" ] && [ ! -e "$unfinished" ]; then
            echo "$venv is there but is no virtual environment. Remove it, or choose another place with VENV=…" >&2
            exit 1
        fi
        echo "The environment in $venv is unfinished or its Python is gone: building it anew."
        rm -rf "$venv"
    fi
    echo "Making a virtual environment in $venv with $chosen"
    mkdir -p "$venv"
    : >"$unfinished"
    "$chosen" -m venv "$venv"
    version=$("$python" -c "$version_check")
fi

# --- Install ----------------------------------------------------------------------------------------------------------
echo "Installing $requirements into $venv; the first time this takes a few minutes and downloads several hundred MB."
: >"$unfinished"
if ! "$python" -m pip install --disable-pip-version-check -r "$requirements"; then
    # pip has cleaned up after itself, so what it downloaded and what was there before can stay.
    rm -f "$unfinished"
    echo "The installation of $requirements failed; pip says why above. Run the same command again to go on." >&2
    exit 1
fi
fingerprint "$version" >"$stamp"
if [ "$requirements" != requirements.txt ]; then
    # The longer list contains the app's own.
    (requirements=requirements.txt && fingerprint "$version" >"$venv/.installed-requirements.txt")
fi
rm -f "$unfinished"
