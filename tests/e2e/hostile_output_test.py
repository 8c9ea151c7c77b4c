#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wrong usage, and outputs that cannot be written: the right exit status and a sentence that names
the item; what is no file is never replaced by one."""
import json
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import image, main, tree  # noqa: E402

FORMATS = ("table", "json", "sarif", "cyclonedx", "spdx", "html")


def wrong_usage_is_told(folder):
    root = tree(folder)
    rows = [
        ((), b"Usage"), (("scna",), b"scan"), (("scan",), b"--help"),
        (("scan", "a", "b"), b"'b'"), (("scan", "--bogus", root), b"--bogus"),
        (("scan", "-f", "nope", root), b"nope"), (("scan", "-f", "json", "-f", "table", root), b"two"),
        (("scan", "--memory-limit", "1M", root), b"--memory-limit"),
        (("scan", "--memory-limit", "xx", root), b"xx"),
        (("scan", "--severity", "foo", root), b"foo"), (("scan", "--fail-on", "foo", root), b"foo"),
        (("scan", "--threads", "-1", root), b"--threads"),
        (("scan", "--db-max-age", "x", root), b"--db-max-age"),
        (("scan", "--platform", "a/b/c/d", root), b"a/b/c/d"),
        (("scan", "--platform", "linux/arm64", "--all-platforms", root), b"exclude"),
        (("version", "compare", "foo", "1", "2"), b"dpkg"), (("db",), b"db show"),
        (("db", "build"), b"--sources"), (("cache", "foo"), b"cache"),
    ]
    for arguments, text in rows:
        done = seawall.run(*arguments, status=(2,))
        assert text in done.stderr, (arguments, done.stderr)
        assert not done.stdout, (arguments, done.stdout)


def what_cannot_be_read_is_named(folder):
    root = tree(folder)
    rows = [
        (("scan", os.path.join(folder, "absent")), b"absent"), (("scan", ""), b"''"),
        (("scan", "oci:" + root), b"index.json"), (("scan", "docker-archive:" + root), b"directory"),
        (("scan", "rootfs:/absent"), b"/absent"), (("scan", "--db", "/absent", root), b"/absent"),
        (("scan", "--db", root, root), b"regular"), (("db", "show", "--db", "/absent", "X"), b"/absent"),
        (("db", "build", "--sources", "/absent", "-o", os.path.join(folder, "x")), b"/absent"),
        (("db", "verify", "/absent"), b"/absent"), (("db", "import", "/absent"), b"/absent"),
    ]
    for arguments, text in rows:
        done = seawall.run(*arguments, status=(3,))
        assert text in done.stderr, (arguments, done.stderr)


def devices_and_links_are_written_through(folder):
    root = tree(folder)
    target = os.path.join(folder, "elsewhere")
    link = os.path.join(folder, "link")
    open(target, "wb").close()
    os.symlink(target, link)
    seawall.run("scan", "-q", "--no-cache", "-f", f"json={link}", root)
    assert os.path.islink(link)
    with open(target, "rb") as file:
        assert len(json.load(file)["packages"]) == 1
    done = seawall.run("scan", "-q", "--no-cache", "-f", "json=/dev/stdout", root)
    assert len(json.loads(done.stdout)["packages"]) == 1
    if os.geteuid() != 0:
        return
    null = os.path.join(folder, "null")
    try:
        os.mknod(null, 0o20666, os.makedev(1, 3))
    except PermissionError:
        return
    seawall.run("scan", "-q", "--no-cache", "-f", f"json={null}", root)
    assert stat.S_ISCHR(os.stat(null).st_mode), "a file was put in the place of a device"


def one_bad_output_does_not_cost_the_others(folder):
    root = tree(folder)
    good = os.path.join(folder, "good.json")
    bad = os.path.join(folder, "absent", "bad.html")
    done = seawall.run("scan", "-q", "--no-cache", "-f", f"html={bad}", "-f", "table", "-f",
                       f"json={good}", root, status=(3,))
    assert b"bad.html" in done.stderr and b"1 package" in done.stdout, (done.stderr, done.stdout)
    with open(good, "rb") as file:
        assert len(json.load(file)["packages"]) == 1
    assert sorted(os.listdir(folder)) == ["good.json", "root"]


def a_full_standard_output_is_no_success(folder):
    # Larger than what stdio buffers, so that the failure comes in the middle.
    root = tree(folder, *((f"package{i}", "1") for i in range(500)))
    for name in FORMATS:
        with open("/dev/full", "wb") as full:
            done = subprocess.run([seawall.PROGRAM, "scan", "-q", "--no-cache", "-f", name, root],
                                  stdout=full, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 3 and b"No space left" in done.stderr, (name, done)
    done = subprocess.run([seawall.PROGRAM, "scan", "-q", "--no-cache", "-f", "json", root],
                          stdout=None, stderr=subprocess.PIPE, check=False,
                          preexec_fn=lambda: os.close(1))  # pylint: disable=subprocess-popen-preexec-fn
    assert done.returncode == 3 and b"standard output" in done.stderr, done


def a_reader_that_goes_away_ends_it_quietly(folder):
    path = image(folder, *((f"package{i}", "1") for i in range(3000)))
    for name in FORMATS:
        with subprocess.Popen([seawall.PROGRAM, "scan", "-q", "--no-cache", "-f", name, path],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.read(1)
            process.stdout.close()
            error = process.stderr.read()
            code = process.wait(timeout=60)
        assert b"Sanitizer" not in error and code in (0, 3, 4, -13), (name, code, error)


if __name__ == "__main__":
    main(globals())
