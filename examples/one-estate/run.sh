#!/usr/bin/env bash
# Four sample sets and the links between them in one estate, imported twice; docs/one-estate.md walks through it.
#
#   examples/one-estate/run.sh FOLDER_WITH_DATA [STORE]
#
# FOLDER_WITH_DATA has gitlab-services/, servicenow-csdm/, netbox-demo/ and itop/sample/. STORE is one that is empty;
# without it, one in a folder that is gone afterwards.
set -euo pipefail

data=$(cd "${1:?usage: run.sh FOLDER_WITH_DATA [STORE]}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ ! -x $here/../../.venv/bin/cmdb ]] || PATH=$here/../../.venv/bin:$PATH
command -v cmdb > /dev/null || { echo "there is no cmdb: run python3 dev.py demo once, or put it on the path" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CMDB_STORE=${2:-sqlite:$work/estate.db} CMDB_MODEL=$here/model.yaml

say() { printf '\n== %s\n' "$*"; }
cmdb_says() { printf '\n$ cmdb %s\n' "$*" && cmdb "$@"; }

# Two sets are made ready: the catalogue is converted (docs/recipe-gitlab.md), the tables get their mapping.
(cd "$here/../.." && python3 -m examples.gitlab.convert "$data/gitlab-services" "$work/gitlab" --alias postgres=patroni)
mkdir "$work/servicenow"
cp "$data"/servicenow-csdm/*.csv "$here/../servicenow/mapping.yaml" "$work/servicenow"
netbox=("$data"/netbox-demo/*.json*)

sources=(gitlab servicenow netbox itop operations)
declare -A path=(
    [gitlab]=$work/gitlab [servicenow]=$work/servicenow [netbox]=${netbox[0]} [itop]=$data/itop/sample
    [operations]=$here/operations
)

say "First run: for each source a plan, then the import"
for source in "${sources[@]}"; do
    cmdb_says import "${path[$source]}" --source "$source" --plan
    cmdb_says import "${path[$source]}" --source "$source"
done

say "What came together"
cmdb_says sources
cmdb_says conflicts
cmdb_says duplicates

say "People looked at the pairs: they are two each"
{ read -r _ && while IFS=, read -r one other why; do
    cmdb_says distinct "$one" "$other" --note "$why"
done; } <"$here/operations/two.csv"
cmdb_says duplicates

say "A line at Scranton fails (netbox), and who feels it"
cmdb_says impact netbox-circuit-10
cmdb_says why itop-organization-2 netbox-circuit-10

say "Google's us-east1 fails (netbox), and who feels it"
cmdb_says impact netbox-cluster-15

say "Second run: the same again changes nothing"
cmdb export "$work/before"
for source in "${sources[@]}"; do
    cmdb_says import "${path[$source]}" --source "$source" | tee "$work/again"
    grep -q '^nothing to change' "$work/again" || { echo "$source changed something" >&2; exit 1; }
done
cmdb export "$work/after"
diff -r "$work/before" "$work/after"
cmdb_says runs
say "Nothing changed: no CI, no relation, no pool"
