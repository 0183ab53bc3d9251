"""check-manifests.py FILE PROGRAM GIVEN: the objects of a file against Kubernetes' schemas, and what those say nothing of: names, quantities,
that what one object speaks of is there, and that PROGRAM knows the commands and options. GIVEN has the
objects that are made by hand."""

import re
import subprocess
import sys

import kubernetes_validate
import yaml

VERSION = "1.31.0"
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
CORES = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]+m")
BYTES = re.compile(r"[0-9]+(\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?")
# Made by hand before the first start, with what is in them, by kind and name: what the commands of kubernetes/base/kustomization.yaml make.
GIVEN = {}
NAME_SERVICE = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}


def quantities(value, inside=False):
    """Every resource below requests and limits with its quantity."""
    if isinstance(value, dict):
        for key, part in value.items():
            if inside and not isinstance(part, dict):
                yield key, str(part)
            yield from quantities(part, key in ("requests", "limits"))
    elif isinstance(value, list):
        for part in value:
            yield from quantities(part)


def wrong_words(words, program):
    """What of a command line the program does not know: its command, or an option of it."""
    asked = subprocess.run([program, words[0], "--help"], capture_output=True, text=True)
    if asked.returncode != 0 or f"groksweep {words[0]}" not in asked.stdout:
        return [words[0]]
    known = set(re.findall(r"--[a-z-]+", asked.stdout))
    return [word for word in words if re.fullmatch(r"--[a-z-]+", word) and word not in known]


def given_file_problems(spec, container):
    """Arguments below the mount of a secret or a config map, of which that has no such file."""
    contents = {}
    for volume in spec.get("volumes", []):
        if "secret" in volume:
            contents[volume["name"]] = GIVEN.get(("Secret", volume["secret"]["secretName"]), set())
        if "configMap" in volume:
            contents[volume["name"]] = GIVEN.get(("ConfigMap", volume["configMap"]["name"]), set())
    for mount in container["volumeMounts"]:
        for word in container["args"]:
            head, _, name = word.rpartition("/")
            if mount["name"] in contents and head == mount["mountPath"] and name not in contents[mount["name"]]:
                yield word


def port_problems(documents, pods):
    """Ports that services and policies speak of, and services that sets speak of."""
    ports = [port for _, template in pods for container in template["spec"]["containers"] for port in container.get("ports", [])]
    known = {port["containerPort"] for port in ports} | {port.get("name") for port in ports}
    services = {document["metadata"]["name"] for document in documents if document["kind"] == "Service"}
    for document in documents:
        place = f"{document['kind']} {document['metadata']['name']}"
        spec = document.get("spec", {})
        if document["kind"] == "Service":
            for port in spec["ports"]:
                if port.get("targetPort", port["port"]) not in known:
                    yield f"{place}: no container has the port {port.get('targetPort', port['port'])}"
        if document["kind"] == "StatefulSet" and spec["serviceName"] not in services:
            yield f"{place}: there is no service {spec['serviceName']}"
        if document["kind"] == "NetworkPolicy":
            for rule in spec.get("ingress", []) + spec.get("egress", []):
                peers = rule.get("from", []) + rule.get("to", [])
                numbers = {port["port"] for port in rule["ports"]}
                if numbers == {53}:
                    if NAME_SERVICE not in peers or any("ipBlock" not in peer for peer in peers if peer != NAME_SERVICE):
                        yield f"{place}: the rule for port 53 does not select the name service"
                elif not numbers <= known:
                    yield f"{place}: no container has one of the ports {sorted(numbers)}"


def problems(documents, program):
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
        for resource, quantity in quantities(document):
            if not (CORES if resource == "cpu" else BYTES).fullmatch(quantity):
                yield f"{place}: no quantity of {resource}: {quantity}"
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
            for word in wrong_words(words, program):
                yield f"{place}: the program does not know {word}"
            for word in given_file_problems(spec, container):
                yield f"{place}: nobody makes {word}"
            if "--grace" in words and int(words[words.index("--grace") + 1]) >= spec["terminationGracePeriodSeconds"]:
                yield f"{place}: killed before --grace is over"
        if not spec["securityContext"].get("runAsNonRoot"):
            yield f"{place}: may run as root"
    yield from port_problems(documents, pods)
    labels = [template["metadata"]["labels"] for _, template in pods]
    for document in documents:
        spec = document.get("spec", {})
        selector = spec.get("selector") if document["kind"] == "Service" else (spec.get("podSelector") or spec.get("selector") or {}).get("matchLabels")
        if selector and not any(selector.items() <= own.items() for own in labels):
            yield f"{document['kind']} {document['metadata']['name']}: selects no pod"


if __name__ == "__main__":
    for made in yaml.safe_load_all(open(sys.argv[3])):
        if made:
            GIVEN[made["kind"], made["metadata"]["name"]] = set(made["data"])
    found = list(problems([document for document in yaml.safe_load_all(open(sys.argv[1])) if document], sys.argv[2]))
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)
