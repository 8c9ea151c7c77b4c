#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A scanner that dies, hangs, lies or floods, and a scan that is told to stop: the program answers
in a sentence and in bounded time, and leaves neither processes nor files behind."""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import (children, image, images, layer, main, names, reports,  # noqa: E402
                     scanners, tree, wait_gone)

FAKE = r'''
import array, json, os, signal, socket, struct, sys, time
s = socket.socket(fileno=3)
def frame(kind, value=None, id=0, flags=0, raw=None):
    data = raw if raw is not None else json.dumps(value).encode()
    return struct.pack("<IHHI", len(data), kind, flags, id) + data
def send(*a, **k): s.sendall(frame(*a, **k))
def receive():
    head, anc, _, _ = s.recvmsg(12, 1024)
    while len(head) < 12: head += s.recv(12 - len(head))
    n, kind, flags, id = struct.unpack("<IHHI", head)
    data = b""
    while len(data) < n: data += s.recv(n - len(data))
    fds = array.array("i")
    for level, t, d in anc: fds.frombytes(d[:len(d) - len(d) % 4])
    return kind, id, json.loads(data), list(fds)
def hello(): send(1, {"protocol": 2, "version": "x", "analyzers": {"vuln": "layer=1,dpkg=1"}, "sandbox": ""})
def image(layers): send(5, {"kind": 1, "name": "fake", "layers": layers})
'''


def fake(folder, body):
    path = os.path.join(folder, "fake")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"#!{sys.executable}\n" + FAKE + body)
    os.chmod(path, 0o755)
    return path


def scan_with(folder, body, target, *options, timeout=30):
    start = time.monotonic()
    done = subprocess.run([seawall.PROGRAM, "scan", "-q", "--no-cache", "-f", "json", "--scanner",
                           fake(folder, body), "--memory-limit", "64M", *options, target], capture_output=True, check=False,
                          timeout=timeout)
    assert b"Sanitizer" not in done.stderr, done.stderr
    return done, time.monotonic() - start


def floods_end(folder):
    path = image(folder)
    bodies = {
        "requests that nobody reads the answers of":
            "hello()\nwhile True: send(3, {'kind': 'whole'}, 1)",
        "frames to be ignored": "hello()\nblock = frame(77, {}, 0, 1) * 5000\n"
                                "while True: s.sendall(block)",
        "signs of life": "hello()\nblock = frame(9, {'layer': 0, 'subject': 'x' * 2000}) * 50\n"
                         "while True: s.sendall(block)",
        "notes": "hello()\nblock = frame(8, {'kind': 'info', 'subject': 's' * 2000, "
                 "'message': 'm'}) * 50\nwhile True: s.sendall(block)",
        "facts": "hello()\nimage([{'id': 0}])\nblock = frame(6, raw=b'".__add__(
            json.dumps({"kind": "packages", "section": "dpkg", "path": "x", "packages": [
                {"type": "deb", "name": "n", "version": "1", "arch": "a"}] * 500}) +
            "\\n')\nwhile True: s.sendall(block)"),
        "facts that are none": "hello()\nimage([{'id': 0}])\nblock = frame(6, raw=b'{}\\n' * 9999)\n"
                               "while True: s.sendall(block)",
        "images": "hello()\nwhile True: image([{'id': 0}])",
    }
    for name, body in bodies.items():
        done, seconds = scan_with(folder, body, path, timeout=120)
        assert done.returncode in (3, 4) and seconds < 60, (name, done.returncode, seconds)
        if done.returncode == 3:
            assert b"scanner" in done.stderr and b"image.tar" in done.stderr, (name, done.stderr)
        print(f"   {name}: exit {done.returncode}, {seconds:.1f} s, {done.stderr[-200:]!r}")


def a_time_limit_ends_one_that_trickles(folder):
    """It moves, so it is no hang; what it read until then is reported."""
    body = ("import time\nhello()\nimage([{'id': 0}])\n"
            "while True: send(9, {'layer': 0, 'subject': 'x'}); time.sleep(0.1)")
    done, seconds = scan_with(folder, body, image(folder), "--timeout", "2s")
    assert done.returncode == 4 and 2 <= seconds < 10, (done.returncode, seconds)
    text = [note["message"] for note in json.loads(done.stdout)["notes"]]
    assert any("time limit of 2 s" in line for line in text), text


def what_was_never_asked_for_is_refused(folder):
    path = image(folder)
    bodies = {
        "facts for no layer": ("hello()\nimage([{'id': 0}])\nsend(6, id=7, raw=b'{}')\n"
                               "send(10, {})\n", (4,)),
        "facts after the end": ("hello()\nimage([{'id': 0}])\nsend(7, {'code': 0}, 0)\n"
                                "send(6, id=0, raw=b'{}')\nreceive()", (3, 4)),
        "an open of a path": ("hello()\nsend(3, {'kind': 'blob', 'digest': '../../etc/passwd'}, 1)\n"
                              "answer = receive()[2]\n"
                              "send(11, {'code': -5, 'message': 'told ' + json.dumps(answer)})", (3,)),
        "a terminal attack": ("hello()\nsend(11, {'code': -5, 'message': '\\x1b[2J\\x07'})", (3,)),
    }
    for name, (body, codes) in bodies.items():
        done, _ = scan_with(folder, body, path)
        assert done.returncode in codes, (name, done.returncode, done.stderr)
        assert b"\x1b" not in done.stderr and b"\x1b" not in done.stdout, (name, done)


def start_slowly(where, *arguments):
    """A scan of standard input that does not end, and so can be struck at any moment."""
    return subprocess.Popen([seawall.PROGRAM, "scan", "-q", "-f", "json", *arguments, "-"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "TMPDIR": where})


def a_signal_leaves_nothing(folder):
    cache = os.path.join(folder, "cache")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
        out = os.path.join(folder, "report.json")
        process = start_slowly(folder, "--cache-dir", cache, "-f", f"html={out}")
        pids = []
        end = time.monotonic() + 20
        while not pids and time.monotonic() < end:
            pids = children(process.pid)
            time.sleep(0.01)
        time.sleep(0.3)
        assert pids, "no scanner was started"
        process.send_signal(number)
        process.communicate(timeout=20)
        assert process.returncode == -number, process.returncode
        assert not wait_gone(pids), f"the scanner outlived signal {number}"
        assert not os.path.exists(out)
    left = [f for _, _, files in os.walk(cache) for f in files if ".new" in f]
    assert not left, left


def a_walk_ends_with_who_asked_for_it(folder):
    # In memory where that is possible: so many directories take minutes on a busy disk.
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else folder
    with tempfile.TemporaryDirectory(dir=where) as scratch:
        root = tree(scratch)
        for i in range(300):
            for j in range(60):
                os.makedirs(os.path.join(root, f"d{i}", str(j)))
        for _ in range(4):
            with subprocess.Popen([seawall.PROGRAM, "scan", "-q", "--no-cache", root],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                pids = []
                end = time.monotonic() + 20
                while not pids and process.poll() is None and time.monotonic() < end:
                    pids = children(process.pid)
                time.sleep(0.2)
                process.kill()
                assert not wait_gone(pids, 1), "the scanner walks on"


def a_scanner_killed_at_random_is_one_sentence(folder):
    rng = random.Random(int(os.environ.get("SEAWALL_SEED", "3")))
    tars = [layer(os.path.join(folder, f"{i}.tar"), (f"p{i}", "1"),
                  members=[("zeros", bytes(8 << 20), {})]) for i in range(4)]
    path = images(folder, tars)
    seen = set()
    for _ in range(int(os.environ.get("SEAWALL_KILLS", "16"))):
        with subprocess.Popen([seawall.PROGRAM, "scan", "-q", "--no-cache", "-f", "json", path],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(rng.uniform(0.0, 0.5))
            pids = scanners(process.pid)
            for pid in pids:
                try:
                    if rng.random() < 0.3:
                        os.kill(pid, signal.SIGSTOP)
                        time.sleep(rng.uniform(0, 0.1))
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            out, err = process.communicate(timeout=60)
        code = process.returncode
        assert b"Sanitizer" not in err and code in (0, 3, 4), (code, err)
        assert not wait_gone(pids)
        if code == 3:
            seen.add(code)
            assert not out and b"images.tar" in err and b"signal 9" in err, err
            continue
        found = reports(subprocess.CompletedProcess([], code, out, err))
        # A machine with a database that has nothing of this system makes 4 of it.
        if [names(r) for r in found] != [["p0"], ["p1"], ["p2"], ["p3"]]:
            seen.add(code)
            assert code == 4, found
            assert all(names(r) in ([], [f"p{i}"]) for i, r in enumerate(found))
            text = [n["message"] for r in found for n in r["notes"]]
            assert any("signal 9" in t for t in text), text
    assert seen, "every scan ended before it was killed"


if __name__ == "__main__":
    main(globals())
