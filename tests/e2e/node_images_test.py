#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All images of a node with a real podman, dockerd and containerd: the list names each image that
they have, which run, and when it was scanned; a scan of the node scans each distinct one once,
running ones first; nothing of the stores is changed. Namespaces, ids and platforms of containerd."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import engines  # noqa: E402
import seawall  # noqa: E402
import systems  # noqa: E402
from containerd import Containerd  # noqa: E402

CLEAN = {k: v for k, v in os.environ.items()
         if not k.startswith(("DOCKER_", "CONTAINER", "SEAWALL_DB", "SEAWALL_CACHE"))}
INDEX = "application/vnd.oci.image.index.v1+json"


class Node:
    """The three engines, and how they are told to seawall."""

    def __init__(self, folder):
        self.folder = folder
        self.podman = engines.Podman(folder + "/p")
        self.docker = engines.Docker(folder + "/d")
        os.makedirs(folder + "/c")
        self.containerd = Containerd(folder + "/c")
        self.arguments = ["--podman-root", self.podman.root, "--docker-root", self.docker.root,
                          "--containerd-root", self.containerd.root,
                          "--containerd-state", folder + "/c/state",
                          "--cache-dir", folder + "/cache"]

    def run(self, *arguments, status=(0,), env=None):
        return seawall.run(*arguments[:1], *self.arguments, *arguments[1:], status=status,
                           env={**CLEAN, **(env or {})}, timeout=300)

    def images(self, *arguments, status=(0,)):
        done = self.run("images", "-f", "json", *arguments, status=status)
        return json.loads(done.stdout)

    def scan(self, target, *arguments, status=(0,), env=None):
        done = self.run("scan", "-q", "-f", "json", *arguments, target, status=status, env=env)
        return json.loads(done.stdout)

    def refused(self, target, *arguments, env=None):
        done = self.run("scan", "-q", *arguments, target, status=(3,), env=env)
        return done.stderr.decode(errors="replace")


def layer(folder, name, packages):
    made = engines.Layer(f"{folder}/{name}.tar")
    made.file("etc/os-release", b'ID=debian\nVERSION_ID="12"\n')
    made.file("var/lib/dpkg/status", engines.status_file(packages))
    return made.close()


def name_layout(layout, name):
    """The layout as `ctr images import` takes it."""
    path = os.path.join(layout, "index.json")
    with open(path, encoding="ascii") as file:
        index = json.load(file)
    for manifest in index["manifests"]:
        manifest["annotations"] = {"io.containerd.image.name": name}
    with open(path, "w", encoding="ascii") as file:
        json.dump(index, file)
    seawall.tar_of(layout, layout + ".tar")
    return layout + ".tar"


def make_index(folder, name, layers):
    """An image of three platforms: (archive, [{manifest, config, layer} by platform])."""
    whole = os.path.join(folder, "index")
    entries, parts = [], []
    for i, (architecture, path) in enumerate(layers):
        layout = whole if i == 0 else os.path.join(folder, architecture)
        seawall.oci_layout(layout, [path], architecture=architecture)
        with open(layout + "/index.json", encoding="ascii") as file:
            entry = json.load(file)["manifests"][0]
        blobs = os.path.join(layout, "blobs/sha256")
        with open(os.path.join(blobs, entry["digest"].split(":")[1]), encoding="ascii") as file:
            manifest = json.load(file)
        parts.append({"manifest": entry["digest"], "config": manifest["config"]["digest"],
                      "layer": manifest["layers"][0]["digest"]})
        entries.append(entry)
        if i > 0:
            subprocess.run(f"cp {blobs}/* {whole}/blobs/sha256/", shell=True, check=True)
    data = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{whole}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    with open(whole + "/index.json", "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": [
            {"mediaType": INDEX, "digest": "sha256:" + digest, "size": len(data)}]}, file)
    return name_layout(whole, name), parts


def packages(report):
    return sorted((p["name"], p["version"]) for p in report["packages"])


def notes(report, kind):
    return [n["message"] for n in report.get("notes", []) if n["kind"] == kind]


