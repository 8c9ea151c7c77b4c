#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`seawall serve --harbor` as Harbor would use it: every operation, answer and refusal of the
scanner API 1.2, with a real registry behind TLS and a password; then clients that Harbor never is.

The contract is written down here in CONTRACT. Where SEAWALL_HARBOR_OPENAPI names the published
description (scanner-adapter-openapi-v1.2.yaml), each answer is held against that as well."""
import base64
import http.client
import json
import os
import random
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from authority import Authority, htpasswd  # noqa: E402
from fake_registry import FakeRegistry  # noqa: E402
from hostile import layer, main  # noqa: E402
from registry import Registry  # noqa: E402

OCI = "application/vnd.oci.image.manifest.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
V10 = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0"
V11 = "application/vnd.security.vulnerability.report; version=1.1"
RAW = "application/vnd.scanner.adapter.vuln.report.raw"
SBOM = "application/vnd.security.sbom.report+json; version=1.0"
SPDX = "application/spdx+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
ERROR = "application/vnd.scanner.adapter.error+json; version=1.0"
METADATA = "application/vnd.scanner.adapter.metadata+json; version=1.1"
RESPONSE = "application/vnd.scanner.adapter.scan.response+json; version=1.0"
SEVERITIES = ("Unknown", "Negligible", "Low", "Medium", "High", "Critical")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
SECRET = "pa55-of-the-robot"
N_BROKEN = int(os.environ.get("SEAWALL_BROKEN", "1000"))


# ---- the contract: a member's name with '!' must be there; a type, a list of one, a tuple of
# allowed values, a pattern, or another object ----

ARTIFACT = {"repository": str, "digest": str, "tag": str, "mime_type": str}
SCANNER = {"name!": str, "vendor!": str, "version!": str}
ITEM = {"id!": str, "package!": str, "version!": str, "fix_version": str, "severity!": SEVERITIES,
        "description": str, "links": [re.compile("https?://")],
        "layer": {"digest": str, "diff_id": str},
        "preferred_cvss": {"score_v3": float, "score_v2": float, "vector_v3": str,
                           "vector_v2": str},
        "cwe_ids": [re.compile(r"CWE-\d+$")], "vendor_attributes": dict}
CONTRACT = {
    METADATA: {"scanner!": SCANNER, "capabilities!": [{
        "type!": ("vulnerability", "sbom"), "consumes_mime_types!": [str],
        "produces_mime_types!": [str], "additional_attributes": dict}], "properties!": dict},
    RESPONSE: {"id!": str},
    ERROR: {"error!": {"message!": str}},
    V11: {"generated_at!": RFC3339, "artifact!": ARTIFACT, "scanner!": SCANNER,
          "severity!": SEVERITIES, "vulnerabilities!": [ITEM]},
    SBOM: {"generated_at!": RFC3339, "artifact!": ARTIFACT, "scanner!": SCANNER,
           "media_type!": (SPDX, CYCLONEDX), "sbom!": dict, "vendor_attributes": dict},
}
CONTRACT[V10] = CONTRACT[V11]


def check(value, shape, where):
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        names = {name.rstrip("!") for name in shape}
        assert set(value) <= names, f"{where}: {set(value) - names}"
        for name, inner in shape.items():
            assert name.rstrip("!") in value or not name.endswith("!"), f"{where}: no {name}"
            if name.rstrip("!") in value:
                check(value[name.rstrip("!")], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            check(item, shape[0], where + "[]")
    elif isinstance(shape, tuple):
        assert value in shape, f"{where}: {value}"
    elif isinstance(shape, re.Pattern):
        assert isinstance(value, str) and shape.match(value), f"{where}: {value}"
    else:
        allowed = (int, float) if shape is float else shape
        assert isinstance(value, allowed) and not isinstance(value, bool), f"{where}: {value!r}"


def load_published():
    path = os.environ.get("SEAWALL_HARBOR_OPENAPI")
    if not path:
        return None
    import yaml  # pylint: disable=import-outside-toplevel
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


PUBLISHED = load_published()


def check_published(method, path, status, kind, value):
    """The answer against the published description: status, media type and schema."""
    import jsonschema  # pylint: disable=import-outside-toplevel
    name = re.sub(r"^/api/v1/scan/[^/]+/report", "/scan/{scan_request_id}/report",
                  path.split("?")[0]).replace("/api/v1", "")
    answers = PUBLISHED["paths"].get(name, {}).get(method.lower(), {}).get("responses")
    if answers is None or status in (401, 405, 429, 503):
        return
    answer = answers.get(status, answers.get(str(status)))
    assert answer is not None, f"{method} {name}: {status} is not described"
    if "content" not in answer:
        return
    assert kind in answer["content"], f"{method} {name}: {status} as {kind}"
    if kind == RAW:
        return
    schema = dict(answer["content"][kind]["schema"], components=PUBLISHED["components"])
    jsonschema.validate(value, schema)


# ---- a server and a client ----


class Adapter:
    """with Adapter(folder, "--workers", "2") as adapter: adapter.ask("GET", path)"""

    def __init__(self, folder, *arguments, authorization=None, tls=None, environment=None):
        self.log_path = os.path.join(folder, f"adapter-{time.monotonic_ns()}.log")
        self.authorization, self.tls, self.process, self.port = authorization, tls, None, 0
        self.command = [seawall.PROGRAM, "serve", "--harbor", "--listen", "127.0.0.1:0",
                        "--cache-dir", os.path.join(folder, "cache"), *map(str, arguments)]
        self.environment = dict(os.environ, **(environment or {}))

    def __enter__(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.environment)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = re.search(r"listening on https?://127\.0\.0\.1:(\d+)", self.log())
            if found:
                self.port = int(found[1])
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.process.kill()
        raise AssertionError("the adapter does not start: " + self.log())

    def __exit__(self, *unused):
        self.stop()

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        assert status == 0, f"exit {status}: {self.log()[-3000:]}"
        assert SECRET not in self.log()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def raw(self, method, path, body=None, headers=None):
        if self.tls:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=30,
                context=ssl.create_default_context(cafile=self.tls))
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def ask(self, method, path, body=None, accept=None, authorization=True, status=200):
        """What Harbor would ask: (headers, value); the answer must keep to the contract."""
        headers = {"Accept": accept} if accept else {}
        if authorization and self.authorization:
            headers["Authorization"] = self.authorization
        data = json.dumps(body) if isinstance(body, dict) else body
        got, answered, text = self.raw(method, path, data, headers)
        assert got == status, f"{method} {path}: {got} {text[:500]}, wanted {status}"
        kind = answered.get("Content-Type")
        if got == 302:
            assert int(answered["Refresh-After"]) > 0 and text == b"", answered
            return answered, None
        value = json.loads(text)
        if kind in CONTRACT:
            check(value, CONTRACT[kind], kind)
        assert got < 400 or kind == ERROR, f"{got} as {kind}"
        if PUBLISHED:
            check_published(method, path, got, kind, value)
        return answered, value

    def scan(self, body):
        return self.ask("POST", "/api/v1/scan", body, status=202)[1]["id"]

    def wait(self, identity, accept=V11, status=200, query=""):
        deadline = time.monotonic() + 60
        path = f"/api/v1/scan/{identity}/report{query}"
        while time.monotonic() < deadline:
            got = self.raw("GET", path, headers={
                "Accept": accept, "Authorization": self.authorization or ""})[0]
            if got != 302:
                return self.ask("GET", path, accept=accept, status=status)
            time.sleep(0.05)
        raise AssertionError(f"no report of {identity}: {self.log()[-3000:]}")

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def request(url, repository="team/app", authorization="", **members):
    artifact = {"repository": repository, "tag": "1", "mime_type": OCI}
    artifact.update(members.pop("artifact", {}))
    return {"registry": {"url": url, "authorization": authorization}, "artifact": artifact,
            **members}


# ---- an image, a database ----


def database(folder):
    feeds = os.path.join(folder, "feeds", "debian")
    os.makedirs(feeds)

    def release(status, fixed, urgency):
        return {"scope": "remote", "description": "of <b>bash</b>", "releases": {"bookworm": {
            "status": status, "fixed_version": fixed, "urgency": urgency,
            "repositories": {"bookworm": "5.2"}}}}
    with open(os.path.join(feeds, "tracker.json"), "w", encoding="ascii") as file:
        json.dump({"bash": {"CVE-2024-1001": release("resolved", "5.3", "high"),
                            "CVE-2024-1002": release("open", "", "low")}}, file)
    path = os.path.join(folder, "vuln.db")
    seawall.run("db", "build", "--quiet", "--sources", os.path.join(folder, "feeds"), "-o", path)
    return path


def image(folder):
    layout = os.path.join(folder, "layout")
    seawall.oci_layout(layout, [layer(os.path.join(folder, "layer.tar"), ("bash", "5.2"))])
    return layout


def slow_registry(registry, seconds):
    """Blobs come only after a while, or once the returned event is set."""
    go = threading.Event()

    def hook(_handler, asked):
        if "/blobs/" in asked.path:
            go.wait(seconds)
        return False
    registry.hooks.append(hook)
    return go


def fake_image(folder, registry, n=1):
    for i in range(n):
        path = layer(os.path.join(folder, f"{i}.tar"), ("bash", "5.2"),
                     members=((f"file{i}", b"%d" % i, {}),))
        with open(path, "rb") as file:
            registry.add("team/app", str(i + 1), [file.read()])


# ---- tests ----


def every_operation_with_a_real_registry(folder):
    seawall.need("docker-registry", "skopeo")
    authority = Authority(os.path.join(folder, "authority"))
    certificate = authority.issue("registry")
    passwords = os.path.join(folder, "htpasswd")
    with open(passwords, "w", encoding="ascii") as file:
        file.write(htpasswd("robot", SECRET))
    auth = f"auth:\n  htpasswd:\n    realm: test\n    path: {passwords}\n"
    with Registry(os.path.join(folder, "registry"), tls=certificate, auth=auth) as registry, \
            Adapter(folder, "--db", database(folder), "--registry", registry.address,
                    "--registry-ca", authority.ca) as adapter:
        registry.push(image(folder), "team/app:1", "--dest-creds", f"robot:{SECRET}")
        url, login = f"https://{registry.address}", basic("robot", SECRET)
        check_metadata(adapter)
        check_reports(adapter, url, login)
        check_sboms(adapter, url, login)
        refused = adapter.scan(request(url, authorization=basic("robot", "wrong")))
        message = adapter.wait(refused, status=500)[1]["error"]["message"]
        assert SECRET not in message and "team/app" in message, message
        absent = adapter.scan(request(url, "team/none", login))
        adapter.wait(absent, status=500)
        adapter.ask("POST", "/api/v1/scan", request("https://elsewhere.example"), status=422)
        adapter.ask("POST", "/api/v1/scan", request(f"http://{registry.address}"), status=422)
        check_log(adapter)


def check_metadata(adapter):
    headers, metadata = adapter.ask("GET", "/api/v1/metadata")
    assert headers["Content-Type"] == METADATA, headers
    by_type = {c["type"]: c for c in metadata["capabilities"]}
    assert by_type["vulnerability"]["consumes_mime_types"] == [OCI, DOCKER]
    assert set(by_type["vulnerability"]["produces_mime_types"]) == {V10, V11, RAW}
    assert by_type["sbom"]["produces_mime_types"] == [SBOM]
    assert by_type["sbom"]["additional_attributes"] == {"sbom_media_types": [SPDX, CYCLONEDX]}
    properties = metadata["properties"]
    assert all(isinstance(value, str) for value in properties.values())
    assert properties["harbor.scanner-adapter/scanner-type"] == "os-package-vulnerability"
    assert RFC3339.match(
        properties["harbor.scanner-adapter/vulnerability-database-updated-at"]), properties
    old = adapter.ask("GET", "/api/v1/metadata", accept=METADATA.replace("1.1", "1.0"))[0]
    assert old["Content-Type"].endswith("version=1.0")
    for probe in ("healthy", "ready"):
        adapter.ask("GET", f"/probe/{probe}")


def check_reports(adapter, url, login):
    identity = adapter.scan(request(url, authorization=login))
    report = adapter.wait(identity)[1]
    assert report["artifact"] == {"repository": "team/app", "tag": "1", "mime_type": OCI}
    items = {v["id"]: v for v in report["vulnerabilities"]}
    assert set(items) == {"CVE-2024-1001", "CVE-2024-1002"}, items
    first = items["CVE-2024-1001"]
    assert (first["package"], first["version"], first["fix_version"]) == ("bash", "5.2", "5.3")
    assert first["severity"] == report["severity"] == "High", report
    assert first["layer"]["diff_id"].startswith("sha256:") and first["links"]
    assert items["CVE-2024-1002"]["fix_version"] == ""
    for accept in (V10, V11, V11.replace("; ", ";"), None, f"text/html, {V11};q=0.9"):
        headers, same = adapter.ask("GET", f"/api/v1/scan/{identity}/report", accept=accept)
        assert same == report and headers["Content-Type"] in (V10, V11), headers
    headers, raw = adapter.ask("GET", f"/api/v1/scan/{identity}/report", accept=RAW)
    assert headers["Content-Type"] == RAW and raw["packages"][0]["name"] == "bash"
    adapter.ask("GET", f"/api/v1/scan/{identity}/report", accept="text/plain", status=501)
    adapter.ask("GET", "/api/v1/scan/3fa85f64-5717-4562-b3fc-2c963f66afa6/report", status=404)
    adapter.ask("GET", f"/api/v1/scan/{'x' * 500}/report", status=404)


def check_sboms(adapter, url, login):
    wanted = [{"type": "sbom", "produces_mime_types": [SBOM],
               "parameters": {"sbom_media_types": [SPDX, CYCLONEDX]}}]
    identity = adapter.scan(request(url, authorization=login, enabled_capabilities=wanted))
    path = f"/api/v1/scan/{identity}/report"
    for media, key, value in ((SPDX, "spdxVersion", "SPDX-2.3"),
                              (CYCLONEDX, "bomFormat", "CycloneDX")):
        query = "?sbom_media_type=" + media.replace("+", "%2B")
        headers, report = adapter.wait(identity, SBOM, query=query)
        assert headers["Content-Type"] == SBOM and report["media_type"] == media
        assert report["sbom"][key] == value and "bash" in json.dumps(report["sbom"])
    for query in ("", "?sbom_media_type=text/plain", "?other=1"):
        adapter.ask("GET", path + query, accept=SBOM, status=400)
    # It was not asked for a verdict.
    adapter.ask("GET", path, accept=V11, status=400)


def check_log(adapter):
    lines = [json.loads(line) for line in adapter.log().splitlines()]
    assert {"start", "request", "scan"} <= {line["event"] for line in lines}
    text = adapter.log()
    assert base64.b64encode(f"robot:{SECRET}".encode()).decode() not in text
    assert "authorization" not in text.lower()


def bad_requests_are_told_apart(folder):
    with Adapter(folder) as adapter:
        good = request("https://core.example")
        for status, body in (
                (400, b"{"), (400, b""), (400, b"[1]"), (400, b"\xff\xfe"),
                (400, {**good, "artifact": "app"}), (400, {**good, "registry": {"url": 1}}),
                (422, {}), (422, {"registry": good["registry"]}),
                (422, request("")), (422, request("file:///etc/passwd")),
                (422, request("https://a b")), (422, request("https://core.example/../x")),
                (422, request("https://core.example", "..")),
                (422, request("https://core.example", artifact={"tag": "", "digest": ""})),
                (422, request("https://core.example", artifact={"digest": "md5:00"})),
                (422, request("https://core.example", authorization="Negotiate x")),
                (422, {**good, "enabled_capabilities": [{"type": "magic"}]}),
                (501, request("https://core.example", artifact={"mime_type": "text/plain"})),
                (501, {**good, "enabled_capabilities": [
                    {"type": "vulnerability", "produces_mime_types": ["a/b"]}]})):
            adapter.ask("POST", "/api/v1/scan", body, status=status)
        adapter.ask("GET", "/api/v1/scan", status=405)
        adapter.ask("DELETE", "/api/v1/metadata", status=405)
        adapter.ask("GET", "/", status=404)
        adapter.ask("GET", "/api/v1/metadata/%2e%2e", status=404)
        status = adapter.raw("POST", "/api/v1/scan", b"x" * 300000)[0]
        assert status == 413, status


def without_a_database_nothing_looks_clean(folder):
    empty = {"XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "XDG_CACHE_HOME": folder,
             "HOME": folder}
    with FakeRegistry() as registry:
        fake_image(folder, registry)
        with Adapter(folder, "--plain-http", environment=empty) as adapter:
            if os.geteuid() != 0:
                adapter.ask("GET", "/probe/ready", status=503)
            adapter.ask("GET", "/probe/healthy")
        with Adapter(folder, "--plain-http", "--db", database(folder)) as adapter:
            os.rename(os.path.join(folder, "vuln.db"), os.path.join(folder, "gone.db"))
            identity = adapter.scan(request(registry.url))
            adapter.wait(identity, status=500)
            # It comes, and is used without a restart.
            os.rename(os.path.join(folder, "gone.db"), os.path.join(folder, "vuln.db"))
            assert adapter.wait(adapter.scan(request(registry.url)))[1]["vulnerabilities"]


def a_full_queue_pushes_back(folder):
    with FakeRegistry() as registry:
        fake_image(folder, registry, 6)
        go = slow_registry(registry, 30)
        with Adapter(folder, "--plain-http", "--db", database(folder), "--workers", 2, "--queue",
                     2) as adapter:
            made = [adapter.scan(request(registry.url, artifact={"tag": "1"}))]
            made.append(adapter.scan(request(registry.url, artifact={"tag": "2"})))
            deadline = time.monotonic() + 20
            while adapter.ask("GET", "/probe/healthy")[1]["running"] < 2:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            made += [adapter.scan(request(registry.url, artifact={"tag": str(i)}))
                     for i in (3, 4)]
            # The same again joins what waits, also while there is no room.
            again = adapter.scan(request(registry.url, artifact={"tag": "4"},
                                         authorization=basic("robot", SECRET)))
            assert again == made[3]
            headers = adapter.ask("POST", "/api/v1/scan",
                                  request(registry.url, artifact={"tag": "5"}), status=429)[0]
            assert int(headers["Retry-After"]) > 0
            adapter.ask("GET", f"/api/v1/scan/{made[0]}/report", status=302)
            adapter.ask("GET", f"/api/v1/scan/{made[3]}/report", status=302)
            go.set()
            for identity in made:
                assert adapter.wait(identity)[1]["vulnerabilities"]


def stops_in_the_middle_of_a_scan(folder):
    for number in (signal.SIGTERM, signal.SIGINT):
        with FakeRegistry() as registry:
            fake_image(folder, registry)
            go = slow_registry(registry, 25)
            with Adapter(folder, "--plain-http", "--no-cache", "--db", database(
                    os.path.join(folder, number.name))) as adapter:
                adapter.scan(request(registry.url))
                deadline = time.monotonic() + 20
                while not any("/blobs/" in r.path for r in registry.requests):
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                start = time.monotonic()
                adapter.stop(number)
                assert time.monotonic() - start < 30
                assert '"outcome":"failed"' in adapter.log(), adapter.log()
            go.set()


def authentication_is_asked_for(folder):
    token, password = os.path.join(folder, "token"), os.path.join(folder, "password")
    for path, secret in ((token, "t0ken-" + SECRET), (password, SECRET)):
        with open(path, "w", encoding="ascii") as file:
            file.write(secret + "\n")
    authority = Authority(os.path.join(folder, "authority"))
    certificate, key = authority.issue("adapter")
    with Adapter(folder, "--auth-user", "harbor", "--auth-password-file", password,
                 "--auth-token-file", token, "--tls-cert", certificate, "--tls-key", key,
                 authorization=basic("harbor", SECRET), tls=authority.ca) as adapter:
        adapter.ask("GET", "/api/v1/metadata")
        for value in ("Bearer t0ken-" + SECRET, basic("harbor", SECRET)):
            assert adapter.raw("GET", "/api/v1/metadata",
                               headers={"Authorization": value})[0] == 200
        for value in (None, "", "Basic", basic("harbor", "x"), basic("x", SECRET), "Bearer x",
                      "Bearer " + SECRET, "Basic " + "A" * 20000):
            for method, path in (("GET", "/api/v1/metadata"), ("POST", "/api/v1/scan"),
                                 ("GET", "/api/v1/scan/x/report"), ("GET", "/absent")):
                headers = {} if value is None else {"Authorization": value}
                status, answered, _ = adapter.raw(method, path, headers=headers)
                assert status == 401 and "WWW-Authenticate" in answered, (status, value, path)
        assert adapter.raw("GET", "/probe/healthy")[0] == 200
    for arguments in (("--listen", "0.0.0.0:0"), ("--listen", "[::]:0"), ("--listen", "host:1"),
                      ("--listen", "127.0.0.1"), ("--auth-user", "a"), ("--tls-key", key)):
        done = seawall.run("serve", "--harbor", *arguments, status=(2,), timeout=20)
        assert b"seawall: " in done.stderr
    seawall.run("serve", status=(2,), timeout=20)


def slow_and_strange_clients_are_shown_the_door(folder):
    with Adapter(folder) as adapter:
        def connect():
            return socket.create_connection(("127.0.0.1", adapter.port), timeout=40)
        drips = [connect() for _ in range(20)]
        start = time.monotonic()
        with connect() as endless:  # headers without an end
            answer = b""
            try:
                endless.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
                for i in range(20000):
                    endless.sendall(b"X-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" % i)
                answer = endless.recv(4096)
            except OSError:
                pass
            assert not answer or b" 431 " in answer, answer
        with connect() as junk:  # a good request, and junk behind it
            junk.sendall(b"GET /probe/healthy HTTP/1.1\r\nHost: a\r\n\r\n" +
                         b"\x00\x01\xff junk\r\n\r\n" * 100)
            assert junk.recv(4096).startswith(b"HTTP/1.1 200")
        with connect() as chunked:  # a body without an end
            try:
                chunked.sendall(b"POST /api/v1/scan HTTP/1.1\r\nHost: a\r\n"
                                b"Transfer-Encoding: chunked\r\n\r\n")
                for _ in range(2000):
                    chunked.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
                chunked.sendall(b"0\r\n\r\n")
                assert b" 413 " in chunked.recv(4096)
            except OSError:
                pass
        while drips and time.monotonic() - start < 45:
            for drip in list(drips):
                try:
                    drip.sendall(b"G")
                except OSError:
                    drip.close()
                    drips.remove(drip)
            assert adapter.raw("GET", "/probe/healthy")[0] == 200
            time.sleep(1)
        assert not drips, "a client that drips is held for ever"


def broken(rng, good):
    """A request that is wrong in some way: of structure, of type, of bytes."""
    text = json.dumps(good)
    way = rng.randrange(5)
    if way == 0:
        return text[:rng.randrange(len(text))].encode()
    if way == 1:
        data = bytearray(text.encode())
        for _ in range(rng.randrange(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data)
    if way == 2:
        return b"[" * rng.randrange(1, 5000)
    if way == 3:
        return rng.randbytes(rng.randrange(2000))
    copy = json.loads(text)
    value = rng.choice([None, 1, -1e308, True, [], {}, "", "x" * 9000, "\u0000", "\ud83d\ude00",
                        "a\r\nb: c", ["x"] * 300, [[[]]], "../..", "%s%n"])
    part = rng.choice([copy, copy["registry"], copy["artifact"],
                       copy["enabled_capabilities"][0]])
    part[rng.choice(sorted(part))] = value
    return json.dumps(copy).encode()


def broken_requests_do_no_harm(folder):
    rng = random.Random(int(os.environ.get("SEAWALL_SEED", "1")))
    good = request("https://127.0.0.1:1", authorization=basic("a", "b"), enabled_capabilities=[
        {"type": "sbom", "produces_mime_types": [SBOM],
         "parameters": {"sbom_media_types": [SPDX]}}])
    # Sanitizers hold on to what was freed, unless they are told not to.
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=2"
    with Adapter(folder, "--quiet", "--queue", 5, "--registry", "none.example",
                 environment={"ASAN_OPTIONS": sanitizer.lstrip(":")}) as adapter:
        counts, before = {}, 0
        for i in range(N_BROKEN):
            path = rng.choice(["/api/v1/scan", "/api/v1/scan", "/api/v1/scan", "/api/v1/metadata",
                               "/api/v1/scan/%00/report", "/api/v1/scan/" + "%41" * 99])
            status = adapter.raw("POST", path, broken(rng, good))[0]
            counts[status] = counts.get(status, 0) + 1
            if i == N_BROKEN // 10:
                before = adapter.resident_kb()
        assert set(counts) <= {400, 404, 405, 422, 501}, counts
        grown = adapter.resident_kb() - before
        assert grown < 16 * 1024, f"{grown} KB more after {N_BROKEN} requests"
        adapter.ask("GET", "/probe/healthy")
        print(f"{N_BROKEN} broken requests: {counts}, {grown} KB more")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(globals())
