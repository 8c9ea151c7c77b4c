#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry behind a private authority, with Basic and with tokens, through a proxy:
images that skopeo pushed in gzip and zstd, for several platforms, with shared layers. What is found
is what the same image has in a layout."""
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from authority import Authority, htpasswd  # noqa: E402
from fake_registry import basic  # noqa: E402
from registry import Registry, free_port  # noqa: E402

LOGIN = {"SEAWALL_REGISTRY_USER": "ann", "SEAWALL_REGISTRY_PASSWORD": "s3cret of ann"}


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def make_layers(folder):
    """Three layers: a system, an upgrade that hides parts of it, some data."""
    def status(version):
        return "".join(f"Package: p{i}\nStatus: install ok installed\nArchitecture: amd64\n"
                       f"Version: {version}.{i}-1\n\n" for i in range(60)).encode()
    parts = ({"etc/os-release": b'ID=debian\nVERSION_ID="12"\n', "var/lib/dpkg/status": status(1),
              "usr/lib/old": b"old"},
             {"var/lib/dpkg/status": status(2), "usr/lib/.wh.old": b""},
             {"srv/data": os.urandom(2_000_000)})
    layers = []
    for i, members in enumerate(parts):
        root = os.path.join(folder, f"root{i}")
        for name, data in members.items():
            write(os.path.join(root, name), data)
        layers.append(os.path.join(folder, f"layer{i}.tar"))
        seawall.tar_of(root, layers[-1])
    return layers


def multi_platform(folder, layouts):
    """One layout with an index of the images of several, by architecture."""
    path = os.path.join(folder, "multi")
    blobs = os.path.join(path, "blobs", "sha256")
    entries = []
    for architecture, layout in layouts.items():
        shutil.copytree(os.path.join(layout, "blobs"), os.path.join(path, "blobs"),
                        dirs_exist_ok=True)
        with open(os.path.join(layout, "index.json"), encoding="ascii") as file:
            entry = json.load(file)["manifests"][0]
        entries.append({**entry, "platform": {"os": "linux", "architecture": architecture}})
    index = json.dumps({"schemaVersion": 2,
                        "mediaType": "application/vnd.oci.image.index.v1+json",
                        "manifests": entries}).encode()
    with open(os.path.join(folder, "index"), "wb") as file:
        file.write(index)
    digest = seawall.sha256(os.path.join(folder, "index"))
    write(os.path.join(blobs, digest), index)
    with open(os.path.join(path, "index.json"), "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": [{
            "mediaType": "application/vnd.oci.image.index.v1+json", "size": len(index),
            "digest": "sha256:" + digest}]}, file)
    shutil.copy(os.path.join(layout, "oci-layout"), path)
    return path


def essence(report):
    """What must be the same wherever the image comes from."""
    return (report["os"], report["packages"], report["findings"], report["image"]["layers"],
            report["image"]["config_digest"], report["image"]["digest"],
            [n for n in report["notes"] if n["kind"] != "database"])


def scan(target, *arguments, status=(0,), env=None):
    done = seawall.run("scan", "--quiet", "-f", "json", "--no-cache", "--allow-incomplete",
                       *arguments, target, status=status, timeout=120,
                       env={**os.environ, "HOME": "/nonexistent", **(env or {})})
    return (json.loads(done.stdout) if done.stdout.strip() else None), done.stderr.decode()


class TokenServer:
    """Gives tokens to ann, by Basic; the test's own."""

    def __init__(self, authority, certificate, key):
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *unused):
                pass

            def do_GET(self):
                authorization = self.headers.get("Authorization")
                server.requests.append((self.path, authorization))
                if authorization != basic("ann", LOGIN["SEAWALL_REGISTRY_PASSWORD"]):
                    self.send_error(401)
                    return
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                access = [dict(zip(("type", "name", "actions"), scope.split(":", 2)))
                          for scope in query.get("scope", [])]
                for grant in access:
                    grant["actions"] = grant["actions"].split(",")
                token = authority.token(certificate, key, {
                    "iss": "test", "aud": query["service"][0], "sub": "ann", "access": access})
                body = json.dumps({"token": token, "expires_in": 300}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        import ssl  # pylint: disable=import-outside-toplevel
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Proxy:
    """tinyproxy, with a login."""

    def __init__(self, folder):
        seawall.need("tinyproxy")
        self.port, self.log = free_port(), os.path.join(folder, "proxy.log")
        settings = os.path.join(folder, "proxy.conf")
        with open(settings, "w", encoding="ascii") as file:
            file.write(f'Port {self.port}\nListen 127.0.0.1\nTimeout 60\nLogFile "{self.log}"\n'
                       "LogLevel Connect\nMaxClients 50\nAllow 127.0.0.1\nBasicAuth u pr0xy\n")
        self.process = subprocess.Popen(["tinyproxy", "-d", "-c", settings],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not os.path.exists(self.log) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.url = f"http://u:pr0xy@127.0.0.1:{self.port}"

    def n_tunnels(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read().count("CONNECT ")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def check_images(registry, trust, env, layouts):
    """Every image is what it is in its layout."""
    for name, layout in layouts.items():
        arguments = ("--all-platforms",) if name == "multi" else ()
        there, _ = scan(f"registry:{registry.address}/team/app:{name}", *trust, *arguments,
                        env=env)
        here, _ = scan(f"oci:{layout}", *arguments)
        if name != "multi":
            there, here = [there], [here]
        assert len(there) == len(here) == (2 if name == "multi" else 1)
        for a, b in zip(there, here):
            assert len(a["packages"]) == 60 and a["target"]["kind"] == "registry"
            assert essence(a) == essence(b), name
    one, _ = scan(f"registry:{registry.address}/team/app:multi", "--platform", "linux/arm64",
                  *trust, env=env)
    assert one["image"]["architecture"] == "arm64", one["image"]


def check_basic(folder, authority, layouts):
    passwords = os.path.join(folder, "passwords")
    with open(passwords, "w", encoding="ascii") as file:
        file.write(htpasswd("ann", LOGIN["SEAWALL_REGISTRY_PASSWORD"]))
    auth = f"auth:\n  htpasswd:\n    realm: test\n    path: {passwords}\n"
    with Registry(os.path.join(folder, "basic"), tls=authority.issue("basic"),
                  auth=auth) as registry:
        login = ("--dest-creds", "ann:" + LOGIN["SEAWALL_REGISTRY_PASSWORD"])
        for name, layout in layouts.items():
            registry.push(layout, f"team/app:{name}", *login, "--all")
        trust = ("--registry-ca", authority.ca)
        check_images(registry, trust, LOGIN, layouts)
        target = f"registry:{registry.address}/team/app:gzip"
        _, text = scan(target, *trust, status=(3,))
        assert "wants a login" in text, text
        _, text = scan(target, *trust, status=(3,),
                       env={**LOGIN, "SEAWALL_REGISTRY_PASSWORD": "other"})
        assert "does not accept" in text, text
        _, text = scan(target, status=(3,), env=LOGIN)
        assert "--registry-ca" in text, text
        # The password from a file, and from standard input.
        secret = os.path.join(folder, "secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write(LOGIN["SEAWALL_REGISTRY_PASSWORD"] + "\n")
        scan(target, *trust, "--registry-user", "ann", "--registry-password-file", secret)
        with open(secret, encoding="ascii") as file:
            seawall.run("scan", "-q", "--no-cache", *trust, "--registry-user", "ann",
                        "--registry-password-stdin", target, stdin=file)
        check_proxy(folder, registry, trust, target)


def check_proxy(folder, registry, trust, target):
    proxy = Proxy(folder)
    try:
        before = len(registry.requests())
        report, _ = scan(target, *trust, "--proxy", proxy.url, env=LOGIN)
        assert len(report["packages"]) == 60 and proxy.n_tunnels() > 0
        tunnels = proxy.n_tunnels()
        scan(target, *trust, env={**LOGIN, "https_proxy": proxy.url})
        assert proxy.n_tunnels() > tunnels
        tunnels = proxy.n_tunnels()
        scan(target, *trust, env={**LOGIN, "https_proxy": proxy.url, "no_proxy": "127.0.0.1"})
        assert proxy.n_tunnels() == tunnels
        assert len(registry.requests()) > before
        wrong = proxy.url.replace("pr0xy", "wr0ng")
        _, text = scan(target, *trust, "--proxy", wrong, env=LOGIN, status=(3,))
        assert "proxy wants" in text and "wr0ng" not in text and "s3cret" not in text, text
    finally:
        proxy.stop()


def check_token(folder, authority, layouts):
    certificate, key = authority.issue("tokens")
    server = TokenServer(authority, certificate, key)
    auth = (f"auth:\n  token:\n    realm: {server.url}\n    service: test registry\n"
            f"    issuer: test\n    rootcertbundle: {authority.ca}\n")
    try:
        with Registry(os.path.join(folder, "token"), tls=authority.issue("registry"),
                      auth=auth) as registry:
            certificates = os.path.join(folder, "certificates")
            os.makedirs(certificates)
            shutil.copy(authority.ca, os.path.join(certificates, "ca.crt"))
            login = ("--dest-creds", "ann:" + LOGIN["SEAWALL_REGISTRY_PASSWORD"],
                     "--dest-cert-dir", certificates)
            for name, layout in layouts.items():
                registry.push(layout, f"team/app:{name}", *login, "--all")
            trust = ("--registry-ca", authority.ca)
            check_images(registry, trust, LOGIN, layouts)
            server.requests.clear()
            before = len(registry.requests())
            scan(f"registry:{registry.address}/team/app:zstd", *trust, env=LOGIN)
            assert len(server.requests) == 1, server.requests
            assert [r.status for r in registry.requests(since=before)].count(401) == 1
            _, text = scan(f"registry:{registry.address}/team/app:zstd", *trust, status=(3,))
            assert "token server answers 401" in text, text
            names = seawall.run("registry", "tags", *trust, f"{registry.address}/team/app",
                                env={**os.environ, **LOGIN}).stdout.decode().split()
            assert sorted(names) == sorted(layouts), names
            server.requests.clear()
            done = seawall.run("scan", "--quiet", "--no-cache", "--allow-incomplete", *trust,
                               "--all-tags", f"registry:{registry.address}/team/app",
                               env={**os.environ, **LOGIN})
            assert f"{len(layouts)} images scanned" in done.stdout.decode(), done.stdout
            # One login for the whole run.
            assert len(server.requests) == 1, server.requests
    finally:
        server.stop()


def check_client_certificate(folder, authority, layouts):
    certificate, key = authority.issue("client")
    pair = os.path.join(folder, "pair.pem")
    with open(pair, "wb") as file:
        for part in (certificate, key):
            with open(part, "rb") as source:
                file.write(source.read())
    # skopeo looks for ca.crt, client.cert and client.key.
    certificates = os.path.join(folder, "client certificates")
    os.makedirs(certificates)
    for source, name in ((authority.ca, "ca.crt"), (certificate, "client.cert"),
                         (key, "client.key")):
        shutil.copy(source, os.path.join(certificates, name))
    tls = (*authority.issue("mutual"), authority.ca)
    with Registry(os.path.join(folder, "mutual"), tls=tls) as registry:
        registry.push(layouts["gzip"], "app:1", "--dest-cert-dir", certificates)
        target = f"registry:{registry.address}/app:1"
        trust = ("--registry-ca", authority.ca)
        for arguments in (("--registry-cert", certificate, "--registry-key", key),
                          ("--registry-cert", pair)):
            report, _ = scan(target, *trust, *arguments)
            assert len(report["packages"]) == 60
        _, text = scan(target, *trust, status=(3,))
        assert "certificate" in text, text
        _, text = scan(target, *trust, "--registry-key", key, status=(2,))
        assert "--registry-cert" in text, text
        _, text = scan(target, *trust, "--registry-cert", "/nonexistent", status=(3,))
        assert "/nonexistent" in text, text


def main():
    seawall.need("openssl", "docker-registry", "skopeo", "zstd")
    with tempfile.TemporaryDirectory() as folder:
        layers = make_layers(folder)
        layouts = {name: os.path.join(folder, name) for name in ("gzip", "zstd", "less")}
        for name, layout in layouts.items():
            # The lower layers of the first and the last are the same blobs.
            if name == "less":
                seawall.oci_layout(layout, layers[:2], "gzip")
            else:
                seawall.oci_layout(layout, layers, name)
        arm = os.path.join(folder, "arm")
        seawall.oci_layout(arm, layers, "zstd", "arm64")
        layouts["multi"] = multi_platform(folder, {"amd64": layouts["gzip"], "arm64": arm})
        authority = Authority(os.path.join(folder, "authority"))
        check_basic(folder, authority, layouts)
        check_token(folder, authority, layouts)
        check_client_certificate(folder, authority, layouts)


main()
