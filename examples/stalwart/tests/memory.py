#!/usr/bin/env python3
"""Two gates with one memory in a real Redis or Valkey: what one learns the other knows, and mail goes on without it.

    sudo python3 examples/stalwart/tests/memory.py [--gate BINARY]

Installs Debian's valkey-server or redis-server where neither is there, starts a private one on loopback and leaves any
other alone. Exit status 75: this machine cannot get one, so nothing was tried.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from postfix import answers, build, free_ports, or_not_tried, until

SECRET = "correct-horse"
POLICY = '[sender]\ntrusted-authserv = ["mx.here.example"]\nprotected = ["hoshimaru.co.jp"]\n'

PARTNER = "pay@hoshimaru-pay.example"
# Looks like a protected domain and wants answers elsewhere: the plugin asks who that is.
STRANGE = [["Authentication-Results", "mx.here.example; dmarc=pass header.from=hoshimaru-pay.example"],
           ["From", PARTNER], ["Reply-To", "x@mail.example"], ["To", "alice@here.example"], ["Subject", "invoice"],
           ["Date", "Tue, 24 Nov 2026 09:00:00 +0900"]]


def installed():
    return shutil.which("valkey-server") or shutil.which("redis-server")


def install():
    """The path of a server."""
    for package in ("valkey-server", "redis-server"):
        if installed():
            break
        command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", package]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"{package}: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return installed() or sys.exit(75)


class Server:
    """Redis or Valkey in a directory of its own, with a password, over TCP and TLS."""

    def __init__(self, program, directory):
        self.program, self.directory, self.process = program, directory, None
        self.port, self.tls = free_ports(2)
        directory.mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext",
             "basicConstraints=critical,CA:FALSE", "-keyout", directory / "key.pem", "-out", directory / "cert.pem"],
            check=True, capture_output=True)

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory, "--save", "", "--appendonly",
             "yes", "--appendfsync", "always", "--requirepass", SECRET, "--tls-port", str(self.tls), "--tls-cert-file",
             self.directory / "cert.pem", "--tls-key-file", self.directory / "key.pem", "--tls-auth-clients", "no"],
            stdout=open(self.directory / "log", "ab"), stderr=subprocess.STDOUT)
        until(lambda: answers(self.port) and self.ask("PING") == "PONG", "the server of the memory")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(20)

    def ask(self, *words):
        client = self.program.replace("-server", "-cli")
        command = [client, "-p", str(self.port), "--no-auth-warning", "-a", SECRET, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()


class Gate:
    """A gate with an MTA Hooks door, records to read its facts from, and a memory at `url`."""

    def __init__(self, binary, directory, url, trust=None):
        self.directory, self.trust, self.binary = directory, trust, binary
        self.port, self.status = free_ports(2)
        directory.mkdir()
        (directory.parent / "cache").mkdir(mode=0o700, exist_ok=True)
        (directory / "policy.toml").write_text(POLICY)
        (directory / "gate.toml").write_text(
            f'[gate]\nstatus = "127.0.0.1:{self.status}"\n[sandbox]\ncache = "../cache"\n'
            f'[memory]\nurl = "{url}"\nlearn-days = 0\nkeep-days = 9\n[record]\ndirectory = "records"\n'
            f'[[hooks]]\nname = "h"\nlisten = "127.0.0.1:{self.port}"\npolicy = "policy.toml"\n')
        self.log = open(directory / "log", "ab")

    def start(self):
        environment = {**os.environ, **({"SSL_CERT_FILE": str(self.trust)} if self.trust else {})}
        command = [self.binary, "run", self.directory / "gate.toml"]
        self.process = subprocess.Popen(command, stderr=self.log, env=environment)
        until(lambda: answers(self.status) and self.get("/readyz") == "ready\n", "the gate")
        return self

    def get(self, page):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.status}{page}", timeout=5) as answer:
            return answer.read().decode()

    def failed(self):
        return int(re.search(r"^sekisho_failed_memories_total (\d+)$", self.get("/metrics"), re.M)[1])

    def said(self):
        return (self.directory / "log").read_text()

    def judge(self, headers, to, login=None):
        """Hands in a mail as Stalwart does; what the gate knew, kind to value, and how long the answer took."""
        context = {"stage": "data", "client": {"ip": "192.0.2.9", "helo": "mx"}}
        if login:
            context["sasl"] = {"login": login}
        headers = [[name, f" {value}\r\n"] for name, value in headers]
        body = {"context": context, "envelope": {"from": {"address": "a@here.example"}, "to": [{"address": to}]},
                "message": {"headers": headers, "contents": "Hello.\r\n", "size": 500}}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/mta-hook", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        before, start = set(self.records()), time.monotonic()
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = json.load(answer)
        took = time.monotonic() - start
        assert said["action"] == "accept" or said["response"]["status"] == 550, said
        record, = until(lambda: set(self.records()) - before, "a record")
        return {f["kind"]: f["value"] for f in until(lambda: facts_of(record), "a whole record")}, took

    def records(self):
        return (self.directory / "records").glob("2*/*.json")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(40) == 0


def facts_of(record):
    try:
        return json.loads(record.read_text())["context"]["facts"]
    except ValueError:
        return None  # it is being written


def outbound(gate, to):
    headers = [["From", "alice@here.example"], ["To", to], ["Subject", "x"], ["Date", "Tue, 24 Nov 2026 09:00:00 +0900"]]
    gate.judge(headers, to, login="alice")


def inbound(gate, sender):
    headers = [["From", sender], ["To", "alice@here.example"], ["Subject", "x"], ["Date", "Tue, 24 Nov 2026 09:00:00 +0900"]]
    gate.judge(headers, "alice@here.example")


def known(gate):
    return gate.judge(STRANGE, "alice@here.example")[0]


def test_what_one_learns_the_other_knows(server, one, other):
    facts = known(other)
    assert facts.keys() == {"time"}, f"nobody is known, and nobody a stranger before the memory has begun: {facts}"
    outbound(one, PARTNER)
    until(lambda: known(other).get("known-correspondent") == "yes", "the other gate knows him")
    inbound(other, "Carol@plain.example")
    key = "sekisho:first-contact:carol@plain.example"
    until(lambda: server.ask("GET", key) == "no", "a note")
    assert 8 * 86400 < int(server.ask("TTL", key)) <= 9 * 86400
    assert one.failed() == other.failed() == 0


def test_the_beginning_is_one_for_all(server, one, other):
    begun = server.ask("GET", "sekisho:begun")
    assert abs(int(begun) - time.time()) < 600 and server.ask("TTL", "sekisho:begun") == "-1"
    time.sleep(1.1)
    inbound(other, "dave@plain.example")
    until(lambda: server.ask("GET", "sekisho:first-contact:dave@plain.example") == "no", "a note")
    assert server.ask("GET", "sekisho:begun") == begun
    assert known(other)["first-contact"] == "yes", "enough was learnt, and he is a stranger"


def test_silence_costs_the_deadline_only(server, one, other):
    server.process.send_signal(signal.SIGSTOP)
    try:
        facts, took = one.judge(STRANGE, "alice@here.example")
        assert facts.get("unavailable") == "memory" and took < 5, (facts, took)
    finally:
        server.process.send_signal(signal.SIGCONT)
    until(lambda: known(one).get("known-correspondent") == "yes", "what was known")


def test_mail_goes_on_without_the_server_and_memory_comes_back(server, one, other):
    server.stop()
    for _ in range(10):
        facts, took = one.judge(STRANGE, "alice@here.example")
        assert facts.get("unavailable") == "memory" and took < 5, (facts, took)
    before = one.failed()
    inbound(one, "erin@plain.example")
    until(lambda: one.failed() > before, "a note that is counted as lost", 30)
    assert one.said().count("the memory fails") == 2, "once a failure, not once a mail"
    server.start()
    for gate in (one, other):
        until(lambda: known(gate).get("known-correspondent") == "yes", "what was known before")
    inbound(one, "erin@plain.example")
    until(lambda: server.ask("GET", "sekisho:first-contact:erin@plain.example") == "no", "new notes")
    assert "the memory is back" in one.said()


def test_a_gate_starts_without_the_server(server, one, other):
    server.stop()
    one.stop()
    one.start()
    assert known(one).get("unavailable") == "memory"
    server.start()
    until(lambda: known(one).get("known-correspondent") == "yes", "what was known before")


def test_notes_are_written_before_a_gate_ends(server, one, other):
    inbound(one, "frank@plain.example")
    one.stop()
    assert server.ask("GET", "sekisho:first-contact:frank@plain.example") == "no"
    one.start()


def test_over_tls(server, one, other):
    for trust, knows in ((server.directory / "cert.pem", True), (None, False)):
        url = f"rediss://:{SECRET}@localhost:{server.tls}"
        gate = Gate(one.binary, one.directory.parent / f"tls-{knows}", url, trust).start()
        try:
            if knows:
                until(lambda: known(gate).get("known-correspondent") == "yes", "what is known, over TLS")
            else:
                assert known(gate).get("unavailable") == "memory", "a certificate nobody vouches for"
        finally:
            gate.stop()


def test_no_secret_and_no_address_in_the_log(server, one, other):
    gate = Gate(one.binary, one.directory.parent / "wrong", f"redis://:wrong-battery@127.0.0.1:{server.port}").start()
    assert known(gate).get("unavailable") == "memory"
    gate.stop()
    said = one.said() + other.said() + gate.said()
    assert "the memory fails" in gate.said() and SECRET not in said and "wrong-battery" not in said, said
    assert "plain.example" not in said and PARTNER not in said, said


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    binary = (options.gate or build()).resolve()
    program = or_not_tried(install)
    directory = Path(tempfile.mkdtemp(prefix="sekisho-memory-"))
    server = Server(program, directory / "server")
    server.start()
    url = f"redis://:{SECRET}@127.0.0.1:{server.port}"
    gates = [Gate(binary, directory / name, url) for name in ("one", "other")]
    tests = [(n, t) for n, t in globals().items() if n.startswith("test_")]
    failed = 0
    try:
        for gate in gates:
            gate.start()
        for name, test in tests:
            start = time.monotonic()
            try:
                test(server, *gates)
                print(f"ok     {name[5:].replace('_', ' ')} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception as error:  # whatever it is, the other tests still run
                failed += 1
                print(f"FAILED {name[5:].replace('_', ' ')}: {type(error).__name__}: {str(error)[:2000]}", flush=True)
        for gate in gates:
            gate.stop()
    finally:
        for gate in gates:
            gate.process.kill()
        server.stop()
    if failed:
        sys.exit(f"{failed} of {len(tests)} failed; see {directory}")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split("sha=")[0].strip()
    shutil.rmtree(directory)
    print(f"{len(tests)} tests against {version}")


if __name__ == "__main__":
    main()
