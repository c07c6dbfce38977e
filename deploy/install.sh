#!/bin/sh
# Sets watchbill up as a systemd service on Debian, from the folder that this script lies in; run it again to upgrade.
#
#   deploy/install.sh [--user NAME] [--repo DIR]... [--key NAME=FILE]... [--config FILE] [--dry-run]
#   deploy/install.sh --uninstall [--purge] [--dry-run]
#
#   --user NAME        run as this user, who is there: the one who owns the repositories. Default: one of its own, watchbill
#   --repo DIR         a repository, or a folder of them, that it may write; may be repeated
#   --key NAME=FILE    a key for api_key = "credential:NAME", copied to where only root reads it; may be repeated
#   --config FILE      the configuration, where there is none yet; later it is yours to edit in /etc/watchbill
#   --dry-run          say every step and do none
#   --uninstall        take away what this script made; configuration, keys and state stay
#   --purge            with --uninstall: these, too
#
# Exit codes: 0 done, 1 a step failed, 2 wrong usage or something is missing (nothing was done then).
set -eu

OPT=/opt/watchbill
BIN=/usr/local/bin/watchbill
ETC=/etc/watchbill
STATE=/var/lib/watchbill
UNIT=/etc/systemd/system/watchbill.service
DROPINS=$UNIT.d
HERE=$DROPINS/10-here.conf
RELOAD=$DROPINS/20-notify-reload.conf
NOTE=$ETC/made-user
USER_ITSELF=watchbill
WAITS_FOR_RELOAD=253 # the first systemd that knows Type=notify-reload

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=$(dirname -- "$here")
umask 022

main() {
    user='' repos='' keys='' config='' is_dry=no is_gone=no is_purged=no
    while [ $# -gt 0 ]; do
        case $1 in
        --user | --repo | --key | --config)
            [ $# -ge 2 ] || refuse "$1 wants a value"
            take "$1" "$2"
            shift
            ;;
        --dry-run) is_dry=yes ;;
        --uninstall) is_gone=yes ;;
        --purge) is_purged=yes ;;
        -h | --help) sed -n '2,/^set /{ /^set /d; s/^# \{0,1\}//; p; }' "$0"; exit 0 ;;
        *) refuse "unknown option $1; --help shows them" ;;
        esac
        shift
    done
    [ "$is_purged" = no ] || [ "$is_gone" = yes ] || refuse "--purge goes with --uninstall"
    if [ "$is_gone" = yes ]; then
        uninstall
    else
        install_all
    fi
}

take() {
    case $1 in
    --user) user=$2 ;;
    --config) config=$2 ;;
    --repo)
        case $2 in
        *[!A-Za-z0-9/._+@-]*) refuse "--repo $2: systemd wants a path without spaces and special characters here" ;;
        /*) repos="$repos $2" ;;
        *) refuse "--repo $2: give the whole path, from /" ;;
        esac
        ;;
    --key)
        case $2 in
        *[!A-Za-z0-9/._=+@-]*) refuse "--key $2: use letters, digits and . _ - only" ;;
        [!=/]*=?*) keys="$keys $2" ;;
        *) refuse "--key $2: write NAME=FILE" ;;
        esac
        ;;
    esac
}

# --- setting up

install_all() {
    look
    build=$(version)-$(fingerprint)
    venv=$OPT/$build
    changed=no
    folder 0755 "$OPT"
    folder 0755 "$ETC"
    folder 0700 "$ETC/keys"
    [ -n "$user" ] || user=$(said User | cut -d = -f 2)
    [ -n "$user" ] || own_user
    programs
    settings
    service
    start
}

own_user() {
    user=$USER_ITSELF
    if ! id "$user" >/dev/null 2>&1; then
        step "make the system user $user" \
            useradd --system --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin "$user"
        step "remember that $user is ours to take away" touch "$NOTE"
    fi
}

look() {
    [ -f "$source/requirements.lock" ] || refuse "$source is no checkout of watchbill"
    missing=''
    for name in python3 git bwrap systemctl useradd; do
        command -v $name >/dev/null || missing="$missing $name"
    done
    python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing="$missing python3-venv(>=3.11)"
    [ -z "$missing" ] || lack "missing:$missing. apt-get install python3-venv git bubblewrap systemd passwd, then run this again"
    [ -z "$user" ] || id "$user" >/dev/null 2>&1 || refuse "there is no user $user"
    for repo in $repos; do
        [ -d "$repo" ] || refuse "--repo $repo: there is no such folder"
    done
    for key in $keys; do
        [ -s "${key#*=}" ] || refuse "--key $key: ${key#*=} is missing or empty"
    done
    [ -z "$config" ] || [ -f "$config" ] || refuse "--config $config: there is no such file"
    [ "$(id -u)" = 0 ] || lack "run it as root, or with --dry-run"
}

version() {
    sed -n 's/^version = "\(.*\)"$/\1/p' "$source/pyproject.toml"
}

# Of all that is installed: another checkout of the same version is another build.
fingerprint() {
    (cd "$source" && find watchbill pyproject.toml requirements.lock README.md -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cat) |
        sha256sum | cut -c 1-12
}

# Each build has a folder of its own and one link chooses: a running daemon keeps the modules that it began with.
programs() {
    if [ -x "$venv/bin/watchbill" ] && [ -e "$venv/whole" ]; then
        say "unchanged: $venv"
    else
        step "clear what a broken-off run left" rm -rf "$venv"
        step "make the environment $venv" python3 -m venv "$venv"
        step "install what watchbill needs, each file by its hash" \
            "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r "$source/requirements.lock"
        step "install watchbill $build" "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "$source"
        step "try it" "$venv/bin/watchbill" --version
        step "mark it as whole" touch "$venv/whole"
    fi
    before=$(readlink "$OPT/current" || true)
    link "$build" "$OPT/current"
    link "$OPT/current/bin/watchbill" "$BIN"
    [ "$before" = "$build" ] || [ -z "$before" ] || link "$before" "$OPT/previous"
    kept=$(readlink "$OPT/previous" || true)
    for old in "$OPT"/*/; do
        name=$(basename "$old")
        case $name in
        "$build" | "$before" | "$kept" | current | previous | '*') ;;
        *) step "delete the old $OPT/$name" rm -rf "${OPT:?}/$name" ;;
        esac
    done
    put "$OPT/README.md" 0644 <"$source/README.md"
}

