#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A repository of 200 tags that share layers, from Debian's docker-registry: each blob is fetched
once, also when the run is killed half-way and started again."""
import collections
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from registry import Registry  # noqa: E402

TAGS = 200
SHARED_LAYERS = 5
PACKAGES = 40
# Images at once in a run; as many may be on their way when it is killed, with a config each and
# layers of their own.
CONCURRENCY = 4


def tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def put(storage, data):
    """A blob in the registry's own storage: pushing 200 images one by one takes minutes."""
    digest = hashlib.sha256(data).hexdigest()
    folder = os.path.join(storage, "docker/registry/v2/blobs/sha256", digest[:2], digest)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "data"), "wb") as file:
        file.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


def link(path, digest):
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, "link"), "w", encoding="ascii") as file:
        file.write(digest)


def put_image(storage, repository, tag, layers):
    top = os.path.join(storage, "docker/registry/v2/repositories", repository)
    config = put(storage, json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Labels": {"tag": tag}},
        "rootfs": {"type": "layers",
                   "diff_ids": ["sha256:" + hashlib.sha256(l).hexdigest() for l in layers]},
    }).encode())
    blobs = [put(storage, layer) for layer in layers]
    manifest = put(storage, json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob}
                   for blob in blobs]}).encode())
    for blob in (config, *blobs):
        link(os.path.join(top, "_layers/sha256", blob["digest"][7:]), blob["digest"])
    link(os.path.join(top, "_manifests/revisions/sha256", manifest["digest"][7:]),
         manifest["digest"])
    link(os.path.join(top, "_manifests/tags", tag, "current"), manifest["digest"])
    link(os.path.join(top, "_manifests/tags", tag, "index/sha256", manifest["digest"][7:]),
         manifest["digest"])


def fill(storage):
    status = "".join(f"Package: p{i}\nStatus: install ok installed\nArchitecture: amd64\n"
                     f"Version: 1.{i}-1\n\n" for i in range(PACKAGES))
    base = tar({"etc/os-release": b'ID=debian\nVERSION_ID="12"\n',
                "var/lib/dpkg/status": status.encode()})
    shared = [tar({f"data/{i}": os.urandom(100000)}) for i in range(SHARED_LAYERS - 1)]
    for i in range(TAGS):
        put_image(storage, "team/app", f"1.{i}", [base, *shared, tar({"app": b"%d" % i})])
    put_image(storage, "team/app", "stable", [base, *shared, tar({"app": b"0"})])
    put_image(storage, "team/sub/tool", "2", [base, tar({"tool": b"2"})])
    put_image(storage, "other/thing", "3", [base])


def blobs_of(requests):
    return collections.Counter(r.path for r in requests
                               if r.method == "GET" and "/blobs/" in r.path and r.status == 200)


def scan(registry, name, cache, *arguments, **options):
    return seawall.run("scan", "--quiet", "--plain-http", *(cache or ("--no-cache",)), *arguments,
                       "--allow-incomplete", f"registry:{registry.address}/{name}", **options)


def kill_half_way(registry, cache):
    """Starts a run and kills it, with all that it started, when a third of the blobs are there."""
    command = [seawall.PROGRAM, "scan", "--quiet", "--plain-http", *cache, "--concurrency",
               str(CONCURRENCY), "--all-tags", f"registry:{registry.address}/team/app"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          start_new_session=True) as process:
        deadline = time.monotonic() + 120
        while len(blobs_of(registry.requests())) < TAGS * 2 // 3:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the run ended before it could be killed")
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def check_resumed(registry, folder):
    """Two runs, the first one killed: each blob once, but for those on their way."""
    cache = ("--cache-dir", os.path.join(folder, "cache"))
    kill_half_way(registry, cache)
    n_first = len(registry.requests())
    first = blobs_of(registry.requests())
    assert TAGS * 2 // 3 <= len(first) < 2 * TAGS, len(first)
    done = scan(registry, "team/app", cache, "--concurrency", str(CONCURRENCY), "--all-tags",
                "-f", "json")
    reports = json.loads(done.stdout)
    # "stable" has another config than 1.0, so it is an image of its own.
    assert len(reports) == TAGS + 1, len(reports)
    assert all(len(r["packages"]) == PACKAGES for r in reports)
    assert len({json.dumps(r["target"]) for r in reports}) == TAGS + 1
    both = blobs_of(registry.requests())
    twice = [path for path, n in both.items() if n > 1]
    # One that was on its way may have come whole, and was not in the cache yet.
    assert len(twice) <= 2 * CONCURRENCY, twice
    assert max(both.values()) <= 2
    # Layers: the shared ones, one of each tag ("stable" shares its own); configs: one each.
    assert len(both) == SHARED_LAYERS + TAGS + TAGS + 1, len(both)
    # What is done is known by digest: a third run asks for tags and nothing else.
    n_both = len(registry.requests())
    scan(registry, "team/app", cache, "--all-tags")
    third = registry.requests(since=n_both)
    assert not blobs_of(third), blobs_of(third)
    assert {r.method for r in third if "/manifests/" in r.path} == {"HEAD"}, third
    print(f"{TAGS} tags: {n_first} requests until killed, {n_both - n_first} after, "
          f"{len(twice)} blobs fetched twice; again: {len(third)} requests")


