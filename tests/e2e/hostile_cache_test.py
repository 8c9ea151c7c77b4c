#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cache that is shared, damaged, read-only or no directory: it costs time, never a result."""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import images, layer, main, reports  # noqa: E402


def target(where):
    tars = [layer(os.path.join(where, f"{i}.tar"), *((f"p{i}-{j}", "1") for j in range(20)))
            for i in range(4)]
    return images(where, tars)


def content(done):
    found = reports(done)
    return [sorted((p["name"], p["version"]) for p in r["packages"]) for r in found], [
        [n for n in r["notes"] if n["kind"] not in ("database", "unsupported")] for r in found]


def scan(path, cache):
    return seawall.run("scan", "-q", "-f", "json", "--cache-dir", cache, path, status=(0, 4))


def files(cache):
    return [os.path.join(d, f) for d, _, names in os.walk(cache) for f in names]


def twenty_share_one_cache(folder):
    path = target(folder)
    cache = os.path.join(folder, "cache")
    wanted = content(scan(path, os.path.join(folder, "other")))
    for extra in ([], ["--cache-max", "4K"]):
        running = [subprocess.Popen([seawall.PROGRAM, "scan", "-q", "-f", "json", "--cache-dir",
                                     cache, *extra, path], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE) for _ in range(20)]
        for process in running:
            out, err = process.communicate(timeout=120)
            assert process.returncode in (0, 4) and not err, err
            assert content(subprocess.CompletedProcess([], 0, out, err)) == wanted
    assert not [f for f in files(cache) if ".new" in f]


def damaged_files_count_as_absent(folder):
    path = target(folder)
    cache = os.path.join(folder, "cache")
    wanted = content(scan(path, cache))
    rng = random.Random(4)
    for _ in range(int(os.environ.get("SEAWALL_DAMAGES", "25"))):
        for name in files(cache):
            if not os.path.isfile(name) or os.path.islink(name):
                os.unlink(name)  # what nobody replaced: a lock may be of any kind
                continue
            with open(name, "rb") as file:
                data = bytearray(file.read())
            way = rng.randrange(6)
            if way == 0:
                data = data[:rng.randrange(len(data) + 1)]
            elif way == 1 and data:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            elif way == 2:
                data += b"{}\n"
            elif way == 3:
                data = bytearray(os.urandom(rng.randrange(500)))
            elif way == 4:
                data = data.replace(b"p1", b"q1")
            os.unlink(name)
            if way == 5:
                rng.choice((os.mkfifo, os.mkdir, lambda n: os.symlink("/etc/passwd", n)))(name)
                continue
            with open(name, "wb") as file:
                file.write(data)
        assert content(scan(path, cache)) == wanted
        for kind in ("layers", "blobs", "records"):
            for directory in (os.path.join(cache, kind),):
                for name in os.listdir(directory) if os.path.isdir(directory) else ():
                    if os.path.isdir(os.path.join(directory, name)):
                        os.rmdir(os.path.join(directory, name))
    seawall.run("cache", "info", "--cache-dir", cache)
    seawall.run("cache", "clear", "--cache-dir", cache)


def a_cache_that_cannot_be_had_costs_no_result(folder):
    path = target(folder)
    os.chmod(path, 0o644)  # now: a change of it would make it another file for the cache
    wanted = content(scan(path, os.path.join(folder, "good")))
    file = os.path.join(folder, "file")
    open(file, "wb").close()
    loop = os.path.join(folder, "loop")
    os.symlink(loop, loop)
    for cache in (file, loop, "/dev/null", "/proc/nothing", os.path.join(file, "below")):
        assert content(scan(path, cache)) == wanted, cache
    # Read-only: what is there is used, nothing is written, nothing is said.
    cache = os.path.join(folder, "good")
    prefix = []
    if os.geteuid() == 0:
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chmod(folder, 0o755)
        # A cache that belongs to somebody else is not believed.
        subprocess.run(["chown", "-R", "65534:65534", cache], check=True)
    subprocess.run(["chmod", "-R", "a-w", cache], check=True)
    try:
        if prefix and subprocess.run([*prefix, "test", "-x", seawall.PROGRAM], check=False).returncode:
            return
        done = subprocess.run([*prefix, seawall.PROGRAM, "scan", "-q", "-f", "json", "--cache-dir",
                               cache, path], capture_output=True, check=False)
    except FileNotFoundError:
        return
    finally:
        subprocess.run(["chmod", "-R", "u+w", cache], check=True)
    assert done.returncode in (0, 4) and not done.stderr, done
    assert content(done) == wanted
    assert all(l["is_cached"] for r in reports(done) for l in r["image"]["layers"])


if __name__ == "__main__":
    main(globals())
