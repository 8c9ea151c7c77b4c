# SPDX-License-Identifier: Apache-2.0
"""Docker and podman of the test's own, for the time of a test, without any network; and layers that
are hard to put together again."""
import io
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tarfile
import time

import seawall

USER = "nobody"


def need_root(what):
    if os.geteuid() != 0:
        seawall.skip(f"{what} needs root")


class Daemon:
    """A process with a socket; stopped by its id."""

    def __init__(self):
        self.process = None

    def start(self, command, log, is_ready, **options):
        with open(log, "wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file, **options)
        for _ in range(120):
            if is_ready():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.25)
        self.stop()
        with open(log, encoding="utf-8", errors="replace") as file:
            seawall.skip(f"{command[0]} does not start: {file.read()[-600:]}")

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def call(command, **options):
    done = subprocess.run(command, capture_output=True, check=False, timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout.decode(errors="replace").strip()


class Docker(Daemon):
    """with Docker(folder) as engine: engine.docker("load", "-i", archive)"""

    def __init__(self, folder, driver="overlay2"):
        super().__init__()
        seawall.need("dockerd", "docker", "containerd")
        need_root("dockerd")
        self.folder, self.driver = folder, driver
        self.root, self.socket = os.path.join(folder, "root"), os.path.join(folder, "s")
        self.host = "unix://" + self.socket

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        self.start(["dockerd", "--data-root", self.root, "--exec-root", self.folder + "/x",
                    "-H", self.host, "-p", self.folder + "/pid", "--iptables=false",
                    "--ip6tables=false", "--bridge=none", "-s", self.driver],
                   self.folder + "/log", self.is_ready)
        return self

    def __exit__(self, *_):
        self.stop()

    def is_ready(self):
        return subprocess.run(["docker", "-H", self.host, "version"], capture_output=True,
                              check=False, timeout=30).returncode == 0

    def docker(self, *arguments):
        return call(["docker", "-H", self.host, *arguments])

    def save(self, name):
        return subprocess.Popen(["docker", "-H", self.host, "save", name], stdout=subprocess.PIPE)


class Podman(Daemon):
    """Podman over a storage of its own; with a user it is his, rootless."""

    def __init__(self, folder, user=None, driver="overlay"):
        super().__init__()
        seawall.need("podman")
        need_root("a podman of the test's own")
        self.folder, self.user, self.driver = folder, user, driver
        self.home, self.run = os.path.join(folder, "home"), os.path.join(folder, "run")
        for path in (folder, self.home, self.run):
            os.makedirs(path, mode=0o755, exist_ok=True)
        os.chmod(self.run, 0o700)
        self.root = os.path.join(self.home if user else folder,
                                 ".local/share/containers/storage" if user else "root")
        self.socket = os.path.join(self.run, "p")
        self.host = "unix://" + self.socket
        self.put("containers.conf", "[containers]\n"
                 'default_ulimits=["nofile=1024:4096","nproc=1024:4096"]\n')
        self.put("storage.conf", f'[storage]\ndriver = "{driver}"\ngraphroot = "{self.root}"\n'
                                 f'runroot = "{self.run}/c"\n')
        self.put("subuid", f"{USER}:200000:65536\n")
        # Nothing in /etc is changed for a test: the ids are lent in a mount namespace.
        self.put("as_user", 'set -e\nmount --bind "$1" /etc/subuid\nmount --bind "$1" /etc/subgid\n'
                            'shift\nexec setpriv --reuid "$1" --regid "$2" --clear-groups '
                            '--inh-caps=-all "${@:3}"\n')
        if user:
            entry = pwd.getpwnam(user)
            self.ids = [str(entry.pw_uid), str(entry.pw_gid)]
            for path in (self.home, self.run):
                os.chown(path, entry.pw_uid, entry.pw_gid)

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o644)

    def environment(self):
        """What the user has, and nothing of the test's."""
        return {"PATH": os.environ["PATH"], "HOME": self.home, "XDG_RUNTIME_DIR": self.run,
                "CONTAINERS_CONF": self.folder + "/containers.conf",
                "CONTAINERS_STORAGE_CONF": self.folder + "/storage.conf"}

    def command(self, *arguments):
        command = ["podman", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
                   *([] if self.user else ["--runtime", "runc"]), *arguments]
        if self.user:
            command = ["unshare", "-m", "--propagation", "private", "bash",
                       self.folder + "/as_user", self.folder + "/subuid", *self.ids, *command]
        return command

    def podman(self, *arguments):
        return call(self.command(*arguments), env=self.environment(), cwd=self.folder)

    def as_user(self, *command, **options):
        """Runs something as the user, without other ids."""
        return subprocess.run(["setpriv", "--reuid", self.ids[0], "--regid", self.ids[1],
                               "--clear-groups", *command], capture_output=True, check=False,
                              timeout=300, env={**self.environment(), **options}, cwd=self.folder)

    def __enter__(self):
        """Its service, for those who need the socket."""
        self.start(self.command("system", "service", "--time", "0", self.host),
                   self.folder + "/log", lambda: os.path.exists(self.socket),
                   env=self.environment(), cwd=self.folder)
        return self

    def __exit__(self, *_):
        self.stop()

    def end(self):
        """What podman leaves behind: a mount once it has run something, and, of a user, a process
        that keeps his namespaces."""
        subprocess.run(["umount", os.path.join(self.root, self.driver)], capture_output=True,
                       check=False)
        try:
            with open(self.run + "/libpod/tmp/pause.pid", encoding="ascii") as file:
                os.kill(int(file.read()), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass


def remove_cgroup(name):
    """One that is empty by now and what is in it, in each hierarchy that there is."""
    for top in ["", *sorted(os.listdir("/sys/fs/cgroup"))]:
        for folder, _, _ in os.walk(os.path.join("/sys/fs/cgroup", top, name), topdown=False):
            subprocess.run(["rmdir", folder], capture_output=True, check=False)


def state_of(root):
    """Everything below a root: kind, mode, owner, time and content. Sockets of daemons are not part
    of what is kept."""
    state = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if stat.S_ISSOCK(status.st_mode):
                continue
            content = ""
            if stat.S_ISREG(status.st_mode):
                content = seawall.sha256(path)
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            state[path] = (status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns,
                           status.st_ctime_ns, content)
    return state


def difference(before, after):
    paths = sorted(before.keys() | after.keys())
    return [(path, before.get(path), after.get(path)) for path in paths
            if before.get(path) != after.get(path)]


def copy_of(root, to):
    subprocess.run(["rm", "-rf", to], check=True)
    subprocess.run(["cp", "-a", root, to], check=True)
    return to


def status_file(versions):
    return "".join(f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
                   f"Version: {version}\nMaintainer: nobody\n\n"
                   for name, version in versions.items()).encode()


class Layer:
    """A tar written member by member."""

    def __init__(self, path, form=tarfile.GNU_FORMAT):
        self.path = path
        self.tar = tarfile.open(path, "w", format=form, encoding="utf-8",
                                errors="surrogateescape")

    def file(self, name, data=b"", mode=0o644, **fields):
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), mode
        for key, value in fields.items():
            setattr(info, key, value)
        self.tar.addfile(info, io.BytesIO(data))

    def other(self, name, kind, **fields):
        info = tarfile.TarInfo(name)
        info.type, info.mode = kind, 0o755
        for key, value in fields.items():
            setattr(info, key, value)
        self.tar.addfile(info)

    def close(self):
        self.tar.close()
        return self.path


