#!/bin/sh
# Installs watchbill from the checkout that this script lies in:  set-up.sh VENV
# Says which build that is, so that it need not be installed again:  set-up.sh --mark
set -eu
cd -- "$(dirname -- "$0")/../.."
if [ "$1" = --mark ]; then
    find watchbill pyproject.toml requirements.lock README.md -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cat | sha256sum | cut -c 1-12
    exit
fi
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r requirements.lock
"$1/bin/pip" install --quiet --disable-pip-version-check --no-deps .