def fill(node, folder):
    """`app` is in all three, `own` in podman alone, and containerd has another `app` elsewhere."""
    app = layer(folder, "app", {"openssl": "3.0.9-1", "zlib1g": "1:1.2.13.dfsg-1"})
    own = layer(folder, "own", {"bash": "5.2.15-2+b2"})
    archive = engines.save_archive(folder + "/app.docker", [app], "app:1")
    node.podman.podman("load", "-i", archive)
    node.podman.podman("tag", "app:1", "localhost/second:1")
    node.podman.podman(
        "load", "-i", engines.save_archive(folder + "/own.docker", [own], "own:1"))
    node.docker.docker("load", "-i", archive)
    node.app_id = node.docker.docker("images", "-q", "--no-trunc", "app:1")
    engine = node.containerd
    engine.ctr("images", "import", "--no-unpack", archive)
    seawall.oci_layout(folder + "/other", [own])
    engine.ctr("images", "import", "--no-unpack",
               name_layout(folder + "/other", "docker.io/library/app:1"), namespace="default")
    index, parts = make_index(folder, "docker.io/library/many:1", [
        ("amd64", layer(folder, "amd", {"openssl": "3.0.9-1"})), ("arm64", layer(folder, "arm", {"openssl": "3.0.9-2"})),
        ("s390x", layer(folder, "s390", {"openssl": "3.0.9-3"}))])
    engine.ctr("images", "import", "--no-unpack", "--all-platforms", index)
    return parts


def by_name(listed):
    return {(i["engine"], i.get("namespace", ""), name): i
            for i in listed["images"] for name in i["names"]}


def lists_what_the_engines_have(node):
    listed = node.images()
    assert not listed["problems"], listed["problems"]
    found = by_name(listed)
    assert set(found) == {
        ("podman", "", "localhost/app:1"), ("podman", "", "localhost/second:1"),
        ("podman", "", "localhost/own:1"), ("docker", "", "app:1"),
        ("containerd", "k8s.io", "docker.io/library/app:1"),
        ("containerd", "k8s.io", "docker.io/library/many:1"),
        ("containerd", "default", "docker.io/library/app:1")}, set(found)
    assert len(listed["images"]) == 6
    app = found["docker", "", "app:1"]
    assert app["id"] == node.app_id
    assert app["id"] == found["podman", "", "localhost/app:1"]["id"]
    assert app["id"] == found["containerd", "k8s.io", "docker.io/library/app:1"]["config_digest"]
    assert all(i["size_bytes"] > 0 and i["n_running"] == 0 and "scanned_at" not in i
               for i in listed["images"]), listed
    assert len(node.images("--namespace", "default")["images"]) == 4
    assert not node.images("--running")["images"]
    plain = node.run("images").stdout.decode().splitlines()
    assert len(plain) == 7 and all(line.count("\t") == 10 for line in plain), plain
    assert any("localhost/app:1,localhost/second:1" in line for line in plain), plain
    return found


def tells_an_engine_that_fails(node):
    root = node.folder + "/broken"
    os.makedirs(root + "/io.containerd.metadata.v1.bolt")
    with open(root + "/io.containerd.metadata.v1.bolt/meta.db", "wb") as file:
        file.write(b"no database")
    broken = ("--containerd-root", root)
    listed = node.images(*broken, status=(4,))
    assert [p["engine"] for p in listed["problems"]] == ["containerd"], listed["problems"]
    assert "meta.db" in listed["problems"][0]["message"]
    assert {i["engine"] for i in listed["images"]} == {"docker", "podman"}
    done = node.run("scan", "--node", *broken, status=(4,))
    assert b"meta.db" in done.stdout and b"2 images scanned" in done.stdout, done.stdout
    nowhere = [a for f in ("podman", "docker", "containerd") for a in (f"--{f}-root", root + "/x")]
    done = node.run("scan", "--node", *nowhere, status=(3,))
    assert b"no engine has images here" in done.stderr, done.stderr
    done = node.run("images", *nowhere)
    assert b"neither Docker nor podman nor containerd" in done.stderr, done.stderr