def hard_layers(folder):
    """Layers, lowest first: names of all lengths and of no encoding, links, whiteouts, attributes,
    members twice, padding. The system is Debian 12 with three packages in the end."""
    os.makedirs(folder, exist_ok=True)
    first = Layer(folder + "/1.tar")
    for name in ("etc", "var", "var/lib", "var/lib/dpkg", "usr", "usr/lib", "usr/bin"):
        first.other(name, tarfile.DIRTYPE)
    first.other("lib", tarfile.SYMTYPE, linkname="usr/lib")
    first.file("etc/os-release", b'ID=debian\nVERSION_ID="12"\n')
    first.file("var/lib/dpkg/status", status_file({"openssl": "3.0.9-1", "gone": "1"}))
    first.file("usr/bin/tool", os.urandom(70001), 0o755)
    first.other("usr/bin/tool2", tarfile.LNKTYPE, linkname="usr/bin/tool")
    first.file("lib/through-a-link", b"written behind a link")
    first.file("usr/lib/" + "n" * 120, b"long")
    first.file("usr/lib/" + "/".join(["d" * 60] * 6), b"deep")
    first.file("usr/lib/\udcff\udcfe.bin", b"no encoding")
    first.file("usr/lib/quote\"back\\slash\nline<>&", b"odd")
    first.file("usr/lib/empty")
    first.file("./usr/lib/dotted", b"dot")
    first.file("usr/lib/secret", b"of somebody", 0o600, uid=999, gid=999)
    first.other("usr/lib/pipe", tarfile.FIFOTYPE)
    second = Layer(folder + "/2.tar", tarfile.PAX_FORMAT)
    second.file("var/lib/dpkg/status", status_file(
        {"openssl": "3.0.9-1", "zlib1g": "1:1.2.13.dfsg-1", "gone": "1"}))
    second.file("usr/lib/.wh.empty")
    second.file("usr/bin/ping", b"\x7fELF" + bytes(300), 0o755, pax_headers={
        "SCHILY.xattr.user.note": "kept", "comment": "a pax header",
        "mtime": "1700000000.123456789"})
    second.file("usr/lib/ünïcode-" + "x" * 200, b"pax path")
    second.other("opt", tarfile.DIRTYPE)
    second.other("opt/dir", tarfile.DIRTYPE)
    second.file("opt/dir/file", b"to be hidden")
    third = Layer(folder + "/3.tar", tarfile.USTAR_FORMAT)
    third.other("opt/dir", tarfile.DIRTYPE)
    third.file("opt/dir/.wh..wh..opq")
    third.file("opt/dir/new", b"new")
    third.file("var/lib/dpkg/status", status_file(
        {"openssl": "3.0.11-1~deb12u2", "zlib1g": "1:1.2.13.dfsg-1", "bash": "5.2.15-2+b2"}))
    paths = [first.close(), second.close(), third.close()]
    with open(paths[2], "ab") as file:
        file.write(bytes(300 * 512))
    return paths


def sleeper(folder):
    """A root file system whose one program waits; None without a compiler."""
    os.makedirs(folder + "/sleeper")
    source = folder + "/sleeper.c"
    with open(source, "w", encoding="ascii") as file:
        file.write("#include <unistd.h>\nint main(void){for(;;)pause();}\n")
    for compiler in ("cc", "gcc", "clang"):
        if shutil.which(compiler) and subprocess.run(
                [compiler, "-static", "-o", folder + "/sleeper/sleeper", source],
                capture_output=True, check=False).returncode == 0:
            seawall.tar_of(folder + "/sleeper", folder + "/sleeper.tar")
            return folder + "/sleeper.tar"
    return None


def node_images(engine, root="", run_root="", host=""):
    """{id: (size, is running, name)} as lib/scan/node_image.c has it."""
    program = os.path.join(seawall.BUILD, "tests", "node_images")
    rows = [line.split(" ") for line in call([program, engine, root, run_root, host]).splitlines()]
    return {row[0]: (int(row[1]), row[2] == "running", row[3]) for row in rows}


def save_archive(path, layers, tag):
    """As `docker save` wrote it; loads into Docker and podman."""
    seawall.docker_archive(path, layers, tag=tag)
    return path

