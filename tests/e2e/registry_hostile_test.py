#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Registries that lie, break and beg: each ends in a sentence that names it and in the right exit
status; credentials reach the registry and its token server and nobody else."""
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from fake_registry import FakeRegistry, basic  # noqa: E402

STATUS = "".join(f"Package: p{i}\nStatus: install ok installed\nArchitecture: amd64\n"
                 f"Version: 1.{i}-1\n\n" for i in range(30))
LOGIN = {"SEAWALL_REGISTRY_USER": "ann", "SEAWALL_REGISTRY_PASSWORD": "s3cret"}


def tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


BASE = tar({"etc/os-release": b'ID=debian\nVERSION_ID="12"\n'})
TOP = tar({"filler": os.urandom(3_000_000), "var/lib/dpkg/status": STATUS.encode()})


def scan(registry, *arguments, status=(0,), env=None, plain=True, name="app:1"):
    plain = ("--plain-http",) if plain else ()
    done = seawall.run("scan", "--quiet", "-f", "json", "--no-cache", *plain, *arguments,
                       f"registry:{registry.address}/{name}", status=status,
                       env={**os.environ, "HOME": "/nonexistent", **(env or {})}, timeout=120)
    report = json.loads(done.stdout) if done.stdout.strip() else None
    return report, done.stderr.decode()


def notes_of(report):
    return " | ".join(n["message"] for n in report["notes"] if n["kind"] != "database")


def layer_only(text, act, times=None):
    """A hook for requests of one blob."""
    left = [times]

    def hook(handler, request):
        if text not in request.path or "/blobs/" not in request.path or left[0] == 0:
            return False
        if left[0] is not None:
            left[0] -= 1
        return act(handler, request)
    return hook


def check_plain_is_asked_for():
    with FakeRegistry() as registry:
        registry.add("app", "1", [BASE, TOP])
        _, text = scan(registry, plain=False, status=(3,))
        assert "--plain-http" in text, text
        assert not registry.requests
        report, _ = scan(registry)
        assert len(report["packages"]) == 30 and report["target"]["kind"] == "registry"
        # A name without a prefix that is no file.
        done = seawall.run("scan", "--quiet", "-f", "json", "--no-cache", "--plain-http",
                           f"{registry.address}/app:1")
        assert json.loads(done.stdout)["target"]["kind"] == "registry"
        for path in ("./app", "/nonexistent/app", "app.tar"):
            done = seawall.run("scan", path, status=(3,))
            assert "No such file" in done.stderr.decode(), done.stderr


def check_wrong_bytes():
    with FakeRegistry() as registry:
        _, top = registry.add("app", "1", [BASE, TOP])
        right = registry.blobs[top]
        registry.blobs[top] = right[:1_000_000] + b"X" + right[1_000_001:]
        report, _ = scan(registry, status=(4,))
        notes = notes_of(report)
        assert "digest mismatch" in notes and f"'{registry.address}/app'" in notes, notes
        assert top in notes, notes
        # The layer below is whole.
        assert report["os"]["id"] == "debian", report["os"]
        # A manifest that is another one than was asked for.
        media_type, data = registry.manifests["app", "1"]
        registry.hooks.append(lambda h, r: "/manifests/" in r.path and (
            h.reply(200, data + b" ", Content_Type=media_type,
                    Docker_Content_Digest="sha256:" + "0" * 64) or True))
        _, text = scan(registry, status=(3,))
        assert "digest mismatch" in text, text


def check_bad_layer_of_many():
    """A layer that many images share and nobody can have is fetched once."""
    with FakeRegistry() as registry:
        for i in range(8):
            _, top, _ = registry.add("app", f"{i}", [BASE, TOP, tar({"n": b"%d" % i})])
        right = registry.blobs[top]
        registry.blobs[top] = right[:1_000_000] + b"X" + right[1_000_001:]
        done = seawall.run("scan", "--quiet", "--no-cache", "--plain-http", "--all-tags",
                           "-f", "json", "--concurrency", "3",
                           f"registry:{registry.address}/app", status=(4,))
        reports = json.loads(done.stdout)
        assert len(reports) == 8
        assert all("digest mismatch" in notes_of(r) for r in reports), notes_of(reports[0])
        assert len(registry.of(top)) == 1, len(registry.of(top))


def check_endless():
    """A body without end is cut off where the manifest says that it ends."""
    def pour(handler, unused):
        handler.reply(200, b"", Content_Length=None)
        for _ in range(100_000):
            handler.wfile.write(TOP)
        return True

    def tell_size(handler, unused):
        handler.reply(200, TOP + bytes(50_000_000))
        return True
    for act in (pour, tell_size):
        with FakeRegistry() as registry:
            _, top = registry.add("app", "1", [BASE, TOP])
            registry.hooks.append(layer_only(top, act))
            start = time.monotonic()
            report, _ = scan(registry, status=(4,))
            assert time.monotonic() - start < 60
            assert "more" in notes_of(report), notes_of(report)
            assert report["os"]["id"] == "debian"
    with FakeRegistry() as registry:
        registry.add("app", "1", [BASE])
        registry.hooks.append(lambda h, r: "/manifests/" in r.path and pour(h, r))
        _, text = scan(registry, status=(3,))
        assert "more bytes" in text or "too large" in text, text


def check_broken_bodies():
    """Cut, reset, short: what is left is asked for, and what is scanned is whole."""
    def cut(handler, request):
        data = registry.blobs[top]
        start = int(request.range[6:-1]) if request.range else 0
        handler.reply(206 if start else 200, b"", Content_Length=str(len(data) - start),
                      **({"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
                         if start else {}))
        handler.wfile.write(data[start:start + 1_000_000])
        handler.reset()
        return True

    def forget_ranges(handler, unused):
        handler.reply(200, registry.blobs[top])
        return True
    with FakeRegistry() as registry:
        _, top = registry.add("app", "1", [BASE, TOP])
        registry.hooks.append(layer_only(top, cut, times=2))
        report, _ = scan(registry)
        assert len(report["packages"]) == 30 and not notes_of(report), notes_of(report)
        ranges = [r.range for r in registry.of(top)]
        assert ranges[0] is None and None not in ranges[1:], ranges
        # A server that knows no ranges.
        registry.hooks[:] = [layer_only(top, cut, times=1), layer_only(top, forget_ranges)]
        report, _ = scan(registry)
        assert len(report["packages"]) == 30 and not notes_of(report), notes_of(report)
        # One that never gets beyond the same place costs its layer and no more.
        def stuck(handler, unused):
            handler.reply(200, b"", Content_Length=str(len(TOP)))
            handler.wfile.write(TOP[:1000])
            handler.reset()
            return True
        registry.hooks[:] = [layer_only(top, stuck)]
        report, _ = scan(registry, status=(4,))
        assert f"{registry.address}" in notes_of(report), notes_of(report)
        assert report["os"]["id"] == "debian"


def check_busy():
    with FakeRegistry() as registry:
        _, top = registry.add("app", "1", [BASE, TOP])
        registry.hooks.append(layer_only(
            top, lambda h, r: h.reply(429, b"", Retry_After="2") or True, times=1))
        start = time.monotonic()
        report, _ = scan(registry)
        assert len(report["packages"]) == 30 and time.monotonic() - start >= 2
        registry.hooks[:] = [layer_only(top, lambda h, r: h.reply(503) or True, times=2)]
        report, _ = scan(registry)
        assert len(report["packages"]) == 30
        registry.hooks[:] = [lambda h, r: h.reply(429, b"", RateLimit_Limit="100;w=21600") or True]
        _, text = scan(registry, status=(3,))
        assert "limits how often" in text and "100;w=21600" in text, text
    # A run over many images does not go on asking.
    with FakeRegistry() as registry:
        for i in range(30):
            registry.add("app", f"{i}", [BASE])
        registry.hooks.append(lambda h, r: "/manifests/" in r.path and (h.reply(429) or True))
        done = seawall.run("scan", "--quiet", "--no-cache", "--plain-http", "--all-tags",
                           "--concurrency", "4", f"registry:{registry.address}/app", status=(3,))
        assert "limits how often" in done.stderr.decode(), done.stderr
        assert "not scanned" in done.stdout.decode(), done.stdout
        assert len(registry.requests) <= 1 + 4 * 7, len(registry.requests)


def check_redirects():
    """Blobs are elsewhere: what is meant for the registry does not go there."""
    with FakeRegistry() as registry, FakeRegistry() as store:
        _, top = registry.add("app", "1", [BASE, TOP])
        store.add("store", "x", [BASE, TOP])

        def want_login(handler, request):
            if request.authorization == basic("ann", "s3cret"):
                return False
            handler.reply(401, b"", WWW_Authenticate='Basic realm="r"')
            return True

        def lead_away(handler, request):
            handler.reply(307, b"", Location=f"{store.url}/v2/store/blobs/{top}?X-Signature=abc")
            return True
        registry.hooks += [want_login, layer_only(top, lead_away)]
        report, _ = scan(registry, env=LOGIN)
        assert len(report["packages"]) == 30 and not notes_of(report), notes_of(report)
        assert store.requests and all(r.authorization is None for r in store.requests)
        assert registry.of(top)[0].authorization == basic("ann", "s3cret")
        _, text = scan(registry, status=(3,))
        assert "wants a login" in text, text
        _, text = scan(registry, status=(3,), env={**LOGIN, "SEAWALL_REGISTRY_PASSWORD": "wr0ng"})
        assert "does not accept" in text and "wr0ng" not in text, text
    for place, words in (("http://169.254.169.254/latest/meta-data/", "inside this machine"),
                         ("http://[fe80::1]/", "inside this machine"),
                         ("http://0xa9.254.169.254/", "inside this machine"),
                         ("ftp://127.0.0.1/x", ""), ("http://", ""), ("/loop", "redirect")):
        with FakeRegistry() as registry:
            _, top = registry.add("app", "1", [BASE, TOP])
            registry.hooks += [
                layer_only(top, lambda h, r, p=place: h.reply(302, b"", Location=p) or True),
                lambda h, r, p=place: "/loop" in r.path and (
                    h.reply(302, b"", Location=p) or True)]
            report, _ = scan(registry, status=(4,))
            assert words in notes_of(report), (place, notes_of(report))


def token_server(registry, realm_of, log, lifetime=300, uses=None):
    """Hooks for a registry that takes tokens of a server: tokens are good for `uses` requests."""
    state = {"n": 0, "left": 0}

    def want_token(handler, request):
        if request.path.startswith("/token"):
            return False
        if request.authorization == f"Bearer t{state['n']}" and state["left"] != 0:
            state["left"] -= 1
            return False
        handler.reply(401, b"", WWW_Authenticate=(
            f'Bearer realm="{realm_of()}",service="svc",scope="repository:app:pull"'))
        return True

    def give_token(handler, request):
        if not request.path.startswith("/token"):
            return False
        log.append(request)
        state["n"] += 1
        state["left"] = uses if uses is not None else -1
        handler.reply(200, json.dumps({"token": f"t{state['n']}",
                                       "expires_in": lifetime}).encode())
        return True
    registry.hooks.append(want_token)
    return give_token


def check_tokens():
    with FakeRegistry() as registry, FakeRegistry() as server:
        registry.add("app", "1", [BASE, TOP])
        log = []
        server.hooks.append(token_server(registry, lambda: server.url + "/token", log))
        report, _ = scan(registry)
        assert len(report["packages"]) == 30
        # One login serves the whole scan; nothing is shown where nobody is known.
        assert len(log) == 1 and log[0].authorization is None, log
        assert "service=svc" in log[0].path and "scope=repository%3Aapp%3Apull" in log[0].path
        log.clear()
        scan(registry, env=LOGIN)
        assert len(log) == 1 and log[0].authorization == basic("ann", "s3cret"), log
        assert not [r for r in registry.requests if (r.authorization or "").startswith("Basic")]
    # Tokens that end in the middle of a scan.
    with FakeRegistry() as registry, FakeRegistry() as server:
        registry.add("app", "1", [BASE, TOP])
        log = []
        server.hooks.append(token_server(registry, lambda: server.url + "/token", log, uses=1))
        report, _ = scan(registry)
        assert len(report["packages"]) == 30 and len(log) >= 3, len(log)
    # A token server that refuses, and one that leads away.
    with FakeRegistry() as registry, FakeRegistry() as server, FakeRegistry() as thief:
        registry.add("app", "1", [BASE, TOP])
        token_server(registry, lambda: server.url + "/token", [])
        server.hooks.append(lambda h, r: h.reply(403, b'{"details":"no such user"}') or True)
        _, text = scan(registry, status=(3,), env=LOGIN)
        assert "no such user" in text and "s3cret" not in text, text
        server.hooks[:] = [lambda h, r: h.reply(307, b"", Location=thief.url + "/token") or True]
        scan(registry, status=(3,), env=LOGIN)
        assert thief.requests and not [r for r in thief.requests if r.authorization or r.body]
        # A ready token is shown as it is.
        registry.hooks.clear()
        registry.hooks.append(lambda h, r: r.authorization != "Bearer mine" and (
            h.reply(401, b"", WWW_Authenticate='Bearer realm="x"') or True))
        report, _ = scan(registry, env={"SEAWALL_REGISTRY_TOKEN": "mine"})
        assert len(report["packages"]) == 30


def make_certificates(folder):
    """A private authority, and a server's certificate of it."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=test authority", "-days", "2")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "server.csr",
            "-subj", "/CN=localhost")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1,DNS:localhost")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-out", "cert.pem", "-CAcreateserial", "-extfile", "names")
    return [os.path.join(folder, name) for name in ("ca.pem", "cert.pem", "key.pem")]


