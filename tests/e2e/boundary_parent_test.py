#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a scanner that an image has taken over can do to the program that started it: nothing but
fail its own item, in bounded time and memory."""
import hashlib
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
        [seawall.PROGRAM, "scan", "--quiet", "-f", "json", "--only", "vuln", "--scanner", scanner,
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


def layers_have_workers_a_few_at_a_time(folder):
    path = archive(folder)
    living = os.path.join(folder, "living")
    os.makedirs(living, exist_ok=True)
    fake = fake_scanner.write(folder, f"""
if parent.scan["mode"] == "layer":
    import time
    mine = os.path.join({living!r}, str(os.getpid()))
    open(mine, "w").close()
    n = len(os.listdir({living!r}))
    time.sleep(0.1)
    os.unlink(mine)
    parent.facts(0, packages(f"at-once-{{n}}"))
    parent.layer_done(0)
    parent.done()
    sys.exit()
parent.image(*({{"id": i}} for i in range(12)))
for i in range(12):
    parent.send(OPEN, {{"kind": "range", "layer": i, "offset": i, "length": 4 << 20}}, i)
for i in range(12):
    assert parent.receive()[0]["cached"]
parent.done()
""")
    report, error, _, _ = scan(path, fake, "--no-cache", "--threads", "3")
    assert report["packages"] and not error, (report, error)
    names = {p["name"] for p in report["packages"]}
    assert names <= {"at-once-1", "at-once-2", "at-once-3"}, names


LIARS = {
    # What the first child does, what the worker of the layer at `offset` does beside its own.
    "the first child gives facts of a layer that it asked for":
        ('parent.facts(1, packages("planted")); parent.layer_done(1)', ""),
    "the first child gives facts before it asks":
        ("", "", 'parent.facts(1, packages("planted"))'),
    "a worker names the other layer":
        ("", 'parent.facts(1, packages("planted")); parent.layer_done(1)'),
    "a worker asks for the bytes of the other layer":
        ("", """_, fds = parent.open({"kind": "range", "layer": 1, "offset": 4096, "length": 4096})
for fd in fds:
    drain(fd)
parent.facts(1, packages("planted")); parent.layer_done(1)"""),
    "a worker describes an image":
        ("", 'parent.image({"id": 1}); parent.facts(1, packages("planted"))'),
}


def facts_stand_only_under_what_their_worker_was_handed(folder):
    path = archive(folder)
    with open(path, "rb") as file:
        data = file.read(8192)
    parts = [data[:4096], data[4096:8192]]
    other = hashlib.sha256(parts[1]).hexdigest()
    time.sleep(0.05)
    for name, (asked, worker, *before) in LIARS.items():
        cache = os.path.join(folder, "cache" + str(len(os.listdir(folder))))
        # The worker of the first layer lies; the one of the other is killed before it can speak.
        # Which is which, it learns from its bytes, here from a file that marks the first.
        mark = os.path.join(folder, "mark" + str(len(os.listdir(folder))))
        fake = fake_scanner.write(folder, f"""
if parent.scan["mode"] == "layer":
    try:
        os.close(os.open({mark!r}, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        os.abort()
""" + "".join(f"    {line}\n" for line in worker.splitlines()) + """
    parent.done()
    sys.exit()
parent.image({"id": 0}, {"id": 1})
""" + "".join(before) + """
parent.open({"kind": "range", "layer": 0, "offset": 0, "length": 4096})
parent.open({"kind": "range", "layer": 1, "offset": 4096, "length": 4096})
""" + asked + """
parent.done()
""")
        scan(path, fake, "--cache-dir", cache, "--threads", "1")
        stored = os.listdir(os.path.join(cache, "layers"))
        assert other not in stored, (name, stored)


READ_AND_TELL = """
request = {{"kind": "range", "layer": 0, "offset": 512, "length": 4 << 20}}
if parent.scan["mode"] != "layer":
    parent.image({{"id": 0}})
    parent.open(request)
    parent.done()
    sys.exit()
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
    got = kept(folder, READ_AND_TELL.format("", ""))
    assert got == (1, 1), got
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


def is_scanner(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().startswith(b"seawall-scanner")
    except OSError:
        return False


def a_scanner_does_not_outlive_its_parent(folder):
    process = subprocess.Popen([seawall.PROGRAM, "scan", "--quiet", "--no-cache", "-"],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    child = None
    while child is None and time.monotonic() < deadline:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as f:
            # Compiling YARA rules is a child of its own, which ends by itself.
            child = next((c for c in f.read().split() if is_scanner(c)), None)
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
    layers_have_workers_a_few_at_a_time,
    facts_stand_only_under_what_their_worker_was_handed,
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
