# SPDX-License-Identifier: Apache-2.0
"""What tests/bench/run measures of stored inventories and deltas: 10,000 inventories of 200 packages
in the form of lib/scan/inventory_store.c, and feeds as they were a day before."""
import hashlib
import json
import os
import random
import shutil
import struct
import subprocess

N_INVENTORIES = 10000
N_PACKAGES = 200
N_BASES = 50  # images of a site are made of some bases; three of four packages come from there


def lines_of(path):
    return subprocess.run(["zstd", "-dcq", path], capture_output=True,
                          check=True).stdout.splitlines(keepends=True)


def older_feeds(sources, target):
    """A copy of the feeds in which each OSV file lacks the records of its newest day (where that is
    a small part of it; else every two-hundredth). Returns how many were left out."""
    shutil.rmtree(target, ignore_errors=True)
    n_dropped = 0
    for root, _, files in os.walk(sources):
        for name in files:
            path = os.path.join(root, name)
            copy = os.path.join(target, os.path.relpath(path, sources))
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            if not (os.path.basename(root) == "osv" and name.endswith(".jsonl.zst")):
                shutil.copyfile(path, copy)
                continue
            lines = lines_of(path)
            days = [json.loads(line).get("modified", "")[:10] for line in lines]
            kept = [line for line, day in zip(lines, days) if day != max(days)]
            if len(kept) < 0.95 * len(lines):
                kept = [line for i, line in enumerate(lines) if i % 200 != 7]
            n_dropped += len(lines) - len(kept)
            with open(copy[:-4], "wb") as file:
                file.writelines(kept)
    return n_dropped


def number(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def text(value):
    data = value.encode()
    return number(len(data)) + data


def package(name, version):
    return b"\x02\x00" + b"".join(map(text, (name, version, "x86_64", "", "AlmaLinux")))


def candidates(sources):
    """Packages of AlmaLinux 9 with versions around their fixes, as images have them."""
    found = {}
    for line in lines_of(os.path.join(sources, "osv", "almalinux.jsonl.zst")):
        for affected in json.loads(line).get("affected", []):
            if affected["package"].get("ecosystem") != "AlmaLinux:9":
                continue
            for events in affected.get("ranges", []):
                for event in events["events"]:
                    if "fixed" in event:
                        found.setdefault(affected["package"]["name"], set()).add(event["fixed"])
    return [(name, sorted(versions)) for name, versions in sorted(found.items())]


def make(sources, cache):
    """Fills the cache; returns the bytes of all files."""
    rng = random.Random(4)
    folder = os.path.join(cache, "inventories")
    shutil.rmtree(cache, ignore_errors=True)
    os.makedirs(folder, 0o700)
    os.chmod(cache, 0o700)
    names = candidates(sources)

    def pick(n):
        return [package(name, rng.choice(versions)) for name, versions in rng.sample(names, n)]

    bases = [pick(N_PACKAGES * 3 // 4) for _ in range(N_BASES)]
    system = b"".join(map(text, ("almalinux", "9.4", "", "AlmaLinux 9.4 (Seafoam Ocelot)",
                                 "rhel centos fedora", "cpe:/o:almalinux:almalinux:9::baseos", "",
                                 "etc/os-release")))
    total = 0
    for i in range(N_INVENTORIES):
        packages = rng.choice(bases) + pick(N_PACKAGES - N_PACKAGES * 3 // 4)
        digest = hashlib.sha256(b"%d" % i).hexdigest()
        compact = b"\0" + b"".join(map(text, (
            f"registry:registry.example/team/app{i % 500}:{i // 500}", "", "", "sha256:" + digest,
            "linux/amd64", "2026-11-25T00:00:00Z"))) + number(len(system)) + system
        compact += number(len(packages)) + b"".join(number(len(p)) + p for p in packages)
        report = b"not read here"
        head = b"SEAWALL INVENTO\n" + struct.pack("<IIQQ", 1, 0, len(compact), len(report))
        for part in (compact, report):
            head += ("sha256:" + hashlib.sha256(part).hexdigest()).encode().ljust(72, b"\0")
        data = head + compact + report
        total += len(data)
        with open(os.path.join(folder, digest), "wb") as file:
            file.write(data)
    return total
