"""kubernetes-stand-in.py KUBECONFIG: as much of a Kubernetes API server as kubectl needs to carry out the commands of docs/cluster.md.

Listens on a free port of this machine and writes KUBECONFIG, by which kubectl finds it. It keeps objects, holds each that is made or changed to
Kubernetes' schemas (strictly) and refuses what they do not allow; it runs no containers. GET /objects shows what it has."""

import http.server
import json
import sys
import urllib.parse

import kubernetes_validate

VERSION = "1.31.0"
# Group, version: plural, kind, whether it lies in a namespace.
KINDS = {
    ("", "v1"): [
        ("namespaces", "Namespace", False), ("nodes", "Node", False), ("secrets", "Secret", True),
        ("configmaps", "ConfigMap", True), ("services", "Service", True),
    ],
    ("apps", "v1"): [("deployments", "Deployment", True), ("statefulsets", "StatefulSet", True)],
    ("policy", "v1"): [("poddisruptionbudgets", "PodDisruptionBudget", True)],
    ("networking.k8s.io", "v1"): [("networkpolicies", "NetworkPolicy", True)],
}
VERBS = ["create", "get", "list", "patch", "update"]
OBJECTS = {}


class Refused(Exception):
    """What a request is answered with: a code, and a reason for kubectl to show."""

    def __init__(self, code, reason, message):
        super().__init__(message)
        self.status = {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code, "reason": reason, "message": message,
        }


def api_version(group, version):
    return f"{group}/{version}" if group else version


def root(group, version):
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def resources(group, version):
    listed = []
    for plural, kind, namespaced in KINDS[group, version]:
        listed.append({"name": plural, "singularName": kind.lower(), "namespaced": namespaced, "kind": kind, "verbs": VERBS})
        if group == "apps":
            listed.append({
                "name": f"{plural}/scale", "singularName": "", "namespaced": namespaced, "kind": "Scale", "group": "autoscaling",
                "version": "v1", "verbs": ["get", "patch", "update"],
            })
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version(group, version), "resources": listed}


def schema(group, version):
    """What kubectl asks before it leaves it to the server to find fields that do not exist."""
    paths = {}
    for plural, kind, namespaced in KINDS[group, version]:
        place = "/namespaces/{namespace}" if namespaced else ""
        paths[f"{root(group, version)}{place}/{plural}/{{name}}"] = {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind},
                "responses": {"200": {"description": "OK"}},
            }
        }
    return {"openapi": "3.0.0", "info": {"title": "stand-in", "version": VERSION}, "paths": paths, "components": {"schemas": {}}}


def documents():
    """Everything that kubectl asks of a server before it asks of an object."""
    groups = [group for group, _ in KINDS if group]
    known = {
        "/version": {"major": "1", "minor": VERSION.split(".")[1], "gitVersion": f"v{VERSION}"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": [
                {
                    "name": group, "versions": [{"groupVersion": f"{group}/v1", "version": "v1"}],
                    "preferredVersion": {"groupVersion": f"{group}/v1", "version": "v1"},
                }
                for group in groups
            ],
        },
        "/openapi/v3": {"paths": {root(*key)[1:]: {"serverRelativeURL": f"/openapi/v3{root(*key)}"} for key in KINDS}},
    }
    for key in KINDS:
        known[root(*key)] = resources(*key)
        known[f"/openapi/v3{root(*key)}"] = schema(*key)
    return known


DOCUMENTS = documents()


def place_of(path):
    """What a path names: the kind, its group and version, and (namespace, name); the name of a part, such as its scale."""
    for (group, version), kinds in KINDS.items():
        if not path.startswith(f"{root(group, version)}/"):
            continue
        words = path.removeprefix(root(group, version)).split("/")[1:]
        namespace = ""
        if len(words) > 2 and words[0] == "namespaces":
            namespace, words = words[1], words[2:]
        for plural, kind, namespaced in kinds:
            if words[0] == plural and namespaced == bool(namespace):
                name = words[1] if len(words) > 1 else None
                return kind, api_version(group, version), namespace, name, words[2] if len(words) > 2 else None
    raise Refused(404, "NotFound", f"the server could not find {path}")


