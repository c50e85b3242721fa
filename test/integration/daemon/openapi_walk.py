#!/usr/bin/python3
"""Walks every operation of data/openapi.yaml on a running iibd: sends its example and checks the real
answer against its schema. Fails when a route or a field exists on one side only.

usage: openapi_walk.py BASE_URL STATE_DIRECTORY SOURCE_ROOT
The daemon must have no workers (nothing runs), the worker user `worker`, and trust X-Remote-User.
"""

import http.client
import json
import pathlib
import re
import sys
import urllib.parse

import jsonschema
import yaml

METHODS = ("get", "post", "patch", "put", "delete")
BASE_PATH = "/api/v1"
USER = "builder@REALM.EXAMPLE"
# Of which type a request must be for these; any will do for others.
SUBJECTS = {
    "showRelatedBundles": "regenerate-bundle",
    "showNestedBundles": "recursive-related-bundles",
    "showDeprecationSchema": "add-deprecations",
}
ARTIFACTS = {
    "showLogs": ("request_logs", "{}.log", "a line\n"),
    "showRelatedBundles": ("related_bundles", "{}_related_bundles.json", '["r.example.com/a:1"]'),
    "showNestedBundles": (
        "recursive_related_bundles",
        "{}_recursive_related_bundles.json",
        '["r.example.com/a:1"]',
    ),
}
# Which schema the data of an event have.
EVENTS = {"build-state": "BuildEvent", "batch-state": "BatchEvent"}


def read_events(answer, most):
    """The first blocks of a stream that may never end."""
    text = ""
    while most > 0 and (line := answer.readline().decode()):
        text += line
        most -= line == "\n"
    return text


