# SPDX-License-Identifier: Apache-2.0
"""A containerd of the test's own, for the time of a test: root, state and sockets in one folder."""
import os
import signal
import subprocess
import time

import seawall


class Containerd:
    """with Containerd(folder) as engine: engine.ctr("images", "import", archive)"""

    def __init__(self, folder, namespace="k8s.io"):
        seawall.need("containerd", "ctr")
        if os.geteuid() != 0:
            seawall.skip("containerd needs root")
        self.folder, self.namespace, self.process = folder, namespace, None
        self.root = os.path.join(folder, "root")
        self.database = os.path.join(self.root, "io.containerd.metadata.v1.bolt", "meta.db")

    def __enter__(self):
        config = os.path.join(self.folder, "containerd.toml")
        plugins = ", ".join(f'"io.containerd.{name}"' for name in (
            "grpc.v1.cri", "snapshotter.v1.btrfs", "snapshotter.v1.zfs", "snapshotter.v1.aufs",
            "snapshotter.v1.devmapper"))
        with open(config, "w", encoding="ascii") as file:
            file.write(f'version = 2\nroot = "{self.root}"\nstate = "{self.folder}/state"\n'
                       f"disabled_plugins = [{plugins}]\n"
                       f'[grpc]\naddress = "{self.folder}/s"\n[ttrpc]\naddress = "{self.folder}/t"\n')
        with open(os.path.join(self.folder, "containerd.log"), "wb") as log:
            self.process = subprocess.Popen(["containerd", "-c", config], stdout=log, stderr=log)
        for _ in range(120):
            if self.ctr("version", check=False).returncode == 0:
                return self
            time.sleep(0.25)
        self.stop()
        with open(os.path.join(self.folder, "containerd.log"), encoding="utf-8") as log:
            raise AssertionError("containerd does not start: " + log.read()[-2000:])

    def __exit__(self, *_):
        self.stop()

    def ctr(self, *arguments, check=True, namespace=None):
        done = subprocess.run(
            ["ctr", "-a", f"{self.folder}/s", "-n", namespace or self.namespace, *arguments],
            capture_output=True, check=False, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"ctr {arguments}: {done.stderr.decode(errors='replace')}")
        return done

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