settings() {
    for key in $keys; do
        put "$ETC/keys/${key%%=*}" 0600 <"${key#*=}"
    done
    if [ -n "$config" ] && [ ! -e "$ETC/watchbill.toml" ]; then
        put "$ETC/watchbill.toml" 0644 <"$config"
    fi
}

service() {
    put "$UNIT" 0644 <"$here/watchbill.service"
    folder 0755 "$DROPINS"
    dropin | put "$HERE" 0644
    number=$(systemctl --version | sed -n '1s/[^0-9]*\([0-9]*\).*/\1/p')
    if [ "${number:-0}" -ge $WAITS_FOR_RELOAD ]; then
        put "$RELOAD" 0644 <"$here/notify-reload.conf"
    fi
}

# What was said before stays, so that running it again without options is an upgrade.
dropin() {
    echo "# Made by install.sh; what is yours goes into a file of their own: systemctl edit watchbill"
    echo "[Service]"
    echo "User=$user"
    # what a person's other programs share among them is not the service's to remove
    [ "$user" = "$USER_ITSELF" ] || echo "RemoveIPC=no"
    { for repo in $repos; do places "$repo"; done; said ReadWritePaths; said BindPaths; said ProtectHome; } | sort -u
    { for key in $keys; do echo "LoadCredential=${key%%=*}:$ETC/keys/${key%%=*}"; done; said LoadCredential; } | sort -u
}

# A repository that is gone stops only itself: "-". Of homes nothing else is there.
places() {
    case $1 in
    /home | /root | /home/* | /root/*) printf '%s\n' ProtectHome=tmpfs "BindPaths=-$1" ;;
    *) echo "ReadWritePaths=-$1" ;;
    esac
}

said() {
    [ ! -f "$HERE" ] || sed -n "/^$1=/p" "$HERE"
}

start() {
    [ $changed = no ] || step "let systemd read it" systemctl daemon-reload
    systemctl --quiet is-enabled watchbill.service 2>/dev/null || step "start it with the machine" systemctl --quiet enable watchbill.service
    if [ -z "$config" ] && [ ! -e "$ETC/watchbill.toml" ]; then
        say "next: write $ETC/watchbill.toml (\`watchbill init --print REPOSITORY\` is a beginning; paths from /), then"
        say "      systemctl start watchbill"
    elif [ $changed = yes ] || ! systemctl --quiet is-active watchbill.service; then
        step "start it, or start it anew" systemctl restart watchbill.service
        say "look at it: $BIN --config $ETC/watchbill.toml status"
    fi
}

# --- undoing

uninstall() {
    [ "$(id -u)" = 0 ] || lack "run it as root, or with --dry-run"
    if [ -e "$UNIT" ]; then
        step "stop it; running work comes to its checkpoint" systemctl --quiet disable --now watchbill.service
    fi
    for made in "$RELOAD" "$HERE" "$UNIT" "$BIN"; do
        if [ -e "$made" ] || [ -h "$made" ]; then step "delete $made" rm -f "$made"; fi
    done
    [ ! -d "$DROPINS" ] || step "delete $DROPINS, unless something of yours is in it" rmdir --ignore-fail-on-non-empty "$DROPINS"
    step "let systemd forget it" systemctl daemon-reload
    [ "$is_dry" = yes ] || systemctl reset-failed watchbill.service 2>/dev/null || true
    if [ -e "$NOTE" ] && [ "$is_purged" = yes ]; then
        step "take away the user $USER_ITSELF" userdel "$USER_ITSELF"
    fi
    [ ! -d "$OPT" ] || step "delete $OPT" rm -rf "$OPT"
    for kept in "$ETC" "$STATE"; do
        [ -d "$kept" ] || continue
        if [ "$is_purged" = yes ]; then
            step "delete $kept" rm -rf "$kept"
        else
            say "kept: $kept (--purge deletes it)"
        fi
    done
}

# --- steps

step() {
    say "$1"
    changed=yes
    shift
    [ "$is_dry" = yes ] || "$@"
}

folder() {
    [ -d "$2" ] || step "make $2" install -d -m "$1" "$2"
}

# Writes stdin to a file, whole or not at all, unless it says so already.
put() {
    text=$(mktemp)
    cat >"$text"
    if cmp -s "$text" "$1"; then
        say "unchanged: $1"
    else
        step "write $1" install -m "$2" "$text" "$1"
    fi
    rm -f "$text"
}

link() {
    [ "$(readlink "$2" || true)" = "$1" ] || step "let $2 be $1" ln -sfn "$1" "$2"
}

say() {
    if [ "$is_dry" = yes ]; then echo "would: $*"; else echo "$*"; fi
}

lack() {
    if [ "$is_dry" = yes ]; then say "stop: $*"; else refuse "$*"; fi
}

refuse() {
    echo "install.sh: $*" >&2
    exit 2
}

main "$@"