def check_tls(folder):
    ca, cert, key = make_certificates(folder)
    with FakeRegistry(tls=(cert, key)) as registry, FakeRegistry() as plain:
        _, top = registry.add("app", "1", [BASE, TOP])
        plain.add("app", "1", [BASE, TOP])
        _, text = scan(registry, plain=False, status=(3,))
        assert "certificate" in text and "--registry-ca" in text, text
        report, _ = scan(registry, "--registry-ca", ca, plain=False)
        assert len(report["packages"]) == 30
        # Out of https there is no way, not even where plain HTTP was asked for.
        registry.hooks.append(layer_only(top, lambda h, r: h.reply(
            302, b"", Location=f"{plain.url}/v2/app/blobs/{top}") or True))
        report, _ = scan(registry, "--registry-ca", ca, plain=False, status=(4,))
        assert "https" in notes_of(report), notes_of(report)
        assert not plain.requests
        # Nor is a login shown to a token server without it.
        registry.hooks[:] = [lambda h, r: h.reply(401, b"", WWW_Authenticate=(
            f'Bearer realm="{plain.url}/token",service="s"')) or True]
        _, text = scan(registry, "--registry-ca", ca, plain=False, status=(3,), env=LOGIN)
        assert "no https" in text and not plain.requests, text


def check_lists():
    with FakeRegistry() as registry:
        registry.add("app", "1", [BASE])

        def page(handler, request):
            if "/tags/" not in request.path:
                return False
            n = int(request.path.split("page=")[1]) if "page=" in request.path else 0
            link = pages.get(n)
            handler.reply(200, json.dumps({"tags": [f"t{n}", "\x1b[31mred"]}).encode(),
                          **({"Link": f'<{link}>; rel="next"'} if link else {}))
            return True
        registry.hooks.append(page)
        pages = {0: "/v2/app/tags/list?page=1", 1: "list?page=2"}

        def tags(status):
            done = seawall.run("registry", "tags", "--plain-http", f"{registry.address}/app",
                               status=status)
            return done.stdout.decode(), done.stderr.decode()
        names, _ = tags((0,))
        assert [n for n in names.split() if n.startswith("t")] == ["t0", "t1", "t2"], names
        assert "\x1b" not in names and "\\x1b[31mred" in names
        pages = {0: "/v2/app/tags/list?page=1", 1: "/v2/app/tags/list?page=1"}
        assert "leads back" in tags((3,))[1]
        pages = {0: "http://127.0.0.1:1/v2/app/tags/list?page=1"}
        assert "not its own" in tags((3,))[1]


