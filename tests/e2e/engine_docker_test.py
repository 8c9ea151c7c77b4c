#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images of a real dockerd, from its files and over its socket: what is found is what the same
image has in an archive, layer by layer, and nothing of the engine is changed. A store that is
damaged or was tampered with is told of by name."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import engines  # noqa: E402
import seawall  # noqa: E402
import systems  # noqa: E402

CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "CONTAINER"))}


def scan(target, *arguments, env=None, **options):
    return seawall.scan(target, *arguments, env={**CLEAN, **(env or {})}, **options)


def refused(target, *arguments, env=None):
    done = seawall.run("scan", "-q", "--no-cache", *arguments, target, status=(3,),
                       env={**CLEAN, **(env or {})})
    return done.stderr.decode(errors="replace")


def packages(report):
    return [(p["name"], p["version"], p.get("layer")) for p in report["packages"]]


def layers(report):
    return [(layer["diff_id"], layer["n_files"], layer["n_bytes"])
            for layer in report["image"]["layers"]]


def unreadable(report):
    return [n["message"] for n in report.get("notes", []) if n["kind"] == "unreadable"]


def compare(what, got, wanted):
    assert packages(got) == packages(wanted), (what, packages(got), packages(wanted))
    # What an archive's layer is called in it, its diff id may be missing.
    assert [l[1:] for l in layers(got)] == [l[1:] for l in layers(wanted)], what
    assert got["image"]["config_digest"] == wanted["image"]["config_digest"], what
    assert systems.findings(got) == systems.findings(wanted), what
    assert unreadable(got) == [], (what, unreadable(got))


def every_way(engine, name, wanted, database):
    """The image by each way there is, with the daemon running."""
    files = ("--docker-root", engine.root, "--db", database)
    compare("files", scan("docker:" + name, *files), wanted)
    host = {"DOCKER_HOST": engine.host}
    compare("files that the daemon names", scan("docker:" + name, "--db", database, env=host),
            wanted)
    # Files that are not where the daemon says it has them: the stream remains.
    hidden = ["unshare", "-m", "--propagation", "private", "sh", "-c",
              'mount -t tmpfs none "$0/image" && exec "$@"', engine.root, seawall.PROGRAM]
    done = subprocess.run([*hidden, "scan", "-q", "--no-cache", "-f", "json", "--db", database,
                           "docker:" + name], capture_output=True, check=False,
                          env={**CLEAN, **host}, timeout=300)
    assert done.returncode in (0, 4), done.stderr
    compare("socket", json.loads(done.stdout), wanted)
    with engine.save(name) as save:
        compare("docker save", scan("-", "--db", database, stdin=save.stdout), wanted)


def names(engine, image_id):
    files = ("--docker-root", engine.root)
    wanted = packages(scan("docker:hard:1", *files))
    for name in ("docker.io/library/hard:1", image_id, image_id.split(":")[1][:12],
                 image_id.split(":")[1]):
        report = scan("docker:" + name, *files)
        assert packages(report) == wanted, name
        assert report["target"]["kind"] == "docker"
        assert report["image"]["name"] == "docker.io/library/hard:1", report["image"]
        assert "digest" not in report["image"], report["image"]
    report = scan("hard:1", *files)
    assert report["target"]["kind"] == "docker" and packages(report) == wanted
    assert "no such image" in refused("docker:absent", *files)
    assert "No Name" in refused("docker:No Name", *files)
    assert "no such image" in refused("docker:hard:2", *files)


def shares_facts(engine, archive, folder):
    """The facts of a layer are those of the same layer in an archive."""
    cache = os.path.join(folder, "cache")
    scan(archive, "--cache-dir=" + cache)
    again = scan("docker:hard:1", "--docker-root", engine.root, "--cache-dir=" + cache)
    assert all(layer["is_cached"] for layer in again["image"]["layers"]), again["image"]["layers"]


