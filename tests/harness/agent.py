# SPDX-License-Identifier: Apache-2.0
"""Runs seawall-agent for a test: started, known to see, stopped, its events and its account."""
import json
import os
import signal
import subprocess
import tempfile
import time

from harness import seawall

AGENT = os.path.abspath(os.path.join(seawall.BUILD, "bin", "seawall-agent"))
ACTS = os.path.abspath(os.path.join(seawall.BUILD, "tests", "node_acts"))


def need_events():
    """Skips the test where no events can come from the kernel."""
    if os.geteuid() != 0:
        seawall.skip("needs root")
    if not os.path.exists(AGENT):
        seawall.skip("no seawall-agent in this build")
    done = subprocess.run([AGENT, "preflight"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        seawall.skip(done.stdout.strip().splitlines()[0])


def hooks():
    """{need: tier} of what attaches here, as `probe` says."""
    done = subprocess.run([AGENT, "probe"], capture_output=True, text=True, timeout=60, check=True)
    lines = [line.split() for line in done.stdout.split("hooks\n")[1].splitlines()]
    return {words[0]: words[1] for words in lines if words[3:4] == ["attached"]}


class Agent:
    """with Agent("--filter", "kind=exec") as agent: ...; then agent.events, agent.stats."""

    def __init__(self, *arguments):
        self.arguments = arguments
        self.events, self.stats, self.status = [], {}, None

    def __enter__(self):
        self.output = tempfile.NamedTemporaryFile(prefix="seawall-agent-", suffix=".jsonl")
        self.process = subprocess.Popen(
            [AGENT, "run", "--stats", "--output", self.output.name, *self.arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while os.path.getsize(self.output.name) == 0:
            if self.process.poll() is not None:
                raise AssertionError(f"the agent ended: {self.process.stderr.read()}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError("the agent does not start")
            time.sleep(0.02)
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGTERM)
        try:
            _, self.errors = self.process.communicate(timeout=60)
        finally:
            self.process.kill()
        self.status = self.process.returncode
        for line in self.errors.splitlines():
            if line.startswith('{"stats"'):
                self.stats = json.loads(line)["stats"]
        with open(self.output.name, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.head, self.events = lines[0], lines[1:]
        self.output.close()

    def of(self, kind, **wanted):
        """Events of a kind whose fields (dots written as __) have these values."""
        return [e for e in self.events if e["evt.kind"] == kind and all(
            e.get(name.replace("__", ".")) == value for name, value in wanted.items())]

    def one(self, kind, **wanted):
        found = self.of(kind, **wanted)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} events {kind} {wanted}, not 1:\n" + "\n".join(
                json.dumps(e) for e in (found or self.of(kind))[-5:]))
        return found[0]


def act(*arguments, status=0, **options):
    """Runs node_acts; its words of truth as {key: number or text}."""
    done = subprocess.run([ACTS, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          check=False, **options)
    if done.returncode != status:
        raise AssertionError(f"node_acts {arguments}: exit {done.returncode}: {done.stderr}")
    words = dict(word.split("=", 1) for word in done.stdout.split() if "=" in word)
    return {k: int(v) if v.lstrip("-").isdigit() else v for k, v in words.items()}
