#!/bin/sh
# One tick in a job:  once.sh PROGRAM, with WATCHBILL_CONFIG, WATCHBILL_STATE_DIR, BEGIN and PUSH in the environment.
set -eu
program=$1
list() { git for-each-ref --format="%(refname:lstrip=$1)" "$2/watchbill"; }

# What landed in earlier jobs was pushed: a checkout has only the branch that it was made for.
git fetch --quiet origin '+refs/heads/watchbill/*:refs/remotes/origin/watchbill/*'
for branch in $(list 3 refs/remotes/origin); do
    git show-ref --verify --quiet "refs/heads/$branch" || git branch --quiet --no-track "$branch" "origin/$branch"
done

set -- once --json
[ "${BEGIN:-false}" = false ] || set -- "$@" --begin
code=0
said=$("$program" "$@") || code=$?
echo "$said"
started=$(echo "$said" | python3 -c 'import json, sys; print(len(json.loads(sys.stdin.read().strip() or "{}").get("started", [])))')
echo "started=$started" >>"${GITHUB_OUTPUT:-/dev/null}"

if [ "${PUSH:-true}" = true ]; then
    for branch in $(list 2 refs/heads); do
        new=$(git rev-parse "refs/heads/$branch")
        [ "$new" = "$(git rev-parse --quiet --verify "refs/remotes/origin/$branch")" ] || git push --quiet origin "refs/heads/$branch"
    done
fi
if [ "$started" = 0 ] && [ $code = 0 ]; then
    exit 0 # nothing to tell
fi
{
    echo '```'
    "$program" status
    echo '```'
} >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
exit $code
