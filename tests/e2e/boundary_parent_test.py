#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a scanner that an image has taken over can do to the program that started it: nothing but
fail its own item, in bounded time and memory."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import fake_scanner  # noqa: E402
import seawall  # noqa: E402


def scan(target, scanner, *arguments, timeout=60):
    """(report or None, words on standard error, seconds, peak resident KiB of the parent)"""
    start = time.monotonic()
    process = subprocess.Popen(
        [seawall.PROGRAM, "scan", "--quiet", "-f", "json", "--scanner", scanner,
         *(arguments or ("--no-cache",)), target], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    peak_kib = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        peak_kib = int(line.split()[1])
        except OSError:
            pass
        if time.monotonic() - start > timeout:
            process.kill()
            raise AssertionError(f"the parent still runs after {timeout} s")
        time.sleep(0.02)
    out, error = process.communicate()
    assert process.returncode in (0, 3, 4), (process.returncode, error[-2000:])
    report = json.loads(out) if process.returncode != 3 else None
    return report, error.decode(), time.monotonic() - start, peak_kib


def archive(folder):
    path = os.path.join(folder, "image.tar")
    if not os.path.exists(path):
        layer = os.path.join(folder, "layer.tar")
        with open(layer, "wb") as out:
            out.write(bytes(4 << 20))
        seawall.docker_archive(path, [layer])
    return path


def a_scanner_that_gives_its_last_words_away_ends(folder):
    fake = fake_scanner.write(folder, """
for _ in range(9):
    socket.send_fds(parent.socket, [frame(PROGRESS, {"layer": 0, "files": 1}, 0, 1)], [2])
time = __import__("time"); time.sleep(0.3)
for _ in range(9):
    socket.send_fds(parent.socket, [frame(PROGRESS, {"layer": 0, "files": 1}, 0, 1)[:5]], [2])
os.abort()
""")
    report, error, seconds, _ = scan(archive(folder), fake)
    assert report is None and "signal" in error or "scanner" in error, error
    assert seconds < 20, seconds


def a_scanner_that_opens_every_layer_is_refused(folder):
    path = archive(folder)
    fake = fake_scanner.write(folder, """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
kept, refused = [], 0
for i in range(900):
    answer, fds = parent.open({"kind": "range", "layer": i, "offset": 0, "length": 4 << 20}, i)
    kept += fds
    refused += answer["code"] < 0
parent.image({"id": 0}, name=f"{len(kept)} {refused}")
parent.done()
""")
    report, error, seconds, _ = scan(path, fake)
    given, refused = map(int, report["image"]["name"].split())
    assert given <= 256 and given + refused == 900, (given, refused)
    assert seconds < 30, seconds


READ_AND_TELL = """
parent.image({{"id": 0}})
request = {{"kind": "range", "layer": 0, "offset": 512, "length": 4 << 20}}
_, fds = parent.open(request)
drain(fds[0])
{0}
parent.facts(0, packages("planted"){1})
parent.layer_done(0)
parent.done()
"""


def kept(folder, body):
    """How many layers and records a scan with that body leaves in a cache."""
    cache = os.path.join(folder, "cache" + str(len(os.listdir(folder))))
    path = archive(folder)
    time.sleep(0.05)
    fake = fake_scanner.write(folder, body)
    scan(path, fake, "--cache-dir", cache)
    return tuple(len(os.listdir(os.path.join(cache, n))) for n in ("layers", "records"))


def facts_of_a_file_that_changes_are_not_kept(folder):
    assert kept(folder, READ_AND_TELL.format("", "")) == (1, 1)
    again = f"""
with open({archive(folder)!r}, "r+b") as out:
    out.seek(4096)
    out.write(b"other content")
_, fds = parent.open({{**request, "again": True}})
drain(fds[0])
"""
    layers, _ = kept(folder, READ_AND_TELL.format(again, ""))
    assert layers == 0, layers


def facts_that_a_limit_cut_short_are_not_kept(folder):
    note = """, {"kind": "note", "section": "layer", "path": "a", "note": {"kind": "limit",
        "subject": "a", "message": "cut short"}}"""
    assert kept(folder, READ_AND_TELL.format("", note))[0] == 0


def a_scanner_does_not_outlive_its_parent(folder):
    process = subprocess.Popen([seawall.PROGRAM, "scan", "--quiet", "--no-cache", "-"],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    child = None
    while child is None and time.monotonic() < deadline:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as f:
            child = next(iter(f.read().split()), None)
        time.sleep(0.05)
    assert child is not None
    # Waiting for bytes: it has said HELLO, so the sandbox is shut.
    time.sleep(1.5)
    # As one that was taken over would be: deaf to the end of its socket.
    os.kill(int(child), signal.SIGSTOP)
    process.kill()
    process.wait()
    process.stdin.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{child}/stat", encoding="ascii") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except OSError:
            return
        time.sleep(0.1)
    os.kill(int(child), signal.SIGKILL)
    raise AssertionError("the scanner lives on")


TESTS = [
    a_scanner_does_not_outlive_its_parent,
    facts_of_a_file_that_changes_are_not_kept,
    facts_that_a_limit_cut_short_are_not_kept,
    a_scanner_that_opens_every_layer_is_refused,
    a_scanner_that_gives_its_last_words_away_ends,
]

if __name__ == "__main__":
    wanted = set(sys.argv[1:])
    for test in TESTS:
        if wanted and test.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            test(scratch)
        print("ok", test.__name__)
