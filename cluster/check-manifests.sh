#!/bin/bash
# Checks the manifests of Kubernetes against its schemas, and the units of systemd, without either running. Needs kubectl (for
# kustomize), python3 with kubernetes-validate (pip install kubernetes-validate), systemd-analyze. PROGRAM says which commands and options
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