def check_whole(registry, folder):
    """A prefix, the latest of it, without a cache that stays; reports in a folder."""
    before = len(registry.requests())
    reports = os.path.join(folder, "reports")
    done = scan(registry, "team", None, "--latest", "3", "-f", f"json={reports}/",
                "--concurrency", "3")
    blobs = blobs_of(registry.requests(since=before))
    # app 1.199, 1.198, 1.197 and tool 2: a config and an own layer each, the shared ones once.
    assert len(blobs) == 4 + 4 + SHARED_LAYERS, blobs
    own = {path.replace("/team/sub/tool/", "/team/app/") for path in blobs}
    assert len(own) == len(blobs), "a layer was fetched from two repositories"
    assert max(blobs.values()) == 1
    names = sorted(os.listdir(reports))
    assert len(names) == 4, names
    assert any("team_app_1.199" in name for name in names), names
    with open(os.path.join(reports, names[0]), encoding="utf-8") as file:
        assert len(json.load(file)["packages"]) == PACKAGES
    text = done.stdout.decode()
    assert "4 images scanned" in text and "team/sub/tool:2" in text, text
    assert not [n for n in os.listdir("/tmp") if n.startswith("seawall-run-") and
                os.stat("/tmp/" + n).st_mtime > STARTED], "the run's folder is left behind"


def check_refusals(registry):
    for arguments, words in (
            (("--all-tags", "app.tar"), "registry:HOST/NAME"),
            (("--all-tags", "--latest", "2", "registry:x"), "exclude"),
            (("--all-tags", "-f", "spdx=x.json", "registry:x"), "folder"),
            (("--concurrency", "3", "registry:x"), "--all-tags")):
        done = seawall.run("scan", *arguments, status=(2,))
        assert words in done.stderr.decode(), done.stderr
    done = scan(registry, "team/app:1.1", None, "--all-tags", status=(3,))
    assert "not a repository" in done.stderr.decode(), done.stderr
    done = scan(registry, "nobody", None, "--all-tags", status=(3,))
    assert "nobody" in done.stderr.decode(), done.stderr


def check_rate(registry):
    """20 requests a second: 3 images of 2 to 3 requests each, and a list."""
    before, start = len(registry.requests()), time.monotonic()
    scan(registry, "team/app", None, "--latest", "3", "--rate", "20")
    n, took = len(registry.requests(since=before)), time.monotonic() - start
    assert took >= (n - 1) / 20 * 0.9, (n, took)


def check_lists(registry):
    done = seawall.run("registry", "ls", "--plain-http", registry.address)
    assert done.stdout.decode().split() == ["other/thing", "team/app", "team/sub/tool"]
    done = seawall.run("registry", "ls", "--plain-http", registry.address + "/team", "-f", "json")
    assert json.loads(done.stdout)["repositories"] == ["team/app", "team/sub/tool"]
    done = seawall.run("registry", "tags", "--plain-http", registry.address + "/team/app")
    assert len(done.stdout.decode().split()) == TAGS + 1
    done = seawall.run("registry", "tags", "--plain-http", "--limit", "7", "-f", "json",
                       registry.address + "/team/app")
    assert len(json.loads(done.stdout)["tags"]) == 7


STARTED = time.time()


def main():
    with tempfile.TemporaryDirectory() as folder, Registry(folder) as registry:
        fill(os.path.join(folder, "storage"))
        check_lists(registry)
        check_resumed(registry, folder)
        check_whole(registry, folder)
        check_refusals(registry)
        check_rate(registry)


main()
