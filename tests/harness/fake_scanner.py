# SPDX-License-Identifier: Apache-2.0
"""A scanner that is anybody's: speaks the frames of lib/wire and says whatever a test wants.

In a test: write(folder, body) makes a program whose body may use everything below. In the program:
descriptor 3 is the socket to the parent.
"""
import array
import json
import os
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HELLO, SCAN, OPEN, OPENED, IMAGE, FACTS, LAYER_DONE, NOTE, PROGRESS, DONE, FAILED = range(1, 12)
HAS_FD = 2


def write(folder, body, name="fake"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {HERE!r})\n"
                  "from fake_scanner import *\nparent = Parent()\n" + body)
    os.chmod(path, 0o755)
    return path


def frame(kind, value=None, id=0, flags=0, raw=None):
    data = raw if raw is not None else json.dumps(value if value is not None else {}).encode()
    return struct.pack("<IHHI", len(data), kind, flags, id) + data


class Parent:
    """The parent as the child sees it; greets it unless told otherwise."""

    def __init__(self):
        self.socket = socket.socket(fileno=3)
        self.scan, _ = self.receive()
        self.send(HELLO, {"protocol": 2, "version": "x", "analyzers": {"vuln": "layer=1,dpkg=1"}, "sandbox": ""})

    def send(self, kind, value=None, id=0, flags=0, raw=None):
        self.socket.sendall(frame(kind, value, id, flags, raw))

    def _exactly(self, n, fds):
        data = b""
        while len(data) < n:
            part, ancillary, _, _ = self.socket.recvmsg(n - len(data), 1024)
            if not part:
                sys.exit(1)
            data += part
            for _, _, bytes_ in ancillary:
                fds.frombytes(bytes_[:len(bytes_) - len(bytes_) % 4])
        return data

    def receive(self):
        """(message, descriptors)"""
        fds = array.array("i")
        n, _, _, _ = struct.unpack("<IHHI", self._exactly(12, fds))
        return json.loads(self._exactly(n, fds)), list(fds)

    def open(self, request, id=1):
        self.send(OPEN, request, id)
        return self.receive()

    def image(self, *layers, **members):
        self.send(IMAGE, {"kind": 1, "name": "fake", "layers": list(layers), **members})

    def facts(self, layer, *facts):
        self.send(FACTS, id=layer, raw=b"".join(json.dumps(f).encode() + b"\n" for f in facts))

    def layer_done(self, layer, **members):
        self.send(LAYER_DONE, {"code": 0, "compression": "none", "files": 1, "bytes": 1,
                               "whole": True, **members}, layer)

    def done(self):
        self.send(DONE)


def drain(fd):
    """Lets a ring (lib/io/ring.h) run to its end: a byte goes back for each block that came."""
    os.read(fd, 4)
    try:
        while os.read(fd, 4):
            os.write(fd, b"\0")
    except (BrokenPipeError, ConnectionResetError):
        pass


def packages(name, path="var/lib/dpkg/status"):
    return {"kind": "packages", "section": "dpkg", "path": path,
            "packages": [{"type": "deb", "name": name, "version": "1", "arch": "amd64"}]}