def damage(engine, folder, image_id):
    """On copies of the root."""
    root = os.path.join(folder, "damaged")
    driver = os.path.join(root, "image", engine.driver)

    def fresh():
        engines.copy_of(engine.root, root)
        top = sorted(os.listdir(driver + "/layerdb/sha256"))
        for name in top:
            with open(f"{driver}/layerdb/sha256/{name}/cache-id", encoding="ascii") as file:
                diff = os.path.join(root, engine.driver, file.read().strip(), "diff")
            if os.path.exists(diff + "/usr/bin/tool"):
                return f"{driver}/layerdb/sha256/{name}", diff
        raise AssertionError("no layer with the tool")

    def said_of(report):
        return " ".join(unreadable(report))

    def scan_damaged():
        return scan("docker:hard:1", "--docker-root", root, status=(4,))

    _, diff = fresh()
    os.unlink(diff + "/usr/bin/tool")
    os.unlink(diff + "/usr/bin/tool2")
    assert "'usr/bin/tool' is not there" in said_of(scan_damaged())
    _, diff = fresh()
    with open(diff + "/usr/bin/tool", "r+b") as file:
        file.write(b"\0\0\0\0\0\0\0\0changed")
    assert "'usr/bin/tool' has other content" in said_of(scan_damaged())
    with open(diff + "/usr/bin/tool", "ab") as file:
        file.write(b"more")
    assert "'usr/bin/tool' has another size" in said_of(scan_damaged())
    os.unlink(diff + "/etc/os-release")
    os.symlink("/etc/shadow", diff + "/etc/os-release")
    said = said_of(scan_damaged())
    assert "'etc/os-release' is not there" in said and "root:" not in said, said
    layer, diff = fresh()
    with open(layer + "/tar-split.json.gz", "r+b") as file:
        file.truncate(os.path.getsize(layer + "/tar-split.json.gz") // 2)
    assert "tar-split data" in said_of(scan_damaged())
    with open(layer + "/tar-split.json.gz", "wb") as file:
        file.write(b'{"type":1,"name":"etc/os-release","size":9223372036854775807,'
                   b'"payload":"AAAAAAAAAAA="}\n')
    assert "'etc/os-release' has another size" in said_of(scan_damaged())
    with open(layer + "/tar-split.json.gz", "wb") as file:
        file.write(b'{"type":2,"payload":"AAAA"}\n')
    assert "digest mismatch" in said_of(scan_damaged())
    os.unlink(layer + "/tar-split.json.gz")
    assert "tar-split.json.gz" in refused("docker:hard:1", "--docker-root", root)
    layer, diff = fresh()
    os.rename(diff, diff + ".gone")
    os.symlink("/", diff)
    said = refused("docker:hard:1", "--docker-root", root)
    assert "/diff'" in said, said
    fresh()
    with open(driver + "/repositories.json", "r+b") as file:
        file.truncate(20)
    assert "repositories.json': not valid JSON" in refused("docker:hard:1", "--docker-root", root)
    fresh()
    with open(f"{driver}/imagedb/content/sha256/{image_id.split(':')[1]}", "ab") as file:
        file.write(b" ")
    assert "is damaged, it hashes to" in refused("docker:hard:1", "--docker-root", root)
    assert "no docker here" in refused("docker:hard:1", "--docker-root", folder + "/nowhere")


def other_driver(folder, archive, wanted, database):
    with engines.Docker(os.path.join(folder, "vfs"), "vfs") as engine:
        engine.docker("load", "-i", archive)
    compare("vfs", scan("docker:hard:1", "--docker-root", engine.root, "--db", database), wanted)


def debian(engine, database):
    archive = systems.as_docker(systems.debian_tar("bookworm"))
    loaded = engine.docker("load", "-q", "-i", archive).split(": ", 1)[1]
    report = scan(archive, "--db", database)
    assert len(report["packages"]) > 80 and report["findings"]
    every_way(engine, loaded, report, database)


def node(folder, engine):
    """The list of images, of files and of the daemon, with the one that runs."""
    def ids(rows, is_running=False):
        return {i for i, row in rows.items() if row[1] or not is_running}
    wanted = set(engine.docker("images", "-q", "--no-trunc").split())
    for rows in (engines.node_images("docker", engine.root),
                 engines.node_images("docker", host=engine.host)):
        assert ids(rows) == wanted and not ids(rows, True), rows
        assert all(row[0] > 0 for row in rows.values()), rows
    tar = engines.sleeper(folder)
    if tar is None:
        print("no compiler for a program that runs")
        return
    image = engine.docker("import", "-c", 'CMD ["/sleeper"]', tar, "sleeper:1")
    cgroup = f"seawall-test-{os.getpid()}"
    container = engine.docker("run", "-d", "--network", "none", "--cgroup-parent", "/" + cgroup,
                              "sleeper:1")
    try:
        for rows in (engines.node_images("docker", engine.root),
                     engines.node_images("docker", engine.root, host=engine.host),
                     engines.node_images("docker", host=engine.host)):
            assert ids(rows, True) == {image} and ids(rows) == wanted | {image}, rows
    finally:
        engine.docker("rm", "-f", container)
        engines.remove_cgroup(cgroup)
    assert not ids(engines.node_images("docker", engine.root), True)


def main():
    database = systems.database()
    folder = tempfile.mkdtemp(prefix="seawall-docker-")
    try:
        archive = engines.save_archive(
            folder + "/hard.tar", engines.hard_layers(folder + "/layers"), "hard:1")
        wanted = scan(archive, "--db", database)
        assert sorted(p[0] for p in packages(wanted)) == ["bash", "openssl", "zlib1g"]
        assert wanted["findings"], "nothing to compare"
        with engines.Docker(folder + "/d") as engine:
            engine.docker("load", "-i", archive)
            image_id = engine.docker("images", "-q", "--no-trunc", "hard:1")
            before = engine.docker("images", "-a", "--digests"), engine.docker("ps", "-a")
            every_way(engine, "hard:1", wanted, database)
            assert (engine.docker("images", "-a", "--digests"), engine.docker("ps", "-a")) == before
        before = engines.state_of(engine.root)
        compare("no daemon", scan("docker:hard:1", "--docker-root", engine.root, "--db", database),
                wanted)
        names(engine, image_id)
        shares_facts(engine, archive, folder)
        changes = engines.difference(before, engines.state_of(engine.root))
        assert not changes, changes[:5]
        # A socket that a dead daemon left behind is no engine.
        assert "no such image" in refused("docker:absent", "--docker-root", engine.root,
                                          "--docker-host", engine.host)
        damage(engine, folder, image_id)
        other_driver(folder, archive, wanted, database)
        with engine:
            debian(engine, database)
            node(folder, engine)
    finally:
        subprocess.run(["rm", "-rf", folder], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
