# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry on loopback, for the time of a test: plain or TLS, with or without a
login. It writes down every request, so that a test can count them."""
import collections
import os
import re
import signal
import socket
import subprocess
import time

import seawall

ACCESS = re.compile(r'"(GET|HEAD|PUT|POST|PATCH|DELETE) (\S+) HTTP/1\.[01]" (\d+) ')
Request = collections.namedtuple("Request", "method path status")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """with Registry(folder) as registry: registry.push(layout, "app:1")"""

    def __init__(self, folder, tls=None, auth="", host="127.0.0.1"):
        """tls: (certificate, key), and whose clients may come; auth: lines for the registry's settings, from "auth:" on."""
        seawall.need("docker-registry", "skopeo")
        self.folder, self.tls, self.auth, self.host = folder, tls, auth, host
        self.process, self.log, self.port = None, os.path.join(folder, "registry.log"), 0

    def __enter__(self):
        os.makedirs(os.path.join(self.folder, "storage"), exist_ok=True)
        for _ in range(5):
            self.port = free_port()
            if self.start():
                return self
        raise AssertionError("docker-registry does not start: " + self.read_log()[-2000:])

    def start(self):
        tls = ""
        if self.tls:
            tls = f"  tls:\n    certificate: {self.tls[0]}\n    key: {self.tls[1]}\n"
            if len(self.tls) > 2:
                tls += f"    clientcas: [{self.tls[2]}]\n"
        config = os.path.join(self.folder, "registry.yml")
        with open(config, "w", encoding="ascii") as file:
            file.write("version: 0.1\nlog:\n  level: info\n"
                       "storage:\n  delete:\n    enabled: true\n"
                       f"  filesystem:\n    rootdirectory: {self.folder}/storage\n"
                       f"http:\n  addr: 127.0.0.1:{self.port}\n{tls}{self.auth}")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.05)
        self.stop()
        return False

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def __exit__(self, *unused):
        self.stop()

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def push(self, layout, name, *arguments, source="oci"):
        """Copies an OCI layout (or what skopeo calls `source`) to host/name."""
        subprocess.run(["skopeo", "copy", "--quiet", "--insecure-policy",
                        "--dest-tls-verify=false", *arguments, f"{source}:{layout}",
                        f"docker://127.0.0.1:{self.port}/{name}"], check=True, timeout=120)

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def requests(self, since=0):
        """The requests so far, without the first `since`."""
        return [Request(m[1], m[2], int(m[3]))
                for m in ACCESS.finditer(self.read_log())][since:]
