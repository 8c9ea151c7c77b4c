#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images of a real podman, root's and a user's own, from its files and over its socket: what is
found is what the same image has in an archive, and nothing of the storage is changed. A storage
that is damaged is told of by name."""
import json
import os
import shutil
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
    return [(layer["n_files"], layer["n_bytes"]) for layer in report["image"]["layers"]]


def diff_ids(report):
    return [layer.get("diff_id") for layer in report["image"]["layers"]]


def unreadable(report):
    return [n["message"] for n in report.get("notes", []) if n["kind"] == "unreadable"]


def compare(what, got, wanted):
    assert packages(got) == packages(wanted), (what, packages(got), packages(wanted))
    assert layers(got) == layers(wanted), what
    assert diff_ids(got) == diff_ids(wanted), what
    assert systems.findings(got) == systems.findings(wanted), what
    assert unreadable(got) == [], (what, unreadable(got))


def names(engine):
    files = ("--podman-root", engine.root)
    image_id = engine.podman("images", "-q", "--no-trunc", "hard:1").split(":")[-1]
    engine.podman("tag", "hard:1", "localhost/hard:2", "registry.example/deep/other:3")
    wanted = packages(scan("podman:hard:1", *files))
    for name in ("localhost/hard:1", "hard:1", "localhost/hard:2", "hard:2", "other:3",
                 "deep/other:3", "registry.example/deep/other:3", image_id, image_id[:12],
                 "sha256:" + image_id):
        report = scan("podman:" + name, *files)
        assert packages(report) == wanted, name
        assert report["target"]["kind"] == "podman"
        assert report["image"]["digest"].startswith("sha256:"), "the manifest has one"
    report = scan("hard:1", *files)
    assert report["target"]["kind"] == "podman" and packages(report) == wanted
    assert "no such image" in refused("podman:absent", *files)
    assert "no such image" in refused("podman:ther:3", *files)


def ambiguous(engine, folder):
    tiny = engines.Layer(folder + "/tiny.tar").close()
    engine.podman("import", tiny, "mirror.example/deep/other:3")
    said = refused("podman:other:3", "--podman-root", engine.root)
    assert "it means 2 images: " in said and "give more of it" in said, said


def over_the_socket(engine, wanted, database):
    host = {"CONTAINER_HOST": engine.host}
    with engine:
        compare("files that the service names",
                scan("podman:hard:1", "--db", database, env=host), wanted)
        hidden = ["unshare", "-m", "--propagation", "private", "sh", "-c",
                  'mount -t tmpfs none "$0" && exec "$@"', engine.root, seawall.PROGRAM]
        done = subprocess.run([*hidden, "scan", "-q", "--no-cache", "-f", "json", "--db", database,
                               "podman:hard:1"], capture_output=True, check=False,
                              env={**CLEAN, **host}, timeout=300)
        assert done.returncode in (0, 4), done.stderr
        compare("socket", json.loads(done.stdout), wanted)


def additional_store(folder, engine, wanted, database):
    """An image of another store that storage.conf names; the own one is empty."""
    own = os.path.join(folder, "own")
    os.makedirs(own + "/overlay-images")
    conf = os.path.join(folder, "storage.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write(f'[storage]\ndriver = "overlay"\ngraphroot = "{own}"\n[storage.options]\n'
                   f'additionalimagestores = [\n  "{engine.root}",\n]\n')
    compare("additional store", scan("podman:hard:1", "--db", database,
                                     env={"CONTAINERS_STORAGE_CONF": conf}), wanted)
    with open(conf, "a", encoding="ascii") as file:
        file.write("[storage]\ngraphroot = /unquoted\n")
    assert "storage.conf': line 9: no string" in refused(
        "podman:hard:1", env={"CONTAINERS_STORAGE_CONF": conf})


def damage(engine, folder):
    root = os.path.join(folder, "damaged")

    def fresh():
        engines.copy_of(engine.root, root)
        with open(root + "/overlay-layers/layers.json", encoding="utf-8") as file:
            found = [layer["id"] for layer in json.load(file) if os.path.exists(
                f"{root}/overlay/{layer['id']}/diff/usr/bin/tool")]
        return found[0], f"{root}/overlay/{found[0]}/diff"

    def scan_damaged():
        report = scan("podman:hard:1", "--podman-root", root, status=(4,))
        return " ".join(unreadable(report))

    _, diff = fresh()
    with open(diff + "/usr/bin/tool", "r+b") as file:
        file.write(b"\0\0\0\0\0\0\0\0changed")
    assert "'usr/bin/tool' has other content" in scan_damaged()
    os.unlink(diff + "/etc/os-release")
    os.symlink("/etc/shadow", diff + "/etc/os-release")
    said = scan_damaged()
    assert "'etc/os-release' is not there" in said and "root:" not in said, said
    layer, _ = fresh()
    split = f"{root}/overlay-layers/{layer}.tar-split.gz"
    with open(split, "wb") as file:
        file.write(b'{"type":2,"payload":"' + b"A" * (9 << 20) + b'"}\n')
    assert "a line of tar-split data of more than" in scan_damaged()
    os.unlink(split)
    os.symlink("/etc/shadow", split)
    assert ".tar-split.gz'" in refused("podman:hard:1", "--podman-root", root)
    for name, part in (("overlay-layers/layers.json", "it breaks off"),
                       ("overlay-images/images.json", "it breaks off")):
        fresh()
        path = os.path.join(root, name)
        with open(path, "r+b") as file:
            file.truncate(os.path.getsize(path) - 20)
        said = refused("podman:hard:1", "--podman-root", root)
        assert f"'{name}': {part}" in said, said
    fresh()
    with open(root + "/overlay-layers/layers.json", "w", encoding="ascii") as file:
        file.write("[]")
    assert "is not in the list of layers" in refused("podman:hard:1", "--podman-root", root)


def rootless(folder, archive, wanted, database, driver):
    engine = engines.Podman(os.path.join(folder, "user-" + driver), engines.USER, driver)
    try:
        compare_rootless(engine, archive, wanted, database, driver)
    finally:
        engine.end()


def compare_rootless(engine, archive, wanted, database, driver):
    try:
        engine.podman("load", "-i", archive)
    except AssertionError as error:
        print(f"rootless podman does not run here ({driver}): {str(error)[-300:]}")
        return

    def as_user(*arguments):
        return engine.as_user(seawall.PROGRAM, "scan", "-q", "--no-cache", "-f", "json", "--db",
                              database, *arguments)
    before = engines.state_of(engine.root)
    # One file is another id's and its alone: the user cannot read it.
    done = as_user("podman:hard:1")
    assert done.returncode == 3 and b"'usr/lib/secret' may not be read" in done.stderr, done.stderr
    assert b"podman unshare seawall scan" in done.stderr, done.stderr
    said = subprocess.run(engine.command("unshare", seawall.PROGRAM, "scan", "-q", "--no-cache",
                                         "-f", "json", "--db", database, "podman:hard:1"),
                          capture_output=True, check=False, env=engine.environment(), timeout=300,
                          cwd=engine.folder)
    assert said.returncode in (0, 4), said.stderr
    compare(f"rootless {driver}, unshared", json.loads(said.stdout), wanted)
    changes = [c for c in engines.difference(before, engines.state_of(engine.root))
               if not c[0].endswith((".lock", "/libpod", "bolt_state.db", "/storage"))]
    assert not changes, changes[:5]
    with engine:
        done = as_user("--podman-host", engine.host, "podman:hard:1")
        assert done.returncode in (0, 4), done.stderr
        compare(f"rootless {driver}, socket", json.loads(done.stdout), wanted)


def is_reachable_by_user():
    """Build trees are often in folders that are their owner's alone."""
    return subprocess.run(["setpriv", "--reuid", engines.USER, "--clear-groups", seawall.PROGRAM,
                           "--version"], capture_output=True, check=False).returncode == 0