def scans_each_once(node, database):
    folder = node.folder + "/reports/"
    done = node.run("scan", "--node", "-f", f"json={folder}", "--db", database)
    lines = done.stdout.decode().splitlines()
    assert "3 images scanned, 3 the same by digest, 0 failed" in lines[-1], lines
    reports = []
    for name in sorted(os.listdir(folder)):
        with open(folder + name, encoding="utf-8") as file:
            reports.append(json.load(file))
    assert sorted(r["target"]["name"] if "name" in r["target"] else r["target"]["target"]
                  for r in reports) == [
        "containerd:docker.io/library/many:1", "docker:app:1", "podman:localhost/own:1"], [
            r["target"] for r in reports]
    app = next(r for r in reports if len(r["packages"]) == 2)
    assert packages(app) == packages(node.scan("docker:app:1")), "as alone"
    assert app["findings"], "nothing to compare"
    listed = node.images("--db", database)["images"]
    assert all(i["scanned_at"] and not i["is_incomplete"] for i in listed), listed
    critical = sum(f["severity"] == "critical" for f in app["findings"])
    for image in listed:
        if image.get("config_digest") == app["image"]["config_digest"]:
            assert image["n_packages"] == 2, image
            assert image["n_findings"]["critical"] == critical, (image, critical)
    done = node.run("scan", "--node", "--db", database, "--fail-on", "low", status=(1,))
    assert b"3 images scanned" in done.stdout
    done = seawall.run("rescan", "--db", database, "--cache-dir", node.folder + "/cache",
                       "docker:app:1", env=CLEAN)
    assert b"1 inventories judged" in done.stdout, done.stdout
    for wrong in (("--node", "app:1"), ("--running", "app:1"), ("--node", "--all-tags")):
        node.run("scan", *wrong, status=(2,))


def takes_the_next_place(node):
    """Docker's copy is damaged; podman's is the same image."""
    root = engines.copy_of(node.docker.root, node.folder + "/damaged")
    subprocess.run(f"rm -rf {root}/image/overlay2/layerdb/sha256", shell=True, check=True)
    done = node.run("scan", "--node", "--no-cache", "--docker-root", root, status=(4,))
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    states = {line[0]: line[8:10] for line in lines if line}
    assert states["docker:app:1"][0].startswith("failed"), states
    assert states["podman:localhost/app:1"] == ["done"], states


def knows_namespaces_and_ids(node, found):
    first = found["containerd", "k8s.io", "docker.io/library/app:1"]
    other = found["containerd", "default", "docker.io/library/app:1"]
    said = node.refused("containerd:app:1")
    assert "'default'" in said and "'k8s.io'" in said and "--namespace" in said, said
    for target, wanted in ((("containerd:app:1", "--namespace", "k8s.io"), first),
                           (("containerd:app:1", "--namespace", "default"), other),
                           (("containerd:" + other["id"],), other),
                           (("containerd:" + other["id"][7:19],), other),
                           (("containerd:" + first["config_digest"][7:19],), first),
                           (("containerd:" + first["config_digest"],), first)):
        report = node.scan(*target)
        assert report["image"]["config_digest"] == wanted["config_digest"], target
    report = node.scan("containerd:app:1", env={"CONTAINERD_NAMESPACE": "default"})
    assert report["image"]["config_digest"] == other["config_digest"]
    assert "in namespace 'none'" in node.refused("containerd:app:1", "--namespace", "none")
    said = node.refused("127.0.0.1:1/absent:1")
    assert "docker:NAME" in said and "registry:NAME" in said and "./NAME" in said, said


