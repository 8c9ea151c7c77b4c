# SPDX-License-Identifier: Apache-2.0
"""What the hostile_*_test.py share: small trees and images, and a runner that takes every function
with one parameter `folder` for a test."""
import io
import json
import os
import sys
import tarfile
import tempfile
import time

import seawall

OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'


def status(*packages):
    return b"".join(
        b"Package: " + (name if isinstance(name, bytes) else name.encode()) +
        b"\nStatus: install ok installed\nArchitecture: amd64\nVersion: " +
        (version if isinstance(version, bytes) else version.encode()) + b"\n\n"
        for name, version in packages)


def tree(folder, *packages, name="root"):
    root = os.path.join(folder, name)
    os.makedirs(os.path.join(root, "etc"))
    os.makedirs(os.path.join(root, "var/lib/dpkg"))
    with open(os.path.join(root, "etc/os-release"), "wb") as file:
        file.write(OS_RELEASE)
    with open(os.path.join(root, "var/lib/dpkg/status"), "wb") as file:
        file.write(status(*(packages or (("bash", "5.2"),))))
    return root


def put(archive, name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(data))


def layer(path, *packages, members=()):
    """A tar with a small Debian; members are (name, data, fields)."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="utf-8",
                      errors="surrogateescape") as archive:
        put(archive, "etc/os-release", OS_RELEASE)
        put(archive, "var/lib/dpkg/status", status(*packages))
        for name, data, fields in members:
            put(archive, name, data, **fields)
    return path


def image(folder, *packages, name="image.tar", kind="plain", members=()):
    path = os.path.join(folder, name)
    seawall.docker_archive(
        path, [layer(path + ".tar", *(packages or (("bash", "5.2"),)), members=members)], kind)
    return path


def images(folder, layers, name="images.tar"):
    """A docker archive with an image for each layer tar."""
    path = os.path.join(folder, name)
    with tarfile.open(path, "w") as archive:
        manifest = []
        for i, tar in enumerate(layers):
            archive.add(tar, f"{i}/layer.tar")
            config = {"architecture": "amd64", "os": "linux", "rootfs": {
                "type": "layers", "diff_ids": ["sha256:" + seawall.sha256(tar)]}}
            put(archive, f"{i}.json", json.dumps(config).encode())
            manifest.append({"Config": f"{i}.json", "RepoTags": [f"image:{i}"],
                             "Layers": [f"{i}/layer.tar"]})
        put(archive, "manifest.json", json.dumps(manifest).encode())
    return path


def reports(done):
    """All reports of a run with -f json."""
    decoder = json.JSONDecoder()
    text = done.stdout.decode()
    found = []
    at = 0
    while at < len(text):
        report, end = decoder.raw_decode(text, at)
        found.append(report)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found


def names(report):
    return sorted(p["name"] for p in report["packages"])


def notes(report, kind=None):
    return [n for n in report["notes"] if kind is None or n["kind"] == kind]


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(c) for c in file.read().split()]
    except OSError:
        return []


def scanners(pid):
    """The scanners among a process's children: a sanitizer has a child of its own at the end, without
    which it waits for ever."""
    found = []
    for child in children(pid):
        try:
            with open(f"/proc/{child}/comm", encoding="latin-1") as file:
                if file.read().strip() == "seawall-scanner":
                    found.append(child)
        except OSError:
            pass
    return found


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_gone(pids, seconds=10):
    """Those that still run after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(map(is_running, pids)):
        time.sleep(0.02)
    return [p for p in pids if is_running(p)]


def main(module):
    wanted = sys.argv[1:]
    for name, test in list(module.items()):
        code = getattr(test, "__code__", None)
        is_test = code is not None and code.co_varnames[:code.co_argcount] == ("folder",)
        if not is_test or test.__module__ != "__main__" or (wanted and name not in wanted):
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
        print(f"ok {name} {time.monotonic() - start:.1f} s", flush=True)
