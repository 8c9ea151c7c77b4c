#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is no process of its own: files, settings of the kernel, sockets, DNS, UNIX sockets, memory
files, mounts, namespaces, credentials, ptrace and io_uring, each done once and seen once."""
import ctypes
import os
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import agent  # noqa: E402

QUESTION = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\x1c\0\1"
IO_URING_SETUP = 425


def do_files(folder):
    os.chdir(folder)
    with open("new", "w", encoding="ascii"):
        pass
    os.rename("new", "b")
    os.link("b", "c")
    os.symlink("b", "s")
    os.chmod("b", 0o600)
    os.unlink("c")
    try:
        os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    except OSError:
        pass


def do_sockets():
    """(port that listens, port of the client)"""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(7)
        with socket.create_connection(server.getsockname()) as client:
            server.accept()[0].close()
            ports = server.getsockname()[1], client.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.sendto(QUESTION, ("127.0.0.1", 53))
    with socket.socket(socket.AF_UNIX) as client:
        assert client.connect_ex("/run/seawall-nothing.sock") != 0
    return ports


def do_privileged():
    os.close(os.memfd_create("seawall-m"))
    child = os.fork()
    if child == 0:
        os.setuid(1234)
        os._exit(0)
    os.waitpid(child, 0)
    child = os.fork()
    if child == 0:
        libc = ctypes.CDLL(None)
        libc.ptrace(0, 0, 0, 0)
        libc.syscall(IO_URING_SETUP, 4, 0)
        os._exit(0)
    os.waitpid(child, 0)


def check_files(seen, folder):
    me = {"proc__pid": os.getpid()}
    made = seen.one("open", fd__name=f"{folder}/new", **me)
    assert made["evt.is_open_create"] and made["evt.is_open_write"], made
    assert made["fd.ino"] == os.stat(f"{folder}/b").st_ino
    seen.one("rename", fs__path__source=f"{folder}/new", fs__path__target=f"{folder}/b", **me)
    seen.one("link", evt__type="link", fs__path__target=f"{folder}/c", **me)
    seen.one("link", evt__type="symlink", fs__path__target=f"{folder}/s", **me)
    seen.one("chmod", fs__path__name=f"{folder}/b", evt__arg__mode=0o600, **me)
    seen.one("unlink", fs__path__name=f"{folder}/c", **me)
    if os.access("/proc/sys/kernel/core_pattern", os.W_OK):
        seen.one("setting", fd__name="/proc/sys/kernel/core_pattern", **me)


def check_sockets(seen, server, client):
    me = {"proc__pid": os.getpid()}
    name = f"127.0.0.1:{client}->127.0.0.1:{server}"
    seen.one("bind", fd__sport=server, **me)
    seen.one("listen", fd__sport=server, evt__arg__backlog=7, **me)
    seen.one("connect", fd__name=name, fd__sip="127.0.0.1", fd__is_server=False, **me)
    seen.one("accept", fd__name=name, fd__cport=client, fd__is_server=True, **me)
    seen.one("dns", dns__question="www.example.com", dns__question__type=28, fd__rport=53, **me)
    seen.one("unix_connect", fd__name="/run/seawall-nothing.sock", evt__failed=True, **me)


def main():
    agent.need_events()
    hooks = agent.hooks()
    needed = ("open", "connect", "credentials", "mount", "ptrace", "io_uring")
    if any(need not in hooks for need in needed):
        agent.seawall.skip(f"this kernel lacks one of {needed}: {hooks}")
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.realpath(folder)
        with agent.Agent() as seen:
            do_files(folder)
            server, client = do_sockets()
            do_privileged()
            subprocess.run(["unshare", "-m", "sh", "-c",
                            "mount -t tmpfs seawall-t /mnt; umount /mnt"], check=True, timeout=30)
        check_files(seen, folder)
        os.chdir("/")
    check_sockets(seen, server, client)
    seen.one("memfd", evt__arg__name="seawall-m")
    seen.one("credentials", evt__type="setuid", evt__arg__euid=1234, evt__arg__former_euid=0,
             evt__arg__is_former_known=True)
    seen.one("ptrace", proc__ppid=os.getpid())
    seen.one("io_uring", proc__ppid=os.getpid(), evt__failed=True)
    assert seen.of("namespace", evt__type="unshare", evt__arg__flags="0x20000")
    seen.one("mount", fs__path__source="seawall-t", fs__path__target="/mnt", evt__arg__fstype="tmpfs")
    seen.one("umount", fs__path__target="/mnt", proc__name="umount")
    assert seen.stats["agree"] and seen.stats["lost"] == 0, seen.errors


if __name__ == "__main__":
    main()
