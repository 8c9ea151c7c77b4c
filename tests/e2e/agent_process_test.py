#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes as the agent sees them: exec of files, of memory, of what is removed, from a thread;
forks, ends, and counters that are exactly the number of calls made."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import agent  # noqa: E402

MANY = 500


def same(event, **wanted):
    for name, value in wanted.items():
        name = name.replace("__", ".")
        if event.get(name) != value:
            raise AssertionError(f"{name} is {event.get(name)!r}, not {value!r}: {event}")


def check_exec(seen, truth, folder):
    inode = os.stat("/bin/true")
    event = seen.one("exec", proc__pid=truth["exec"]["pid"], proc__name="true")
    same(event, proc__exepath=os.path.realpath("/bin/true"), proc__exe="/bin/true",
         proc__args=["a b", "c"], proc__cmdline="true a b c", proc__nargs=3, proc__cwd=folder,
         proc__exe_ino=inode.st_ino, proc__exe_mode=inode.st_mode, evt__type="execve",
         user__uid=0, user__nsuid=0, proc__is_exe_from_memfd=False, proc__is_exe_deleted=False)
    assert event["proc.exe_dev.major"] == os.major(inode.st_dev)
    assert event["proc.exe_dev.minor"] == os.minor(inode.st_dev)
    assert event["proc.exe_ino.mtime"] == inode.st_mtime_ns, event
    assert event["proc.ns.pid"] == os.stat("/proc/self/ns/pid").st_ino
    assert event["proc.ns.mnt"] == os.stat("/proc/self/ns/mnt").st_ino
    assert event["proc.ns.user"] == os.stat("/proc/self/ns/user").st_ino
    assert event["proc.ns.net"] == os.stat("/proc/self/ns/net").st_ino
    assert event["proc.ppid"] == os.getpid()
    with open("/proc/self/stat", encoding="ascii") as file:
        ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    assert abs(event["proc.pstart_ns"] / 1e9 - ticks / os.sysconf("SC_CLK_TCK")) < 0.02, event
    memory = seen.one("exec", proc__pid=truth["memfd"]["pid"], proc__is_exe_from_memfd=True)
    same(memory, proc__exepath="memfd:hidden", proc__is_exe_deleted=False)
    deleted = seen.one("exec", proc__pid=truth["deleted"]["pid"], proc__is_exe_deleted=True)
    same(deleted, proc__exepath=f"{folder}/gone", proc__is_exe_from_memfd=False)
    thread = seen.one("exec", proc__former_tid=truth["thread"]["tid"])
    same(thread, proc__pid=truth["thread"]["pid"], thread__tid=truth["thread"]["pid"])
    script = seen.one("exec", proc__exe_filename=f"{folder}/script")
    same(script, proc__exepath=os.path.realpath("/bin/sh"))


def check_life(seen, truth):
    fork = seen.one("fork", evt__arg__child_pid=truth["fork"]["child"])
    same(fork, proc__pid=truth["fork"]["pid"], evt__rawres=truth["fork"]["child"],
         evt__arg__is_thread=False, evt__arg__flags="0x0")
    end = seen.one("exit", proc__pid=truth["fork"]["child"])
    same(end, evt__arg__code=7, evt__arg__signal=0)
    assert end["proc.start_ns"] == fork["evt.arg.child_start_ns"]
    same(seen.one("exit", proc__pid=truth["killed"]["child"]), evt__arg__signal=9)
    # One end per process, whatever its threads did.
    ends = [(e["proc.pid"], e["proc.start_ns"]) for e in seen.of("exit")]
    assert len(ends) == len(set(ends)), "a process ended twice"


def check_counts(seen, truth):
    pid = truth["many"]["pid"]
    assert len(seen.of("fork", proc__pid=pid)) == MANY
    assert len(seen.of("exec", proc__ppid=pid)) == MANY
    assert len(seen.of("exit", proc__ppid=pid)) == MANY
    assert seen.stats["agree"], seen.errors
    assert seen.stats["lost"] == 0, seen.errors
    assert seen.status == 0, seen.errors


def main():
    agent.need_events()
    with tempfile.TemporaryDirectory() as folder, agent.Agent() as seen:
        folder = os.path.realpath(folder)
        with open(f"{folder}/script", "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n:\n")
        os.chmod(f"{folder}/script", 0o700)
        truth = {
            "exec": agent.act("exec", "/bin/true", "a b", "c", cwd=folder),
            "memfd": agent.act("exec-memfd"),
            "deleted": agent.act("exec-deleted", f"{folder}/gone"),
            "thread": agent.act("exec-thread"),
            "script": agent.act("exec", f"{folder}/script"),
            "fork": agent.act("fork", 7),
            "killed": agent.act("killed"),
            "many": agent.act("many", MANY),
        }
    check_exec(seen, truth, folder)
    check_life(seen, truth)
    check_counts(seen, truth)


if __name__ == "__main__":
    main()