class Walk:
    def __init__(self, base_url, state, root):
        self.url = urllib.parse.urlsplit(base_url)
        self.state = pathlib.Path(state)
        self.root = pathlib.Path(root)
        self.document = yaml.safe_load((self.root / "data/openapi.yaml").read_text())
        self.faults = []
        self.checked = 0
        self.requests = {}

    def fault(self, where, text):
        self.faults.append(f"{where}: {text}")

    def send(self, method, path, body=None, user=None, headers=None):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=20)
        headers = dict(headers or {})
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        if user:
            headers["X-Remote-User"] = user
        connection.request(method.upper(), path, body, headers)
        answer = connection.getresponse()
        content_type = answer.headers.get("Content-Type", "")
        if content_type == "text/event-stream":
            content = read_events(answer, 3 if "events?" in path else 2 if "/builds/" in path else 1)
        else:
            content = answer.read().decode()
        connection.close()
        return answer.status, content_type, content

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node and len(node) == 1:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def validate(self, where, operation, answer):
        """Checks status, content type and body against what the operation says."""
        status, content_type, content = answer
        self.checked += 1
        described = operation["responses"].get(str(status))
        if described is None:
            return self.fault(where, f"status {status} is not described: {content[:300]}")
        media = self.resolve(described)["content"]
        plain_type = content_type.split(";")[0]
        if plain_type not in media:
            return self.fault(where, f"{plain_type} is not described for {status}")
        if plain_type == "application/json":
            self.validate_json(where, media[plain_type]["schema"], content)
        elif plain_type == "text/event-stream":
            self.validate_events(where, content)
        return None

    def validate_events(self, where, content):
        for kind, data in re.findall(r"^event: (.+)\ndata: (.+)$", content, re.MULTILINE):
            self.validate_json(where, self.document["components"]["schemas"][EVENTS[kind]], data)
        if "data: " not in content and where != "GET /api/v1/events":
            self.fault(where, f"no event came: {content[:300]}")

    def validate_json(self, where, schema, content):
        whole = {"$ref": "#/schema", "schema": schema, "components": self.document["components"]}
        validator = jsonschema.Draft202012Validator(
            whole, format_checker=jsonschema.draft202012_format_checker
        )
        for error in validator.iter_errors(json.loads(content)):
            self.fault(where, f"{error.json_path}: {error.message[:300]}")
            for cause in (error.context or [])[:12]:
                self.fault(where, f"  {cause.json_path}: {cause.message[:200]}")

    def operations(self):
        for path, item in self.document["paths"].items():
            outside = "servers" in item
            for method in METHODS:
                if method in item:
                    operation = dict(item[method])
                    operation["parameters"] = [
                        self.resolve(each)
                        for each in item.get("parameters", []) + operation.get("parameters", [])
                    ]
                    yield ("" if outside else BASE_PATH) + path, method, operation

    def examples(self, operation):
        """The bodies that the description shows, or none for an operation without a body."""
        if "requestBody" not in operation:
            return [None]
        media = operation["requestBody"]["content"]["application/json"]
        if "examples" in media:
            return [each["value"] for each in media["examples"].values()]
        return [media["example"]]

    def submit_all(self):
        for path, method, operation in self.operations():
            if "{id}" in path or method != "post":
                continue
            where = f"POST {path}"
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            for body in self.examples(operation):
                self.validate_json(f"{where} (example)", schema, json.dumps(body))
                answer = self.send("post", path, body, USER)
                self.validate(where, operation, answer)
                if answer[0] == 201:
                    self.note(json.loads(answer[2]))
            if self.expect(where, 400, self.send("post", path, {"no_such_parameter": 1}, USER)):
                self.validate(where, operation, self.send("post", path, {}, USER))
            answer = self.send("post", path, body)
            if self.expect(where, 401, answer):
                self.validate(where, operation, answer)

    def note(self, documents):
        for each in documents if isinstance(documents, list) else [documents]:
            self.requests.setdefault(each["request_type"], []).append(each["id"])

    def expect(self, where, status, answer):
        if answer[0] == status:
            return True
        self.fault(where, f"answered {answer[0]} instead of {status}: {answer[2][:300]}")
        return False

    def finish(self, number):
        """Ends a request, as a worker would."""
        change = {"state": "complete", "state_reason": "Done"}
        self.expect(
            "PATCH", 200, self.send("patch", f"{BASE_PATH}/builds/{number}", change, "worker")
        )

    def leave_artifact(self, name, number):
        if name not in ARTIFACTS:
            return
        folder, file_name, content = ARTIFACTS[name]
        path = self.state / "artifacts" / folder / file_name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def ask_ranges(self, where, operation, path):
        described = [each for each in operation["parameters"] if each["name"] == "Range"]
        if not described:
            return self.fault(where, "the header Range is not described")
        for value, status in ((described[0]["example"], 206), ("bytes=9999-", 416)):
            answer = self.send("get", path, headers={"Range": value})
            if self.expect(f"{where} ({value})", status, answer):
                self.validate(f"{where} ({value})", operation, answer)
        return None

    def visit_requests(self):
        for path, method, operation in self.operations():
            if "{id}" not in path:
                continue
            name = operation["operationId"]
            where = f"{method.upper()} {path}"
            subject = SUBJECTS.get(name, "add")
            if not self.requests.get(subject):
                self.fault(where, f"no request of type {subject} was stored to try it on")
                continue
            number = self.requests[subject].pop()
            user = "worker" if method == "patch" else USER if method == "post" else None
            if name in ARTIFACTS:
                # In progress first: a 400.
                early = path.format(id=number)
                self.validate(where, operation, self.send(method, early))
                self.leave_artifact(name, number)
                self.finish(number)
            for body in self.examples(operation):
                answer = self.send(method, path.format(id=number), body, user)
                if answer[0] >= 300:
                    self.fault(where, f"answered {answer[0]}: {answer[2][:300]}")
                self.validate(where, operation, answer)
            if name in ARTIFACTS:
                self.ask_ranges(where, operation, path.format(id=number))
            unknown = self.send(method, path.format(id=999999), body, user)
            if self.expect(where, 404, unknown):
                self.validate(where, operation, unknown)
            if name not in SUBJECTS:
                self.requests["add"].insert(0, number)

    def read_rest(self):
        for path, method, operation in self.operations():
            if "{id}" in path or method != "get":
                continue
            where = f"GET {path}"
            self.validate(where, operation, self.send("get", path))
            for parameter in operation["parameters"]:
                if parameter["in"] != "query":
                    continue
                query = urllib.parse.urlencode({parameter["name"]: parameter["example"]})
                answer = self.send("get", f"{path}?{query}")
                self.validate(f"{where}?{query}", operation, answer)
                self.expect(f"{where}?{query}", 200, answer)

    def compare_routes(self):
        """The table of routes and the description name the same operations."""
        source = (self.root / "iibd/web/router.cpp").read_text()
        routes = {(m.lower(), p) for m, p in re.findall(r'Route\{"([A-Z]+)", "([^"]+)"', source)}
        described = {(method, path) for path, method, _ in self.operations()}
        for method, path in sorted(routes - described):
            self.fault("routes", f"{method} {path} is not described")
        for method, path in sorted(described - routes):
            self.fault("routes", f"{method} {path} is described, but there is no such route")

    def run(self):
        self.compare_routes()
        self.submit_all()
        self.visit_requests()
        self.read_rest()
        for fault in self.faults:
            print(fault)
        print(f"{self.checked} answers checked, {len(self.faults)} faults")
        return 1 if self.faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(Walk(*sys.argv[1:]).run())
