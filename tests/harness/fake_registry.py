# SPDX-License-Identifier: Apache-2.0
"""A registry made of dictionaries, on loopback: it keeps to the protocol, except where a test has
put a hook in its way. Every request is written down with what it carried."""
import base64
import collections
import hashlib
import http.server
import io
import json
import socket
import ssl
import struct
import sys
import tarfile
import threading
import urllib.parse

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
Request = collections.namedtuple("Request", "method path authorization range body")


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *unused):
        pass

    def reply(self, status, content=b"", **headers):
        """headers: names with '_' for '-'; Content_Length=None leaves it out."""
        headers.setdefault("Content_Length", str(len(content)))
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        if headers["Content_Length"] is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def reset(self):
        """The connection ends as if the machine had died."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def do_GET(self):
        registry = self.server.registry
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length) if length else b""
        request = Request(self.command, self.path, self.headers.get("Authorization"),
                          self.headers.get("Range"), body)
        with registry.lock:
            registry.requests.append(request)
        try:
            for hook in registry.hooks:
                if hook(self, request):
                    return
            registry.answer(self, request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_POST = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *unused):
        pass


class FakeRegistry:
    """with FakeRegistry() as registry: registry.add("app", "1", [layer]); registry.address"""

    def __init__(self, tls=None, host="127.0.0.1"):
        self.blobs, self.manifests, self.tags = {}, {}, collections.defaultdict(list)
        self.hooks, self.requests, self.lock = [], [], threading.Lock()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.registry = self
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if tls else "http"
        self.address = f"{host}:{self.server.server_address[1]}"
        self.url = f"{self.scheme}://{self.address}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()

    def put(self, data):
        self.blobs[digest_of(data)] = data
        return {"digest": digest_of(data), "size": len(data)}

    def put_manifest(self, repository, tag, data, media_type):
        for reference in (tag, digest_of(data)):
            self.manifests[repository, reference] = (media_type, data)
        if tag not in self.tags[repository]:
            self.tags[repository].append(tag)
        return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}

    def add(self, repository, tag, layers):
        """An image of plain tars; the digests of its layers."""
        config = self.put(json.dumps({
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(l) for l in layers]}}).encode())
        blobs = [self.put(layer) for layer in layers]
        self.put_manifest(repository, tag, json.dumps({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob}
                       for blob in blobs]}).encode(), OCI_MANIFEST)
        return [blob["digest"] for blob in blobs]

    def answer(self, handler, request):
        parts = urllib.parse.urlsplit(request.path).path.strip("/").split("/")
        if parts == ["v2", "_catalog"]:
            return handler.reply(200, json.dumps({"repositories": sorted(self.tags)}).encode())
        if len(parts) < 4 or parts[0] != "v2":
            return handler.reply(404, b"{}")
        repository, kind, name = "/".join(parts[1:-2]), parts[-2], parts[-1]
        if kind == "manifests" and (repository, name) in self.manifests:
            media_type, data = self.manifests[repository, name]
            return handler.reply(200, data, Content_Type=media_type,
                                 Docker_Content_Digest=digest_of(data))
        if kind == "blobs" and name in self.blobs:
            return self.send_blob(handler, request, self.blobs[name])
        if kind == "tags" and repository in self.tags:
            return handler.reply(200, json.dumps({"tags": self.tags[repository]}).encode())
        return handler.reply(404, json.dumps(
            {"errors": [{"code": "NAME_UNKNOWN", "message": "no such thing"}]}).encode())

    @staticmethod
    def send_blob(handler, request, data):
        if not request.range:
            return handler.reply(200, data)
        start = int(request.range[len("bytes="):].split("-")[0])
        return handler.reply(206, data[start:],
                             Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")

    def of(self, text):
        """The requests whose path has the text."""
        with self.lock:
            return [r for r in self.requests if text in r.path]


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def main():
    """For tests in C: prints "host digest layer" of app:1, and ends when its standard input does.
    "app" has the referrers endpoint, "old" a tag in its place."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w"):
        pass
    with FakeRegistry() as registry:
        layers = registry.add("app", "1", [buffer.getvalue()])
        digest = digest_of(registry.manifests["app", "1"][1])

        def refer(handler, request):
            if request.path != f"/v2/app/referrers/{digest}":
                return False
            handler.reply(200, b'{"manifests":[],"annotations":{"found":"by endpoint"}}',
                          Content_Type=OCI_INDEX)
            return True
        registry.hooks.append(refer)
        registry.put_manifest("old", digest.replace(":", "-"),
                              b'{"manifests":[],"annotations":{"found":"by tag"}}', OCI_INDEX)
        registry.add("third", "1", [])
        print(registry.address, digest, layers[0], flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
