#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: the report, the cache and the database each say so in a sentence that names
the file; what can go on goes on; nothing half-written is left."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402


def tree(scratch):
    root = os.path.join(scratch, "root")
    os.makedirs(os.path.join(root, "var/lib/dpkg"))
    os.makedirs(os.path.join(root, "etc"))
    with open(os.path.join(root, "etc/os-release"), "w", encoding="ascii") as file:
        file.write('ID=debian\nVERSION_ID="12"\n')
    with open(os.path.join(root, "var/lib/dpkg/status"), "w", encoding="ascii") as file:
        for i in range(3000):
            file.write(f"Package: package{i}\nStatus: install ok installed\nArchitecture: amd64\n"
                       f"Version: 1.{i}-1\n\n")
    return root


def main():
    if os.geteuid() != 0:
        seawall.skip("needs root to mount a small file system")
    with tempfile.TemporaryDirectory() as scratch:
        root = tree(scratch)
        layer = os.path.join(scratch, "layer.tar")
        seawall.tar_of(root, layer)
        image = os.path.join(scratch, "image.tar")
        seawall.docker_archive(image, [layer])
        disk = os.path.join(scratch, "disk")
        os.makedirs(disk)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=False)
        if done.returncode != 0:
            seawall.skip("cannot mount a tmpfs here")
        try:
            report = os.path.join(disk, "report.json")
            failed = seawall.run("scan", "--quiet", "--no-cache", "-f", f"json={report}", image,
                                 status=(3,))
            assert b"report.json" in failed.stderr, failed.stderr
            assert os.listdir(disk) == [], os.listdir(disk)

            # The cache cannot be written: the scan says it all the same.
            whole = seawall.scan(image, "--cache-dir", os.path.join(disk, "cache"))
            assert len(whole["packages"]) == 3000

            feeds = os.path.join(scratch, "feeds")
            os.makedirs(feeds)
            with open(os.path.join(feeds, "debian-fixed-versions.jsonl"), "w",
                      encoding="ascii") as file:
                for i in range(20000):
                    file.write('{"release":"12","suite":"bookworm","source":"s%d",'
                               '"cve":"CVE-2024-%d","fixed":"1.0"}\n' % (i, 10000 + i))
            database = os.path.join(disk, "vuln.db")
            subprocess.run(["rm", "-rf", os.path.join(disk, "cache")], check=True)
            failed = seawall.run("db", "build", "--sources", feeds, "-o", database, status=(3,))
            assert b"vuln.db" in failed.stderr, failed.stderr
            assert not os.path.exists(database)
        finally:
            subprocess.run(["umount", disk], check=False)


if __name__ == "__main__":
    main()
