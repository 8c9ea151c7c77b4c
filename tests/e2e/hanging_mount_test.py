#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file system that never answers is mounted inside the scanned tree: the scan says that it was
not entered, and ends."""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402

HANG = os.path.join(seawall.BUILD, "tests", "hanging_fuse")


def main():
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        seawall.skip("needs root and /dev/fuse")
    if not os.path.exists(HANG):
        seawall.skip("libfuse3-dev was not there at build time")
    with tempfile.TemporaryDirectory() as scratch:
        point = os.path.join(scratch, "mnt", "dead")
        for directory in (point, os.path.join(scratch, "etc"), os.path.join(scratch, "var/lib/dpkg")):
            os.makedirs(directory)
        with open(os.path.join(scratch, "etc/os-release"), "w", encoding="ascii") as file:
            file.write('ID=debian\nVERSION_ID="12"\n')
        with open(os.path.join(scratch, "var/lib/dpkg/status"), "w", encoding="ascii") as file:
            file.write("Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\n"
                       "Source: zlib\nVersion: 1:1.2.13.dfsg-1\n\n")
        dead = subprocess.Popen([HANG, point])
        try:
            for _ in range(100):
                if os.path.ismount(point):
                    break
                time.sleep(0.05)
            assert os.path.ismount(point), "the file system was not mounted"
            for arguments in ([], ["--cross-mounts"]):
                report = seawall.scan(scratch, *arguments, timeout=60)
                assert [p["name"] for p in report["packages"]] == ["zlib1g"], report["packages"]
                notes = [n for n in report["notes"] if "mnt/dead" in n.get("subject", "")]
                assert notes, f"no note names the mount ({arguments}): {report['notes']}"
        finally:
            subprocess.run(["umount", "-l", point], check=False)
            dead.kill()
            dead.wait()


if __name__ == "__main__":
    main()