def checked(found, kind, version, namespace):
    """An object that may be kept."""
    if (found.get("kind"), found.get("apiVersion")) != (kind, version):
        raise Refused(400, "BadRequest", f"expected {kind} of {version}, found {found.get('kind')} of {found.get('apiVersion')}")
    if namespace:
        if found["metadata"].setdefault("namespace", namespace) != namespace:
            raise Refused(400, "BadRequest", "the namespace of the object is not that of the request")
        if ("Namespace", "", namespace) not in OBJECTS:
            raise Refused(404, "NotFound", f'namespaces "{namespace}" not found')
    try:
        # kubectl says null where a thing has no time of its making yet.
        kubernetes_validate.validate(without_nothing(found), VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        raise Refused(422, "Invalid", f"{kind}: {error.message}") from None
    return found


def without_nothing(value):
    if isinstance(value, dict):
        return {key: without_nothing(part) for key, part in value.items() if part is not None}
    return [without_nothing(part) for part in value] if isinstance(value, list) else value


# Lists whose elements a strategic merge patch finds by a key, which the API's types name; it replaces all other lists.
MERGE_KEYS = {
    "containers": ["name"], "env": ["name"], "imagePullSecrets": ["name"], "initContainers": ["name"],
    "ports": ["containerPort", "port"], "topologySpreadConstraints": ["topologyKey"], "volumeMounts": ["mountPath"], "volumes": ["name"],
}


def merged(value, patch):
    """What a strategic merge patch makes of an object: a part that is null goes, one that is marked so is deleted or replaced."""
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch", "replace") != "replace":
        raise Refused(400, "BadRequest", f"$patch: {patch['$patch']}: this stand-in knows it in lists only")
    if "$patch" in patch:
        value = {}
    result = dict(value) if isinstance(value, dict) else {}
    for key, part in patch.items():
        if key.startswith("$retainKeys"):
            result = {name: kept for name, kept in result.items() if name in part}
    for key, part in patch.items():
        if key.startswith("$"):
            if key.split("/")[0] not in ("$patch", "$retainKeys", "$setElementOrder"):
                raise Refused(400, "BadRequest", f"{key}: this stand-in does not know the directive")
        elif part is None:
            result.pop(key, None)
        elif isinstance(part, list) and all(isinstance(element, dict) for element in part) and key in MERGE_KEYS:
            result[key] = merged_list(key, result.get(key) or [], part, patch.get(f"$setElementOrder/{key}"))
        else:
            result[key] = merged(result.get(key), part)
    return result


def merged_list(field, elements, patch, order):
    def key_of(element):
        for name in MERGE_KEYS[field]:
            if name in element:
                return element[name]
        raise Refused(400, "BadRequest", f"{field}: expected each element to have {' or '.join(MERGE_KEYS[field])}")

    result = {key_of(element): element for element in elements}
    for part in patch:
        key = key_of(part)
        if part.get("$patch") == "delete":
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), part)
    wanted = [key_of(element) for element in order or []]
    return sorted(result.values(), key=lambda element: wanted.index(key_of(element)) if key_of(element) in wanted else len(wanted))


def scale_of(found):
    return {
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {key: found["metadata"][key] for key in ("name", "namespace")},
        "spec": {"replicas": found["spec"].get("replicas", 1)}, "status": {"replicas": 0},
    }


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, document, code=200):
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def carry_out(self, act):
        try:
            path = urllib.parse.urlsplit(self.path).path
            if path == "/objects":
                return self.answer(list(OBJECTS.values()))
            if path in DOCUMENTS:
                return self.answer(DOCUMENTS[path])
            return self.answer(*act(*place_of(path)))
        except Refused as error:
            return self.answer(error.status, error.status["code"])

    def do_GET(self):
        def get(kind, version, namespace, name, part):
            found = self.found(kind, namespace, name)
            return (scale_of(found) if part == "scale" else found), 200

        self.carry_out(get)

    def do_POST(self):
        def post(kind, version, namespace, name, part):
            found = checked(self.body(), kind, version, namespace)
            key = kind, namespace, found["metadata"]["name"]
            if key in OBJECTS:
                raise Refused(409, "AlreadyExists", f'{kind} "{key[2]}" already exists')
            OBJECTS[key] = found
            return found, 201

        self.carry_out(post)

    def do_PATCH(self):
        def patch(kind, version, namespace, name, part):
            found = self.found(kind, namespace, name)
            change = self.body()
            if part == "scale":
                change = {"spec": {"replicas": change["spec"]["replicas"]}}
            changed = checked(merged(found, change), kind, version, namespace)
            OBJECTS[kind, namespace, name] = changed
            return (scale_of(changed) if part == "scale" else changed), 200

        self.carry_out(patch)

    @staticmethod
    def found(kind, namespace, name):
        try:
            return OBJECTS[kind, namespace, name]
        except KeyError:
            raise Refused(404, "NotFound", f'{kind} "{name}" not found') from None


def main(config):
    node = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "node1"}, "spec": {}}
    OBJECTS["Node", "", "node1"] = node
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    here = {
        "kind": "Config", "apiVersion": "v1", "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "here", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
    }
    with open(config, "w") as file:
        json.dump(here, file)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