def passes_over_platforms(node, parts):
    """The second platform has its manifest alone, the third nothing."""
    engine = node.containerd
    folder = node.folder + "/many/"

    def reports(n):
        node.run("scan", "--all-platforms", "-q", "-f", f"json={folder}", "containerd:many:1")
        found = []
        for name in sorted(os.listdir(folder)):
            with open(folder + name, encoding="utf-8") as file:
                found.append(json.load(file))
            os.unlink(folder + name)
        assert len(found) == n, [r["image"] for r in found]
        return found
    whole = reports(3)
    assert not any(notes(r, "info") or notes(r, "unreadable") for r in whole)
    for digest in (parts[1]["config"], parts[1]["layer"], *parts[2].values()):
        engine.ctr("content", "rm", digest)
    # Files of blobs go with the next collection, for which this waits.
    engine.ctr("images", "rm", "--sync", "docker.io/library/app:1", namespace="default")
    left = reports(1)
    assert packages(left[0]) == packages(next(
        r for r in whole if r["image"]["architecture"] == "amd64"))
    assert len([n for n in notes(left[0], "info") if "does not have it" in n]) == 2, left[0]["notes"]
    assert not notes(left[0], "unreadable")
    engine.ctr("content", "rm", parts[0]["layer"])
    engine.ctr("images", "rm", "--sync", "docker.io/library/app:1")
    report = node.scan("containerd:many:1", "--no-cache", status=(4,))
    assert notes(report, "unreadable"), "a layer of the platform that was asked for"


def runs(node, folder):
    """A container of each engine's own; the list counts them, --running scans them alone."""
    tar = engines.sleeper(folder)
    if tar is None:
        print("no compiler for a program that runs")
        return
    cgroup = f"seawall-test-{os.getpid()}"
    seawall.oci_layout(folder + "/sleep", [tar])
    engine = node.containerd
    engine.ctr("images", "import", "--snapshotter", "native",
               name_layout(folder + "/sleep", "docker.io/library/sleep:1"))
    start = ("run", "-d", "--snapshotter", "native", "--cgroup", f"/{cgroup}/",
             "docker.io/library/sleep:1")
    started = []
    try:
        for box in ("box1", "box2"):
            done = engine.ctr(*start[:5], f"/{cgroup}/{box}", start[6], box, "/sleeper",
                              check=False)
            if done.returncode != 0:
                print("containerd runs nothing here: " + done.stderr.decode()[-300:])
                return
            started.append(box)
        running = node.images("--running")["images"]
        assert [(i["names"], i["n_running"]) for i in running] == [
            (["docker.io/library/sleep:1"], 2)], running
        assert node.images()["images"][0] == running[0], "what runs comes first"
        done = node.run("scan", "--node", "--running", status=(0, 4))
        assert b"1 images scanned" in done.stdout, done.stdout
        assert b"containerd:docker.io/library/sleep:1" in done.stdout.splitlines()[1]
        engine.ctr("tasks", "kill", "-s", "KILL", "box1")
        engine.ctr("tasks", "rm", "box1", check=False)
        assert node.images("--running")["images"][0]["n_running"] == 1
    finally:
        for box in started:
            engine.ctr("tasks", "kill", "-s", "KILL", box, check=False)
            engine.ctr("tasks", "rm", "-f", box, check=False)
            engine.ctr("containers", "rm", box, check=False)
        engines.remove_cgroup(cgroup)
    assert not node.images("--running")["images"]


def state_of(node):
    state = {}
    for root in (node.podman.root, node.containerd.root):
        state.update(engines.state_of(root))
    return state


def main():
    database = systems.database()
    folder = tempfile.mkdtemp(prefix="seawall-node-")
    node = Node(folder)
    try:
        with node.docker, node.containerd:
            parts = fill(node, folder)
        before = state_of(node)
        found = lists_what_the_engines_have(node)
        tells_an_engine_that_fails(node)
        subprocess.run(["rm", "-rf", folder + "/cache"], check=True)
        scans_each_once(node, database)
        takes_the_next_place(node)
        knows_namespaces_and_ids(node, found)
        changes = engines.difference(before, state_of(node))
        assert not changes, changes[:5]
        with node.containerd:
            passes_over_platforms(node, parts)
            runs(node, folder)
    finally:
        node.podman.end()
        subprocess.run(["rm", "-rf", folder], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