def check_forms():
    with FakeRegistry() as registry:
        registry.put_manifest("app", "1", b'{"schemaVersion":1,"fsLayers":[]}',
                              "application/vnd.docker.distribution.manifest.v1+prettyjws")
        _, text = scan(registry, status=(3,))
        assert "schema 1" in text, text
        _, text = scan(registry, name="app:2", status=(3,))
        assert "404" in text and "NAME_UNKNOWN" in text, text
        _, text = scan(registry, name="App", status=(3,))
        assert "upper-case" in text, text


def check_mirrors():
    with FakeRegistry() as registry, FakeRegistry() as mirror:
        registry.add("app", "1", [BASE, TOP])
        mirror.add("proxy/app", "1", [BASE])
        option = f"{registry.address}=http://{mirror.address}/proxy"
        report, _ = scan(registry, "--registry-mirror", option, status=(4,))
        assert report["os"]["id"] == "debian" and not registry.requests
        mirror.manifests.clear()
        report, _ = scan(registry, "--registry-mirror", option, env=LOGIN)
        assert len(report["packages"]) == 30 and registry.requests
        # It has the lower layer and not the other; and the login is none of its business.
        assert any("/blobs/" in r.path for r in mirror.requests)
        assert not [r for r in mirror.requests if r.authorization]


def main():
    seawall.need("openssl")
    with tempfile.TemporaryDirectory() as folder:
        check_plain_is_asked_for()
        check_wrong_bytes()
        check_bad_layer_of_many()
        check_endless()
        check_broken_bodies()
        check_busy()
        check_redirects()
        check_tokens()
        check_tls(folder)
        check_lists()
        check_forms()
        check_mirrors()


main()
