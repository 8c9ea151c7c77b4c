#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP server on loopback with the manners, good and bad, of real feed servers.

Prints its port on the first line and ends when its standard input does. With a folder as argument
it serves that folder's files as well, with entity tags and ranges.

/file            300,000 bytes, ETag, Last-Modified, ranges, conditional requests
/weak            the same with a weak entity tag
/dated           the same without entity tag
/truncated       stops after 100,000 bytes of each response, ranges work
/changing        another content and tag at every request, truncated but for the third
/wrong-range     answers a range request with another range, once; then behaves
/busy-twice      too busy for two requests, then /file
/busy            always too busy; Retry-After says an hour
/broken          an internal error, always
/missing /forbidden /empty
/redirect/N      N redirects, then /file;  /redirect-out to ftp
/slow            a byte, then nothing
/endless         no length, much content
/log             the requests so far, one line each: path, range, if-range, user agent
"""
import email.utils
import hashlib
import http.server
import os
import sys
import threading
import time

CONTENT = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(9375))
DATE = email.utils.formatdate(1700000000, usegmt=True)
LOG, COUNTS, LOCK = [], {}, threading.Lock()
ROOT = sys.argv[1] if len(sys.argv) > 1 else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, content=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        if length is not None and length != len(content):
            self.wfile.flush()
            self.close_connection = True

    def serve(self, content, etag, date, cut=None):
        headers = [("Accept-Ranges", "bytes")]
        if etag:
            headers.append(("ETag", etag))
        if date:
            headers.append(("Last-Modified", date))
        if etag and self.headers.get("If-None-Match") == etag or \
                date and not self.headers.get("If-None-Match") and \
                self.headers.get("If-Modified-Since") == date:
            return self.reply(304, headers=headers)
        start = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and self.headers.get("If-Range") in (etag, date):
            start = int(asked[6:].split("-")[0])
            if start >= len(content):
                headers.append(("Content-Range", "bytes */%d" % len(content)))
                return self.reply(416, headers=headers)
            headers.append(("Content-Range",
                            "bytes %d-%d/%d" % (start, len(content) - 1, len(content))))
        rest = content[start:]
        shown = rest if cut is None else rest[:cut]
        return self.reply(206 if start else 200, shown, headers, len(rest))

    def do_GET(self):
        path = self.path.split("?")[0]
        with LOCK:
            COUNTS[path] = n = COUNTS.get(path, 0) + 1
            if path != "/log":
                LOG.append("%s %s range=%s if-range=%s agent=%s" % (
                    self.command, path, self.headers.get("Range", "-"),
                    self.headers.get("If-Range", "-"), self.headers.get("User-Agent", "-")))
        tag = '"v1"'
        if path == "/file":
            return self.serve(CONTENT, tag, DATE)
        if path == "/weak":
            return self.serve(CONTENT, 'W/"v1"', DATE, None if n > 1 else 1000)
        if path == "/dated":
            return self.serve(CONTENT, None, DATE, 200000)
        if path == "/truncated":
            return self.serve(CONTENT, tag, DATE, 100000)
        if path == "/changing":
            return self.serve(b"%d" % n + CONTENT, '"v%d"' % n, None, None if n == 3 else 100000)
        if path == "/wrong-range":
            if n == 1:
                return self.serve(CONTENT, tag, None, 1000)
            if n == 2:
                return self.reply(206, CONTENT[500:],
                                  [("ETag", tag), ("Content-Range", "bytes 500-299999/300000")])
            return self.serve(CONTENT, tag, None)
        if path == "/busy-twice" and n <= 2:
            return self.reply(429 if n == 1 else 503, b"later", [("Retry-After", "0")])
        if path == "/busy-twice":
            return self.serve(CONTENT, tag, DATE)
        if path == "/busy":
            return self.reply(503, b"later")
        if path == "/ask-second":
            if n == 1:
                return self.reply(429, b"later", [("Retry-After", "1")])
            return self.serve(CONTENT, tag, DATE)
        if path == "/broken":
            return self.reply(500, b"broken")
        if path == "/forbidden":
            return self.reply(403, b"no")
        if path == "/empty":
            return self.reply(200)
        if path.startswith("/redirect/"):
            left = int(path.rsplit("/", 1)[1])
            target = "/redirect/%d" % (left - 1) if left > 0 else "/file"
            return self.reply(302, b"elsewhere", [("Location", target), ("ETag", '"wrong"')])
        if path == "/redirect-out":
            return self.reply(302, b"", [("Location", "ftp://127.0.0.1/file")])
        if path == "/slow":
            self.reply(200, b"x", length=1000)
            time.sleep(10)
            return None
        if path == "/endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            for _ in range(1000):
                self.wfile.write(CONTENT)
            return None
        if path == "/log":
            with LOCK:
                return self.reply(200, "\n".join(LOG).encode() + b"\n")
        return self.serve_file(path)

    do_HEAD = do_GET

    def serve_file(self, path):
        name = os.path.normpath(path).lstrip("/")
        if ROOT and ".." not in name and os.path.isfile(os.path.join(ROOT, name)):
            with open(os.path.join(ROOT, name), "rb") as f:
                content = f.read()
            return self.serve(content, '"%s"' % hashlib.sha256(content).hexdigest()[:16], DATE)
        return self.reply(404, b"no such page")

    def handle(self):
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()


main()