def node(folder, engine):
    """The list of images, of files and of the service, with the one that runs."""
    def ids(rows, is_running=False):
        return {i for i, row in rows.items() if row[1] or not is_running}

    def every_list():
        with engine:
            listed = engines.node_images("podman", host=engine.host)
        return (engines.node_images("podman", engine.root, engine.run + "/c"), listed)
    wanted = set(engine.podman("images", "-q", "--no-trunc").split())
    for rows in every_list():
        assert ids(rows) == wanted and not ids(rows, True), (rows, wanted)
    tar = engines.sleeper(folder)
    if tar is None:
        print("no compiler for a program that runs")
        return
    image = engine.podman("import", "-q", "-c", 'CMD ["/sleeper"]', tar, "sleeper:1").split()[-1]
    cgroup = f"seawall-test-{os.getpid()}"
    try:
        container = engine.podman("run", "-d", "--network", "none", "--cgroup-parent", "/" + cgroup,
                                  "sleeper:1")
    except AssertionError as error:
        print("podman runs nothing here: " + str(error)[-300:])
        return
    try:
        for rows in every_list():
            assert ids(rows, True) == {image} and ids(rows) == wanted | {image}, (rows, image)
    finally:
        engine.podman("rm", "-f", "-t", "0", container)
        engines.remove_cgroup(cgroup)
    assert not any(ids(rows, True) for rows in every_list())


def main():
    database = systems.database()
    folder = tempfile.mkdtemp(prefix="seawall-podman-")
    os.chmod(folder, 0o755)
    engine = engines.Podman(folder + "/p")
    try:
        archive = engines.save_archive(
            folder + "/hard.tar", engines.hard_layers(folder + "/layers"), "hard:1")
        os.chmod(archive, 0o644)
        wanted = scan(archive, "--db", database)
        assert wanted["findings"], "nothing to compare"
        engine.podman("load", "-i", archive)
        over_the_socket(engine, wanted, database)
        additional_store(folder, engine, wanted, database)
        damage(engine, folder)
        debian = systems.as_docker(systems.debian_tar("bookworm"))
        loaded = engine.podman("load", "-q", "-i", debian).split(": ", 1)[1]
        names(engine)
        before = engines.state_of(engine.root)
        files = ("--podman-root", engine.root, "--db", database)
        compare("files", scan("podman:hard:1", *files), wanted)
        compare("Debian", scan("podman:" + loaded, *files),
                scan(debian, "--db", database))
        cache = "--cache-dir=" + folder + "/cache"
        scan(archive, cache)
        again = scan("podman:hard:1", "--podman-root", engine.root, cache)
        assert all(layer["is_cached"] for layer in again["image"]["layers"])
        changes = engines.difference(before, engines.state_of(engine.root))
        assert not changes, changes[:5]
        ambiguous(engine, folder)
        node(folder, engine)
        if is_reachable_by_user():
            home = os.path.join(folder, "db")
            subprocess.run(["cp", database, home], check=True)
            shutil.chown(home, engines.USER)
            for driver in ("overlay", "vfs"):
                rootless(folder, archive, wanted, home, driver)
        else:
            print(f"rootless: '{engines.USER}' cannot run {seawall.PROGRAM}")
    finally:
        engine.end()
        subprocess.run(["rm", "-rf", folder], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
