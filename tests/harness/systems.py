# SPDX-License-Identifier: Apache-2.0
"""Whole systems to scan: made once, kept in the cache between runs, never made twice at a time."""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time

import seawall

# Parts that are made differently from a change on get a new folder, so that old ones are not used.
MADE_LIKE = "2"
DAY_S = 24 * 3600
PACKAGES = "ca-certificates,openssl,curl,libxml2,libexpat1,libgnutls30"


def path_of(name):
    return os.path.join(seawall.CACHE, name)


@contextlib.contextmanager
def locked(name):
    """Tests run side by side: one makes, the others wait."""
    os.makedirs(seawall.CACHE, exist_ok=True)
    with open(path_of(name + ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kept(name, make):
    """The path of a part in the cache; make(path) makes it when it is not there. What stands under
    the name is whole: it is made beside it and renamed."""
    path = path_of(name)
    with locked(name):
        if not os.path.lexists(path):
            making = path + ".making"
            remove(making)
            make(making)
            os.rename(making, path)
    return path


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def forget_old(prefix):
    """Parts that are named after what made them are useless when that changes. Another test may
    use them still, so only those of yesterday go."""
    for name in os.listdir(seawall.CACHE):
        path = path_of(name)
        if name.startswith(prefix) and os.path.getmtime(path) < time.time() - DAY_S:
            remove(path)


def mirror():
    """Where this machine gets Debian from."""
    if shutil.which("apt-get") is None:
        seawall.skip("no apt: no Debian mirror to make systems from")
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"],
        capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        uri, release, component = line.split(" ")[:3]
        if component == "main" and release.isalpha() and line.endswith(" Debian"):
            return uri
    return seawall.skip("apt names no Debian mirror with a suite 'main'")


def debian_tar(suite):
    """A Debian system as first released with its point releases: what security updates fix is not
    fixed in it."""
    def make(path):
        seawall.need("mmdebstrap")
        done = subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar", "--include=" + PACKAGES,
             "--components=main", suite, path, mirror()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            seawall.skip(f"mmdebstrap cannot make {suite}: {done.stderr.strip()[-300:]}")
    return kept(f"debian-{suite}-{MADE_LIKE}.tar", make)


def unpacked(tar):
    def make(path):
        os.makedirs(path)
        # Nobody but root may make devices.
        subprocess.run(["tar", "-C", path, "-xf", tar, "--exclude=./dev/*"], check=True)
    return kept(os.path.basename(tar) + ".root", make)


def as_docker(tar):
    return kept(os.path.basename(tar) + ".docker",
                lambda path: seawall.docker_archive(path, [tar]))


def as_layout(tar, kind):
    return kept(f"{os.path.basename(tar)}.oci-{kind}",
                lambda path: seawall.oci_layout(path, [tar], kind))


def state_of(folder):
    """What tells one state of a folder of feeds from another."""
    lines = []
    for directory, _, names in os.walk(folder):
        for name in names:
            status = os.stat(os.path.join(directory, name))
            lines.append(f"{os.path.relpath(os.path.join(directory, name), folder)} "
                         f"{status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def database(sources=None):
    """A database of a folder of feeds, built once per builder and state of the folder."""
    sources = sources or seawall.shared("vulndb-sources")
    if not os.path.exists(seawall.PROGRAM):
        seawall.skip(f"{seawall.PROGRAM} is not built")
    key = hashlib.sha256((seawall.sha256(seawall.PROGRAM) + state_of(sources)).encode()).hexdigest()[:16]

    def make(path):
        forget_old("vulndb-")
        os.makedirs(path)
        seawall.run("db", "build", "--sources", sources, "-o", os.path.join(path, "seawall.db"))
    return os.path.join(kept("vulndb-" + key, make), "seawall.db")


@contextlib.contextmanager
def scratch():
    with tempfile.TemporaryDirectory(prefix="seawall-systems-") as path:
        yield path


class Comparison:
    """Compares sets of findings, says what differs, and remembers whether anything did."""
    SHOWN = 12

    def __init__(self):
        self.n_wrong = 0

    def __call__(self, name, found, expected):
        if found == expected:
            print(f"ok    {name}: {len(found)}", flush=True)
            return
        self.n_wrong += 1
        print(f"WRONG {name}: {len(found)} found, {len(expected)} expected", flush=True)
        for title, lines in (("missing", expected - found), ("extra", found - expected)):
            for line in sorted(lines, key=str)[:self.SHOWN]:
                print(f"  {title}: {line}")
            if len(lines) > self.SHOWN:
                print(f"  ... {len(lines)} {title} in all")

    def finish(self):
        if self.n_wrong:
            print(f"{self.n_wrong} wrong")
            raise SystemExit(1)


def listing(report, finding):
    """Names and versions of the packages of a finding."""
    pairs = sorted((report["packages"][i]["name"], report["packages"][i]["version"])
                   for i in finding["packages"])
    return " ".join("=".join(pair) for pair in pairs)


def findings(report):
    """Source, version, id, fixed version, packages and status of each finding."""
    return {(f["source_name"], f["installed_version"], f["id"], f.get("fixed_version", ""),
             listing(report, f), f["status"]) for f in report["findings"]}
