#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may pull: logins from settings files and helpers, and at clouds, whose hosts a proxy of the
test's own leads to a server that checks every signature. No secret is in a sentence, none reaches
a host that it is not for."""
import base64
import hashlib
import hmac
import io
import json
import os
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from authority import Authority, openssl  # noqa: E402
from fake_registry import FakeRegistry, basic  # noqa: E402

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
API = "api.ecr.eu-west-1.amazonaws.com"
ACR, AAD = "team.azurecr.io", "login.microsoftonline.com"
GAR, GOOGLE = "europe-west1-docker.pkg.dev", "oauth2.googleapis.com"
EVIL = "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example"
HOSTS = (ECR, API, ACR, AAD, GAR, GOOGLE, EVIL)
SECRET = "S3cret/of+ann"


def layer():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in (("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'),
                           ("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\n"
                            "Architecture: amd64\nVersion: 1\n")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def write(path, text, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def scan(target, *arguments, env, status=0):
    """What is on standard error; no secret may be on either."""
    path = env.pop("PATH", os.environ["PATH"])
    keep = {k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "SEAWALL_SH"))}
    done = seawall.run("scan", "--quiet", "-f", "json", "--no-cache", "--allow-incomplete",
                       *arguments, target, status=(status,), timeout=60,
                       env={"HOME": "/nonexistent", "PATH": path, **keep, **env})
    text = (done.stdout + done.stderr).decode()
    assert SECRET not in text and base64.b64encode(SECRET.encode()).decode() not in text, text
    if status == 0:
        assert len(json.loads(done.stdout)["packages"]) == 1
    return done.stderr.decode()


class Tunnels:
    """A proxy (CONNECT) for which every host is the same server."""

    def __init__(self, address):
        host, port = address.split(":")
        self.target, self.asked = (host, int(port)), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            block = client.recv(4096)
            if not block:
                return
            head += block
        self.asked.append(head.split()[1].decode())
        server = socket.create_connection(self.target)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
        back.start()
        self.pump(client, server)

    @staticmethod
    def pump(source, sink):
        try:
            while block := source.recv(65536):
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listener.close()


def want_basic(registry, accepted):
    """A hook: everything below /v2/ wants one of these logins."""
    def hook(handler, request):
        if not request.path.startswith("/v2/") or request.authorization in accepted:
            return False
        handler.reply(401, WWW_Authenticate='Basic realm="test"')
        return True
    registry.hooks.append(hook)


def check_files(folder, authority):
    with FakeRegistry(tls=authority.issue("files")) as registry:
        registry.add("app", "1", [layer()])
        want_basic(registry, {basic("ann", SECRET)})
        target = f"registry:{registry.address}/app:1"
        trust = ("--registry-ca", authority.ca)
        home = os.path.join(folder, "home")
        docker = os.path.join(home, ".docker", "config.json")
        auth = basic("ann", SECRET)[len("Basic "):]
        assert "wants a login" in scan(target, *trust, env={"HOME": home}, status=3)
        write(docker, json.dumps({"auths": {f"https://{registry.address}/v1/": {"auth": auth}}}))
        scan(target, *trust, env={"HOME": home})
        # The login of another registry stays here.
        write(docker, json.dumps({"auths": {"other.example": {"auth": auth}}}))
        registry.requests.clear()
        scan(target, *trust, env={"HOME": home}, status=3)
        assert not [r for r in registry.requests if r.authorization]
        write(docker, json.dumps({"auths": {registry.address: {"auth": "!" + SECRET}}}))
        text = scan(target, *trust, env={"HOME": home}, status=3)
        assert docker in text and registry.address in text, text
        for name, where in (("DOCKER_CONFIG", "config.json"), ("REGISTRY_AUTH_FILE", None),
                            ("XDG_RUNTIME_DIR", "containers/auth.json")):
            path = os.path.join(folder, name, where or "auth.json")
            write(path, json.dumps({"auths": {registry.address: {
                "username": "ann", "password": SECRET}}}))
            scan(target, *trust, env={name: os.path.join(folder, name) if where else path})
        scan(target, *trust, "--registry-config", path, env={})
        text = scan(target, *trust, "--registry-config", "/nonexistent/logins", env={}, status=3)
        assert "/nonexistent/logins" in text, text
        check_helpers(folder, registry, target, trust)


def check_helpers(folder, registry, target, trust):
    programs = os.path.join(folder, "programs")
    settings = os.path.join(folder, "helpers", "config.json")
    asked = os.path.join(folder, "asked")
    answer = json.dumps({"ServerURL": registry.address, "Username": "ann", "Secret": SECRET})
    for name, body in (("good", f"cat > {asked}; echo '{answer}'"),
                       ("none", "echo credentials not found in native keychain; exit 1"),
                       ("bad", f"echo '{answer}'; echo {SECRET} >&2; exit 1"),
                       ("locked", "echo the keyring is locked; exit 1")):
        write(os.path.join(programs, "docker-credential-" + name), "#!/bin/sh\n" + body + "\n",
              0o700)
    env = {"PATH": programs + ":/usr/bin:/bin", "DOCKER_CONFIG": os.path.dirname(settings)}
    for name, status, words in (("good", 0, ""), ("none", 3, "wants a login"),
                                ("bad", 3, "docker-credential-bad"),
                                ("locked", 3, "the keyring is locked"),
                                ("missing", 3, "docker-credential-missing"),
                                ("../../bin/sh", 3, "no program's name")):
        write(settings, json.dumps({"credHelpers": {registry.address: name}, "credsStore": "no"}))
        text = scan(target, *trust, env=dict(env), status=status)
        assert words in text, (name, text)
    with open(asked, encoding="ascii") as file:
        assert file.read() == registry.address


def check_aws(handler, request):
    """Signature Version 4, counted again."""
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=AKID/(\d{8})/eu-west-1/ecr/aws4_request, "
                         r"SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})",
                         request.authorization)
    day, names, signature = match.groups()
    assert names == "content-type;host;x-amz-date;x-amz-security-token;x-amz-target", names
    when = handler.headers["X-Amz-Date"]
    assert when.startswith(day) and abs(time.mktime(time.strptime(
        when, "%Y%m%dT%H%M%SZ")) - time.mktime(time.gmtime())) < 60
    canonical = "POST\n/\n\n" + "".join(f"{name}:{handler.headers[name]}\n"
                                        for name in names.split(";"))
    canonical += f"\n{names}\n{hashlib.sha256(request.body).hexdigest()}"
    text = "\n".join(("AWS4-HMAC-SHA256", when, f"{day}/eu-west-1/ecr/aws4_request",
                      hashlib.sha256(canonical.encode()).hexdigest()))
    key = ("AWS4" + SECRET).encode()
    for part in (day, "eu-west-1", "ecr", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    assert hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == signature
    assert handler.headers["X-Amz-Security-Token"] == "session"
    handler.reply(200, json.dumps({"authorizationData": [{
        "authorizationToken": base64.b64encode(b"AWS:" + b"of ecr").decode()}]}).encode())


class Clouds:
    """A hook: the login servers and the registries of three clouds."""

    def __init__(self, folder, public_key):
        self.folder, self.public_key, self.problems, self.broken = folder, public_key, [], None

    def __call__(self, handler, request):
        try:
            return self.answer(handler, request)
        except OSError:  # who hangs up on a body without end is right
            handler.close_connection = True
            return True
        except Exception as problem:  # pylint: disable=broad-except
            self.problems.append(repr(problem))
            handler.reply(400)
            return True

    def answer(self, handler, request):
        host, path = handler.headers["Host"].removesuffix(":443"), request.path
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        if self.broken is not None and host in (API, AAD, GOOGLE):
            handler.reply(*self.broken)
        elif host == API:
            check_aws(handler, request)
        elif host == AAD:
            assert path == "/tenant-1/oauth2/v2.0/token", path
            assert form == {"grant_type": "client_credentials", "client_id": "client",
                            "client_secret": SECRET,
                            "scope": "https://containerregistry.azure.net/.default"}, form
            handler.reply(200, b'{"access_token":"of.aad"}')
        elif host == GOOGLE:
            self.check_assertion(form)
            handler.reply(200, b'{"access_token":"of.google","expires_in":3599}')
        elif host == ACR and path == "/oauth2/exchange":
            assert form == {"grant_type": "access_token", "service": ACR, "tenant": "tenant-1",
                            "access_token": "of.aad"}, form
            handler.reply(200, b'{"refresh_token":"of.acr"}')
        elif host == ACR and path == "/oauth2/token":
            assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "of.acr"), form
            handler.reply(200, b'{"access_token":"pull"}')
        else:
            return self.guard(handler, request, host)
        return True

    def check_assertion(self, form):
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer", form
        signed, _, signature = form["assertion"].rpartition(".")
        head, claims = (json.loads(base64.urlsafe_b64decode(part + "=="))
                        for part in signed.split("."))
        assert head == {"alg": "RS256", "typ": "JWT"}, head
        assert claims["iss"] == "robot@project" and claims["aud"] == f"https://{GOOGLE}/token"
        assert claims["exp"] - claims["iat"] <= 3600 and abs(claims["iat"] - time.time()) < 60
        with open(os.path.join(self.folder, "signature"), "wb") as file:
            file.write(base64.urlsafe_b64decode(signature + "=="))
        openssl(self.folder, "dgst", "-sha256", "-verify", self.public_key, "-signature",
                "signature", input=signed.encode())

    @staticmethod
    def guard(handler, request, host):
        wanted = {ECR: basic("AWS", "of ecr"), GAR: basic("oauth2accesstoken", "of.google"),
                  ACR: "Bearer pull"}.get(host)
        if wanted is not None and request.authorization == wanted:
            return False
        challenge = 'Basic realm="test"'
        if host == ACR:
            challenge = f'Bearer realm="https://{ACR}/oauth2/token",service="{ACR}"'
        handler.reply(401, WWW_Authenticate=challenge)
        return True


def check_clouds(folder, authority):
    openssl(folder, "genrsa", "-out", "robot.key", "2048")
    openssl(folder, "rsa", "-in", "robot.key", "-pubout", "-out", "robot.pub")
    with open(os.path.join(folder, "robot.key"), encoding="ascii") as file:
        key = file.read()
    write(os.path.join(folder, "robot.json"), json.dumps({
        "type": "service_account", "client_email": "robot@project", "private_key": key,
        "token_uri": f"https://{GOOGLE}/token"}))
    env = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": SECRET,
           "AWS_SESSION_TOKEN": "session", "AZURE_CLIENT_ID": "client",
           "AZURE_CLIENT_SECRET": SECRET, "AZURE_TENANT_ID": "tenant-1",
           "GOOGLE_APPLICATION_CREDENTIALS": os.path.join(folder, "robot.json")}
    names = ",".join("DNS:" + host for host in HOSTS)
    with FakeRegistry(tls=authority.issue("clouds", names)) as registry:
        tunnels = Tunnels(registry.address)
        try:
            registry.add("team/app", "1", [layer()])
            clouds = Clouds(folder, "robot.pub")
            registry.hooks.append(clouds)
            arguments = ("--registry-ca", authority.ca, "--proxy", tunnels.url)
            for host, servers in ((ECR, {ECR, API}), (ACR, {ACR, AAD}), (GAR, {GAR, GOOGLE})):
                tunnels.asked.clear()
                scan(f"registry:{host}/team/app:1", *arguments, env=dict(env))
                assert {a.removesuffix(":443") for a in tunnels.asked} == servers, tunnels.asked
                # Without its variables nobody but the registry is asked.
                tunnels.asked.clear()
                text = scan(f"registry:{host}/team/app:1", *arguments, env={}, status=3)
                assert {a.removesuffix(":443") for a in tunnels.asked} == {host}, tunnels.asked
            scan(f"registry:{GAR}/team/app:1", *arguments,
                 env={"GOOGLE_OAUTH_ACCESS_TOKEN": "of.google"})
            check_broken(registry, clouds, arguments, env)
            # A name that only begins like a cloud's gets nothing.
            registry.requests.clear()
            tunnels.asked.clear()
            text = scan(f"registry:{EVIL}/team/app:1", *arguments, env=dict(env), status=3)
            assert "wants a login" in text, text
            assert not [r for r in registry.requests if r.authorization or r.body]
            assert {a.removesuffix(":443") for a in tunnels.asked} == {EVIL}, tunnels.asked
            check_container(clouds, arguments)
            assert not clouds.problems, clouds.problems
        finally:
            tunnels.stop()


def check_broken(registry, clouds, arguments, env):
    for broken in ((403, SECRET.encode()), (200, b"no JSON"), (200, b"{}"),
                   (200, b'{"access_token":"a\\nb","authorizationData":7}'),
                   (200, b" " * 10_000_000), (307, b"")):
        clouds.broken = broken
        for host in (ECR, ACR, GAR):
            registry.requests.clear()
            text = scan(f"registry:{host}/team/app:1", *arguments, env=dict(env), status=3)
            assert "cloud login for '" + host in text, text
    clouds.broken = None


def check_container(clouds, arguments):
    """Keys that a container gets from an endpoint beside it."""
    with FakeRegistry() as endpoint:
        def hook(handler, request):
            if request.authorization != "of the container":
                clouds.problems.append(repr(request))
            handler.reply(200, json.dumps({"AccessKeyId": "AKID", "SecretAccessKey": SECRET,
                                           "Token": "session"}).encode())
            return True
        endpoint.hooks.append(hook)
        scan(f"registry:{ECR}/team/app:1", *arguments,
             env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url + "/keys",
                  "AWS_CONTAINER_AUTHORIZATION_TOKEN": "of the container"})
        assert len(endpoint.of("/keys")) == 1


def main():
    seawall.need("openssl")
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(os.path.join(folder, "authority"))
        check_files(folder, authority)
        check_clouds(folder, authority)


try:
    main()
except subprocess.CalledProcessError as failure:
    raise AssertionError(failure.stderr) from failure
