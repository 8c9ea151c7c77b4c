#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images of a real containerd, read from its store: what is found is what the same image has in a
layout, its files stay as they are, also while it imports and removes images; a damaged database is
a named error."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from containerd import Containerd  # noqa: E402


def make_layers(folder):
    status = "".join(f"Package: p{i}\nStatus: install ok installed\nArchitecture: amd64\n"
                     f"Version: 1.{i}-1\n\n" for i in range(60))
    layers = []
    for i, (name, text) in enumerate((("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'),
                                      ("var/lib/dpkg/status", status))):
        root = os.path.join(folder, f"root{i}")
        os.makedirs(os.path.dirname(os.path.join(root, name)))
        with open(os.path.join(root, name), "w", encoding="ascii") as file:
            file.write(text)
        layers.append(os.path.join(folder, f"layer{i}.tar"))
        seawall.tar_of(root, layers[-1])
    return layers


def archive_of(layout, name):
    """The layout as `ctr images import` takes it, named."""
    path = os.path.join(layout, "index.json")
    with open(path, encoding="ascii") as file:
        index = json.load(file)
    for manifest in index["manifests"]:
        manifest["annotations"] = {"io.containerd.image.name": name}
    with open(path, "w", encoding="ascii") as file:
        json.dump(index, file)
    seawall.tar_of(layout, layout + ".tar")
    return layout + ".tar"


def packages(report):
    return [(p["name"], p["version"]) for p in report["packages"]]


def state_of(root):
    return {path: (os.stat(path).st_mtime_ns, seawall.sha256(path))
            for folder, _, names in os.walk(root)
            for path in (os.path.join(folder, n) for n in names) if os.path.isfile(path)}


def scan(engine, name, root=None):
    return seawall.scan(name, env={**os.environ, "CONTAINERD_ROOT": root or engine.root})


def refused(engine, name, root=None):
    done = seawall.run("scan", "-q", "--no-cache", name, status=(3,),
                       env={**os.environ, "CONTAINERD_ROOT": root or engine.root})
    return done.stderr.decode(errors="replace")


def finds_what_the_layout_has(engine, wanted):
    for name in ("containerd:app:gzip", "containerd:docker.io/library/app:gzip", "app:gzip",
                 "containerd:app:zstd"):
        report = scan(engine, name)
        assert packages(report) == wanted, name
        assert report["target"]["kind"] == "containerd", report["target"]
    assert "has no such image" in refused(engine, "containerd:absent")
    assert "containerd: containerd has no such image; registry: " in refused(
        engine, "127.0.0.1:1/absent:1")


def stays_right_while_images_come_and_go(engine, archive, wanted):
    stop, n = threading.Event(), 0

    def churn():
        while not stop.is_set():
            engine.ctr("images", "import", "--no-unpack", archive, check=False)
            engine.ctr("images", "rm", "docker.io/library/other:1", check=False)
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for n in range(12):
            assert packages(scan(engine, "containerd:app:gzip")) == wanted, n
    finally:
        stop.set()
        thread.join()


def names_damage(engine, folder):
    root = os.path.join(folder, "damaged")
    shutil.copytree(os.path.dirname(engine.database),
                    os.path.join(root, "io.containerd.metadata.v1.bolt"))
    path = os.path.join(root, "io.containerd.metadata.v1.bolt", "meta.db")
    with open(path, "rb") as file:
        whole = file.read()
    dice = random.Random(4)
    for i in range(20):
        if i < 6:
            data = whole[:len(whole) * i // 8]
        else:
            data = bytearray(whole)
            for _ in range(200):
                data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        with open(path, "wb") as file:
            file.write(data)
        said = refused(engine, "containerd:app:gzip", root)
        assert said.startswith("seawall: 'containerd:app:gzip': "), said
        assert i >= 6 or "meta.db" in said, said


def main():
    folder = tempfile.mkdtemp(prefix="seawall-cd-")
    try:
        layers = make_layers(folder)
        archives = {}
        for kind in ("gzip", "zstd"):
            layout = os.path.join(folder, kind)
            seawall.oci_layout(layout, layers, kind)
            archives[kind] = archive_of(layout, "docker.io/library/app:" + kind)
        layout = os.path.join(folder, "other")
        seawall.oci_layout(layout, layers[:1])
        other = archive_of(layout, "docker.io/library/other:1")
        wanted = packages(seawall.scan(os.path.join(folder, "gzip")))
        assert len(wanted) == 60
        with Containerd(folder) as engine:
            for archive in archives.values():
                engine.ctr("images", "import", "--no-unpack", archive)
            stays_right_while_images_come_and_go(engine, other, wanted)
        before = state_of(engine.root)
        finds_what_the_layout_has(engine, wanted)
        assert state_of(engine.root) == before, "the store was touched"
        names_damage(engine, folder)
    finally:
        subprocess.run(["rm", "-rf", folder], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
