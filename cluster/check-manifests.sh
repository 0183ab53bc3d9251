#!/bin/bash
# Checks the manifests of Kubernetes against its schemas, and the units of systemd, without either running, and carries out the commands of
# docs/cluster.md and of the manifests' head at a server that stands in for Kubernetes'. Needs kubectl, python3 with kubernetes-validate (pip install kubernetes-validate), systemd-analyze. PROGRAM says which commands and options
# there are.
#
#   cluster/check-manifests.sh [PROGRAM]
set -euo pipefail
program=$(realpath -m "${1:-$(dirname "$0")/../.build/release/groksweep}")
cd "$(dirname "$0")"
fail() { echo "check-manifests: $*" >&2; exit 1; }
for command in kubectl systemd-analyze python3; do
  command -v "$command" >/dev/null || fail "$command is missing: see the head of $0"
done
[ -x "$program" ] || fail "$program is not built"
python3 -c 'import kubernetes_validate, yaml' 2>/dev/null || fail "kubernetes-validate is missing: pip install kubernetes-validate"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the head of the kustomization has its reader make before the first start, made without a cluster.
mkdir "$work/made"
cp -r ../sweeps "$work/made"
sed -n 's/^#   \(groksweep keys make .*\|kubectl .* create secret .*\|kubectl .* create configmap .*\)/\1/p' kubernetes/base/kustomization.yaml |
  (
    cd "$work/made"
    while read -ra words; do
      case ${words[0]} in
        groksweep) "$program" "${words[@]:1}" >/dev/null ;;
        kubectl) "${words[@]}" --dry-run=client --output=yaml && echo --- ;;
      esac
    done
  ) >"$work/given.yaml"

for overlay in small spot; do
  kubectl kustomize "kubernetes/$overlay" >"$work/$overlay.yaml"
  python3 -B check-manifests.py "$work/$overlay.yaml" "$program" "$work/given.yaml" || fail "kubernetes/$overlay"
  echo "kubernetes/$overlay: $(grep -c '^kind:' "$work/$overlay.yaml") objects"
done

# The commands that a user types, word for word, against what keeps and checks objects as an API server does.
page=../docs/cluster.md
python3 -B kubernetes-stand-in.py "$work/kubeconfig" &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do [ -s "$work/kubeconfig" ] && break; sleep 0.1; done
export KUBECONFIG=$work/kubeconfig HOME=$work
mkdir "$work/typed" "$work/bin"
cp -r ../sweeps "$work/typed"
ln -s "$program" "$work/bin/groksweep"
mkdir "$work/typed/cluster"
cp -r kubernetes "$work/typed/cluster"
# Lines of a head or a page that begin with one of these programs, without the remark behind them.
typed() { sed -n "s/^$1\(\(groksweep\|kubectl\) .*\)/\1/p" "$2" | sed 's/ *#.*//'; }
type_in() {
  (cd "$work/typed" && PATH="$work/bin:$PATH" bash -euo pipefail -c "$1") >"$work/said" 2>&1 </dev/null ||
    { cat "$work/said"; fail "a command as a user types it: $1"; }
}
objects() { kubectl get --raw /objects | python3 -c "import json, sys; objects = {(o['kind'], o['metadata']['name']): o for o in json.load(sys.stdin)}; $1"; }
commands=0
while read -r line; do
  type_in "$line"
  commands=$((commands + 1))
done < <(typed '#   ' kubernetes/base/kustomization.yaml; typed '    ' "$page" | grep '^kubectl ' | sed 's/ NODE / node1 /')
[ "$commands" -ge 8 ] || fail "expected three commands of $page and five of the head, found $commands"
objects 'assert objects["Deployment", "workers"]["spec"]["replicas"] == 0' || fail "the workers were not scaled"
objects 'assert objects["Node", "node1"]["spec"]["taints"]' || fail "the node was not given up"
objects 'assert len(objects) >= 11, list(objects)' || fail "the commands left less than they should"
# A key that is revoked, as the head says.
again=$(typed '#   ' kubernetes/base/kustomization.yaml | grep 'secret generic groksweep-head')
before=$(objects 'print(objects["Secret", "groksweep-head"]["data"]["allowed"])')
type_in "groksweep keys revoke workers --keys keys; $again --dry-run=client --output=yaml | kubectl apply -f -"
[ "$before" != "$(objects 'print(objects["Secret", "groksweep-head"]["data"]["allowed"])')" ] || fail "the list of keys is the old one"
# From one overlay to the other and back: what is there then is what the overlay says, and nothing of the other.
for overlay in small spot small; do
  type_in "kubectl apply -k cluster/kubernetes/$overlay"
  kubectl get --raw /objects | python3 -c '
import json, sys, yaml
there = {(o["kind"], o["metadata"]["name"]): o for o in json.load(sys.stdin)}
for said in yaml.safe_load_all(open(sys.argv[1])):
    found = there[said["kind"], said["metadata"]["name"]]
    for part in ("spec", "data"):
        assert found.get(part) == said.get(part), (said["kind"], said["metadata"]["name"], part, found.get(part), said.get(part))
' "$work/$overlay.yaml" || fail "what kubectl apply -k $overlay left is not what the overlay says"
done
kill "$server"
echo "$page: $commands commands of Kubernetes' carried out at a stand-in for its server"

for unit in systemd/*.service; do
  name=$(basename "${unit/@/@nodes}")
  # The program need not be installed here.
  sed 's#/usr/local/bin/groksweep#/bin/true#' "$unit" >"$work/$name"
  systemd-analyze verify --man=no "$work/$name" 2>"$work/said" || true
  if grep -F "$name" "$work/said" | grep -v 'User=\|/etc/groksweep'; then fail "$unit"; fi
  read -ra words < <(sed -n 's#^ExecStart=/usr/local/bin/groksweep ##p' "$unit")
  "$program" "${words[0]}" --help >"$work/help" || fail "$unit: the program does not know ${words[0]}"
  for word in "${words[@]}"; do
    case $word in --*) grep -q -- "$word" "$work/help" || fail "$unit: the program does not know $word" ;; esac
  done
  echo "$unit: as systemd wants it"
done
