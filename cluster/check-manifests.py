"""check-manifests.py FILE: the objects of a file against Kubernetes' schemas, and what those say nothing of: names, quantities,
and that what one object speaks of is there."""

import re
import sys

import kubernetes_validate
import yaml

VERSION = "1.31.0"
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
# Made by hand before the first start: see kubernetes/base/kustomization.yaml.
GIVEN = {("Secret", "groksweep-head"), ("Secret", "groksweep-worker"), ("ConfigMap", "groksweep-sweeps")}


def quantities(value, inside=False):
    """Every value below requests and limits."""
    if isinstance(value, dict):
        for key, part in value.items():
            if inside and not isinstance(part, dict):
                yield str(part)
            yield from quantities(part, key in ("requests", "limits"))
    elif isinstance(value, list):
        for part in value:
            yield from quantities(part)


def problems(documents):
    pods = []
    for document in documents:
        place = f"{document['kind']} {document['metadata']['name']}"
        try:
            kubernetes_validate.validate(document, VERSION, strict=True)
        except Exception as error:  # The library has an error of its own for each kind of problem.
            yield f"{place}: {str(error).splitlines()[0]}"
        if not NAME.fullmatch(document["metadata"]["name"]):
            yield f"{place}: no name"
        if document["metadata"].get("namespace") != "groksweep":
            yield f"{place}: not in the namespace groksweep"
        for quantity in quantities(document):
            if not QUANTITY.fullmatch(quantity):
                yield f"{place}: no quantity: {quantity}"
        template = document.get("spec", {}).get("template")
        if template:
            pods.append((place, template))
    for place, template in pods:
        spec = template["spec"]
        volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
        for volume in volumes.values():
            used = None
            if "secret" in volume:
                used = ("Secret", volume["secret"]["secretName"])
            if "configMap" in volume:
                used = ("ConfigMap", volume["configMap"]["name"])
            if used and used not in GIVEN:
                yield f"{place}: nobody makes the {used[0]} {used[1]}"
        claims = {claim["metadata"]["name"] for document in documents
                  for claim in document.get("spec", {}).get("volumeClaimTemplates", [])}
        for container in spec["containers"]:
            for mount in container["volumeMounts"]:
                if mount["name"] not in volumes and mount["name"] not in claims:
                    yield f"{place}: no volume {mount['name']}"
            security = container["securityContext"]
            if not security.get("readOnlyRootFilesystem") or security["capabilities"].get("drop") != ["ALL"]:
                yield f"{place}: {container['name']} may do more than it needs"
            words = container["args"]
            if "--grace" in words and int(words[words.index("--grace") + 1]) >= spec["terminationGracePeriodSeconds"]:
                yield f"{place}: killed before --grace is over"
        if not spec["securityContext"].get("runAsNonRoot"):
            yield f"{place}: may run as root"
    labels = [template["metadata"]["labels"] for _, template in pods]
    for document in documents:
        spec = document.get("spec", {})
        selector = spec.get("selector") if document["kind"] == "Service" else (spec.get("podSelector") or spec.get("selector") or {}).get("matchLabels")
        if selector and not any(selector.items() <= own.items() for own in labels):
            yield f"{document['kind']} {document['metadata']['name']}: selects no pod"


if __name__ == "__main__":
    found = list(problems([document for document in yaml.safe_load_all(open(sys.argv[1])) if document]))
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)
