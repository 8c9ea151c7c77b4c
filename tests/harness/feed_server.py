# SPDX-License-Identifier: Apache-2.0
"""A mirror of feeds on loopback, and a proxy in front of it, both in this process. Feeds are bytes by
path; a fault can be laid on each. Everything that was asked is kept in `asked`."""
import hashlib
import http.client
import http.server
import select
import socket
import ssl
import threading
import urllib.parse


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, content=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)
        if length is not None:
            self.wfile.flush()
            self.close_connection = True

    def do_GET(self):
        mirror = self.server.mirror
        path = urllib.parse.urlsplit(self.path).path.lstrip("/")
        mirror.asked.append((self.command, path, dict(self.headers)))
        fault = mirror.faults.get(path)
        if isinstance(fault, int):
            return self.answer(fault, b"<html>not now</html>")
        content = mirror.feeds.get(path)
        if content is None:
            return self.answer(404, b"<html>no such page</html>")
        tag = '"' + hashlib.sha256(content).hexdigest()[:16] + '"'
        headers = [("ETag", tag), ("Accept-Ranges", "bytes")]
        if self.headers.get("If-None-Match") == tag:
            return self.answer(304, headers=headers)
        start = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and self.headers.get("If-Range") == tag:
            start = int(asked[6:].split("-")[0])
            headers.append(("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}"))
        rest = content[start:]
        if fault == "cut":  # goes away after some bytes
            return self.answer(206 if start else 200, rest[:len(content) // 8], headers, len(rest))
        return self.answer(206 if start else 200, rest, headers)

    do_HEAD = do_GET

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError):
            pass


def _serve(handler, context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Mirror:
    """feeds: path -> bytes. faults: path -> status, or "cut"."""

    def __init__(self, feeds, certificate=None, key=None):
        self.feeds, self.faults, self.asked = feeds, {}, []
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        self.server = _serve(_Handler, context)
        self.server.mirror = self
        self.port = self.server.server_address[1]
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self.port}"

    def got(self, path=None):
        """Headers of each GET (of one path)."""
        return [headers for method, asked, headers in self.asked
                if method == "GET" and path in (None, asked)]

    def paths(self):
        return {asked for _, asked, _ in self.asked}


class _ProxyHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        proxy = self.server.proxy
        proxy.asked.append((self.command, self.path))
        upstream = http.client.HTTPConnection("127.0.0.1", proxy.port_behind, timeout=10)
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() not in ("proxy-connection", "connection", "host")}
        upstream.request(self.command, urllib.parse.urlsplit(self.path).path, headers=headers)
        reply = upstream.getresponse()
        content = reply.read()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("server", "date", "connection"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_HEAD = do_GET

    def do_CONNECT(self):
        proxy = self.server.proxy
        proxy.asked.append(("CONNECT", self.path))
        with socket.create_connection(("127.0.0.1", proxy.port_behind), timeout=10) as behind:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: behind, behind: self.connection}
            while True:
                for end in select.select(list(ends), [], [], 10)[0]:
                    data = end.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    ends[end].sendall(data)


class Proxy:
    """Sends everything to one port of this machine, whatever host was asked for."""

    def __init__(self, port_behind):
        self.asked, self.port_behind = [], port_behind
        self.server = _serve(_ProxyHandler)
        self.server.proxy = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
