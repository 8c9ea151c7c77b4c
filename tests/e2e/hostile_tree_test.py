#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trees that change underneath, hold what is no file, or may not be read: nothing outside the root
is ever taken in, nothing is opened that could hang, and the rest is reported."""
import os
import random
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import main, names, notes, tree  # noqa: E402

CANARY = ("canary", "6.6.6")


def a_moving_tree_never_leads_out(folder):
    """Renames, removals and links to a tree outside, where a canary's database lies."""
    root = tree(folder, ("inside", "1"))
    outside = tree(folder, CANARY, name="outside")
    os.makedirs(os.path.join(outside, "lib/apk/db"))
    with open(os.path.join(outside, "lib/apk/db/installed"), "w", encoding="ascii") as file:
        file.write("P:canary\nV:6.6.6-r0\nA:x86_64\n\n")
    os.makedirs(os.path.join(root, "lib/apk/db"))
    stop = threading.Event()
    rng = random.Random(5)
    moved = ("var/lib/dpkg", "var/lib", "var", "lib/apk", "lib", "etc", "var/lib/dpkg/status")

    def disturb():
        while not stop.is_set():
            path = os.path.join(root, rng.choice(moved))
            relative = os.path.relpath(path, root)
            link = rng.choice((os.path.join(outside, relative), "../" * 20 + outside[1:] + "/" +
                               relative, outside, "/proc/self/root" + outside))
            try:
                os.rename(path, path + ".kept")
                os.symlink(link, path)
                for _ in range(rng.randrange(200)):
                    pass
                os.unlink(path)
                os.rename(path + ".kept", path)
            except OSError:
                pass

    thread = threading.Thread(target=disturb)
    thread.start()
    n_seen = 0
    try:
        for i in range(int(os.environ.get("SEAWALL_RACES", "30"))):
            done = seawall.run("scan", "-q", "--no-cache", "-f", "json",
                               *(["--cross-mounts"] if i % 3 == 0 else []), "rootfs:" + root,
                               status=(0, 3, 4), timeout=60)
            assert b"canary" not in done.stdout, done.stdout
            n_seen += b'"inside"' in done.stdout
    finally:
        stop.set()
        thread.join()
    print(f"   the package was seen in {n_seen} of the scans")


def links_never_lead_out(folder):
    outside = tree(folder, CANARY, name="outside")
    relative = "var/lib/dpkg/status"
    for link in (outside + "/" + relative, "../../../../outside/" + relative,
                 "/proc/self/root" + outside + "/" + relative, "/proc/self/cwd/" + relative,
                 "/dev/stdin", "/dev/fd/0"):
        root = tree(folder)
        os.unlink(os.path.join(root, relative))
        os.symlink(link, os.path.join(root, relative))
        report = seawall.scan("rootfs:" + root, timeout=30, cwd=outside)
        assert names(report) == [], (link, report["packages"])
        shutil.rmtree(root)
    for part in ("var", "var/lib", "var/lib/dpkg", "etc"):
        root = tree(folder)
        shutil.rmtree(os.path.join(root, part))
        os.symlink(os.path.join(outside, part), os.path.join(root, part))
        report = seawall.scan("rootfs:" + root, timeout=30)
        assert "canary" not in names(report), (part, report["packages"])
        shutil.rmtree(root)


def make_special(path, kind):
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        server = socket.socket(socket.AF_UNIX)
        here = os.getcwd()
        os.chdir(os.path.dirname(path))
        server.bind(os.path.basename(path))
        os.chdir(here)
        server.close()
    elif kind == "directory":
        os.mkdir(path)
    else:
        os.mknod(path, 0o20666, os.makedev(*{"tty": (5, 0), "zero": (1, 5)}[kind]))


def what_is_no_file_is_not_opened(folder):
    kinds = ["fifo", "socket", "directory"] + (["tty", "zero"] if os.geteuid() == 0 else [])
    for kind in kinds:
        target = os.path.join(folder, kind)
        try:
            make_special(target, kind)
        except PermissionError:
            continue
        if kind != "directory":
            done = seawall.run("scan", "-q", target, status=(3,), timeout=30)
            assert target.encode() in done.stderr, done.stderr
        for name in ("var/lib/dpkg/status", "etc/os-release", "x.jar"):
            root = tree(folder)
            path = os.path.join(root, name)
            if os.path.exists(path):
                os.unlink(path)
            make_special(path, kind)
            report = seawall.scan(root, timeout=30)
            assert names(report) == ([] if "status" in name else ["bash"]), (kind, name)
            shutil.rmtree(root)
        # Inside an OCI layout it is refused by name.
        layout = os.path.join(folder, "layout-" + kind)
        os.makedirs(layout)
        make_special(os.path.join(layout, "index.json"), kind)
        done = seawall.run("scan", "-q", "oci:" + layout, status=(3,), timeout=30)
        assert b"index.json" in done.stderr, (kind, done.stderr)


def what_may_not_be_read_is_named(folder):
    prefix = []
    os.chmod(folder, 0o755)
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            return
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*prefix, "test", "-x", seawall.PROGRAM], check=False).returncode != 0:
            print("   the build is not readable for other users")
            return
    for path in ("opt", "var/lib/dpkg", "var", "etc", "var/lib/dpkg/status"):
        root = tree(folder)
        os.makedirs(os.path.join(root, "opt"))
        os.chmod(os.path.join(root, path), 0)
        done = subprocess.run([*prefix, seawall.PROGRAM, "scan", "--no-cache", root],
                              capture_output=True, check=False, timeout=60)
        assert done.returncode == 4, (path, done)
        assert f"'{path}'".encode() in done.stdout, (path, done.stdout)
        os.chmod(os.path.join(root, path), 0o755)
        shutil.rmtree(root)
    root = tree(folder)
    os.chmod(root, 0)
    done = subprocess.run([*prefix, seawall.PROGRAM, "scan", "--no-cache", root],
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 3 and root.encode() in done.stderr, done
    os.chmod(root, 0o755)


def deep_and_wide_trees_end(folder):
    root = tree(folder)
    fd = os.open(root, os.O_RDONLY)
    for i in range(1500):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
        if i % 500 == 0:
            os.close(os.open("x.jar", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    os.close(fd)
    for i in range(3000):
        open(os.path.join(root, "opt" + str(i)), "wb").close()
    report = seawall.scan(root, timeout=120)
    assert names(report) == ["bash"]
    assert notes(report, "limit") or report["unexamined"], report["notes"]
    subprocess.run(["rm", "-rf", root], check=True)


def names_of_any_bytes_are_told_of(folder):
    root = tree(folder)
    for name in (b"\xff\xfe.jar", b"esc\x1b[31m.jar", b"line\nbreak.jar", b"n" * 250 + b".jar"):
        with open(os.path.join(os.fsencode(root), name), "wb") as file:
            file.write(b"PK")
    done = seawall.run("scan", "--no-cache", root, status=(0, 4))
    assert b"\x1b" not in done.stdout and b"\xff" not in done.stdout, done.stdout
    report = seawall.scan(root)
    assert sum(u["n"] for u in report["unexamined"]) == 4


if __name__ == "__main__":
    main(globals())
