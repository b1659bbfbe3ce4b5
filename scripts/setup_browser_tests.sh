#!/bin/sh
# Fetches what only the browser tests need: axe-core (accessibility) and, where there is no Chromium, Playwright's own.
# sh scripts/setup_browser_tests.sh .venv
#
# Neither is a must on a person's machine: the tests that lack it are skipped and say so. In CI they fail.
set -eu

venv=$1
axe=tests/e2e/node_modules/.package-lock.json

# npm writes its own lock file into node_modules when, and only when, an installation is complete.
if [ ! -e "$axe" ] || [ -n "$(find tests/e2e/package-lock.json -newer "$axe")" ]; then
    if command -v npm >/dev/null 2>&1; then
        npm ci --prefix tests/e2e --no-audit --no-fund --loglevel=error && touch "$axe" ||
            echo "npm could not install axe-core: the accessibility tests will be skipped." >&2
    else
        echo "There is no npm here, so no axe-core: the accessibility tests will be skipped." >&2
    fi
fi

has_browser() {
    [ -n "${CNN_LAB_CHROMIUM:-}" ] && return
    for browser in chromium-headless-shell chromium google-chrome; do
        if command -v "$browser" >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

if ! has_browser; then
    # Does nothing when it is there already.
    "$venv/bin/python" -m playwright install chromium ||
        echo "There is no Chromium here: the browser tests will be skipped." >&2
fi
