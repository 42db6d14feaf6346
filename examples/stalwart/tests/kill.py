#!/usr/bin/env python3
"""Nothing lost, nothing doubled: thousands of mails through a real Postfix while everything around them breaks.

    sudo python3 examples/stalwart/tests/kill.py [--mails 1000] [--seed 1] [RUN …]

Eight clients send mail side by side and come again after "not now", as clients do, until each mail was accepted or refused:
honest mail, PPAP mail that is refused, and, but for the first run, PPAP mail that goes into quarantine. Three runs:

    gate       the gate gets SIGKILL at random moments and is started anew;
    around     the memory (a real Redis or Valkey), the name server and the disk of the quarantine fail at random and come
               back: a server stopped or silent, a disk full or read-only;
    deadlines  the sandbox has a millisecond for a mail, and mails get no turn in time, until half of them were told "not now".

In the end every honest mail was delivered once, byte for byte; every other was refused and never delivered, or lies in
quarantine once, as it was sent.
"""

import argparse
import collections
import os
import random
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import memory
from nameserver import NameServer
from postfix import HEAD, Gate, Postfix, build, install, local, or_not_tried, until, wire, without_trace

CLIENTS = 8
PPAP = wire("ppap.eml")


def kind(number, quarantine):
    """Every fourth mail is PPAP; half of those go into quarantine, where there is one."""
    if number % 4:
        return "honest"
    return "kept" if quarantine and number % 8 == 0 else "refused"


def mail(number):
    """A mail with a number. Every tenth has a megabyte, so that something breaks in the middle of it."""
    if number % 4 == 0:
        return b"X-Number: %d\r\n" % number + PPAP
    if number % 3 == 0:
        # Proved, and answers go elsewhere: the plugin asks the memory who that is.
        head = b"Authentication-Results: mx.here.example; dmarc=pass header.from=shop%d.example\r\n" % number
        head += b"From: a@shop%d.example\r\nReply-To: a@mail%d.example\r\n" % (number, number)
        head += HEAD.split(b"\r\n", 1)[1] % number
    else:
        # A domain nobody has asked for yet.
        head = (HEAD % number).replace(b"From: a@", b"From: a@d%d." % number)
    size = 1_000_000 if number % 10 == 0 else number * 7 % 3000
    return head + b"X-Number: %d\r\n\r\n" % number + b"All work and no play\r\n" * (size // 22)


class Client(threading.Thread):
    """Sends its share of the mails, each until it is accepted or refused."""

    def __init__(self, run, numbers):
        super().__init__()
        self.postfix, self.quarantine, self.pause, self.seen = run.postfix, run.quarantine, run.pause, run.seen
        self.numbers, self.error = numbers, None

    def run(self):
        try:
            for number in self.numbers:
                self.send(number)
                time.sleep(random.uniform(0, self.pause))
        except Exception as error:  # reported by the main thread
            self.error = error

    def send(self, number):
        what = kind(number, self.quarantine)
        while True:
            try:
                code, text = self.postfix.send("spool" if what == "kept" else "mx", mail(number))
            except (OSError, smtplib.SMTPException) as error:
                code, text = 421, repr(error)
            self.seen[code] += 1
            if code == (550 if what == "refused" else 250):
                return
            assert 400 <= code < 500, (number, what, code, text)
            time.sleep(random.uniform(0.01, 0.1))


class Trial(Gate):
    """A gate that can be started with other settings, and whose quarantine has a disk of its own."""

    def __init__(self, binary, directory):
        super().__init__(binary, directory, cache=True)
        self.base = self.config.read_text().replace("max-mib = 1", "max-mib = 64")
        (directory / "mx.toml").write_text('[sender]\ntrusted-authserv = ["mx.here.example"]\n')
        self.spool = directory / "spool"
        self.spool.mkdir(mode=0o700)
        self.mounted = self.mount("-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs")

    def configure(self, sandbox="", more=""):
        self.config.write_text(self.base.replace("[sandbox]\n", f"[sandbox]\n{sandbox}") + more)

    def mount(self, *arguments):
        return subprocess.run(["mount", *arguments, self.spool], capture_output=True).returncode == 0

    def close(self):
        self.process.kill()
        self.process.wait()
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.spool], check=True)

    def counted(self, name):
        values = re.findall(rf"^{re.escape(name)} (\d+)$", self.get("/metrics"), re.M)
        return int(values[0]) if values else 0


class Run:
    """Sends mails, breaks things meanwhile, and looks where the mails are in the end."""

    def __init__(self, gate, postfix, mails, quarantine, pause=0.0):
        self.gate, self.postfix, self.mails, self.quarantine, self.pause = gate, postfix, mails, quarantine, pause
        self.seen = collections.Counter()
        for folder, pattern in ((gate.spool, "*"), (postfix.directory / "mail" / "inbox" / "new", "*")):
            for path in folder.glob(pattern):
                path.unlink()

    def __enter__(self):
        self.start = time.monotonic()
        numbers = random.sample(range(1, self.mails + 1), self.mails)
        self.clients = [Client(self, numbers[first::CLIENTS]) for first in range(CLIENTS)]
        for client in self.clients:
            client.start()
        return self

    def goes_on(self):
        return any(client.is_alive() for client in self.clients)

    def later(self):
        return sum(count for code, count in self.seen.items() if 400 <= code < 500)

    def __exit__(self, failed, *_):
        if failed:
            return
        for client in self.clients:
            client.join()
            assert client.error is None, client.error
        seconds = time.monotonic() - self.start
        postfix = self.postfix
        until(lambda: "is empty" in postfix.command("postqueue", "-c", postfix.etc, "-p"), "an empty queue", 120)
        paths = (postfix.directory / "mail" / "inbox" / "new").iterdir()
        delivered = self.compare("honest", map(without_trace, map(Path.read_bytes, paths)), local)
        kept = self.compare("kept", map(Path.read_bytes, self.gate.spool.glob("*.eml")), bytes)
        envelopes = len(list(self.gate.spool.glob("*.json")))
        assert envelopes == kept, f"{kept} mails and {envelopes} envelopes in quarantine"
        print(f"  {self.mails} mails in {seconds:.0f} s: {delivered} delivered once and unchanged, {self.seen[550]} refused, "
              f"{kept} in quarantine, {self.later()} times \"not now\", 0 lost, 0 doubled", flush=True)

    def compare(self, what, found, form):
        """Every mail of this kind is there once, as it was sent, and no other; how many there are."""
        wanted = {n for n in range(1, self.mails + 1) if kind(n, self.quarantine) == what}
        got = collections.Counter()
        for text in found:
            number = int(re.search(rb"^X-Number: (\d+)\r?$", text, re.M)[1])
            assert number in wanted, f"mail {number} is not {what}"
            assert text == form(mail(number)), f"mail {number} was changed"
            got[number] += 1
        lost, doubled = wanted - got.keys(), [n for n, count in got.items() if count > 1]
        assert not lost and not doubled, f"{what}: lost: {sorted(lost)}, doubled: {doubled}"
        return len(got)


def run_gate(gate, postfix, mails):
    gate.configure()
    gate.start()
    kills = 0
    with Run(gate, postfix, mails, quarantine=False) as run:
        while run.goes_on():
            time.sleep(random.uniform(0.05, 0.6))
            gate.process.kill()
            gate.process.wait()
            kills += 1
            time.sleep(random.uniform(0, 0.2))
            gate.start()
    print(f"  {kills} kills")
    gate.stop()


def faults(gate, server, names):
    """What can break: a name, what breaks it, what mends it."""
    filler = gate.spool / "filler"

    def fill():
        with open(filler, "wb") as file:
            try:
                while True:
                    os.write(file.fileno(), bytes(4096))
            except OSError:
                pass  # full, as wanted

    yield "memory stopped", server.stop, server.start
    yield "memory silent", lambda: server.process.send_signal(signal.SIGSTOP), lambda: server.process.send_signal(signal.SIGCONT)
    yield "name server silent", names.answers.clear, names.answers.set
    if gate.mounted:
        yield "disk full", fill, filler.unlink
        yield ("disk read-only", lambda: until(lambda: gate.mount("-o", "remount,ro"), "a disk that is read-only"),
               lambda: gate.mount("-o", "remount,rw"))
    else:
        print("  a disk of its own cannot be mounted here: the quarantine's stays well")


def run_around(gate, postfix, mails):
    server, names = memory.Server(or_not_tried(memory.install), gate.directory / "server"), NameServer()
    server.start()
    names.answers.set()
    gate.configure(more=f'[memory]\nurl = "redis://:{memory.SECRET}@127.0.0.1:{server.port}"\ndeadline-ms = 50\n'
                        f'[dns]\nservers = ["127.0.0.1:{names.port}"]\ntimeout-ms = 50\ndeadline-ms = 100\n')
    gate.start()
    broke, things = collections.Counter(), list(faults(gate, server, names))
    try:
        with Run(gate, postfix, mails, quarantine=True, pause=0.1) as run:
            turns = iter(things)
            while run.goes_on():
                # Each once, then at random.
                name, begin, end = next(turns, None) or random.choice(things)
                begin()
                time.sleep(random.uniform(0.1, 0.5))
                end()
                broke[name] += 1
                time.sleep(random.uniform(0, 0.2))
        asked = gate.counted('sekisho_dns_questions_total{result="found"}')
        counts = {what: gate.counted(name) for what, name in (
            ("names not answered", 'sekisho_facts_unavailable_total{kind="domain-mail",reason="timeout"}'),
            ("times without memory", 'sekisho_facts_unavailable_total{kind="known-correspondent",reason="memory"}'),
            ("times without a disk", 'sekisho_failures_total{reason="quarantine"}'))}
        print(f"  broken: {', '.join(f'{name} {count}' for name, count in broke.items())}; {asked} names answered, "
              + ", ".join(f"{count} {what}" for what, count in counts.items()))
        assert asked and all(count for what, count in counts.items() if gate.mounted or "disk" not in what), counts
        gate.stop()
    finally:
        server.stop()


def run_deadlines(gate, postfix, mails):
    gate.configure(sandbox="deadline-ms = 1\nwait-ms = 2\nconcurrency = 1\n")
    gate.start()
    with Run(gate, postfix, mails, quarantine=True) as run:
        while run.goes_on() and run.later() < mails // 2:
            time.sleep(0.05)
        reasons = {reason: gate.counted(f'sekisho_failures_total{{reason="{reason}"}}') for reason in ("deadline", "busy")}
        # Told to stop, it finishes what it has.
        gate.stop()
        gate.configure()
        gate.start()
    print(f"  {reasons['deadline']} deadlines, {reasons['busy']} without a turn")
    assert all(reasons.values()), reasons
    gate.stop()


RUNS = {"gate": run_gate, "deadlines": run_deadlines, "around": run_around}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options.add_argument("--mails", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("runs", nargs="*", metavar="RUN", help=f"some of the runs only: {', '.join(RUNS)}")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("kill.py: Postfix wants root")
    random.seed(options.seed)
    binary = (options.gate or build()).resolve()
    or_not_tried(install)
    directory = Path(tempfile.mkdtemp(prefix="sekisho-kill-"))
    directory.chmod(0o755)
    (directory / "gate").mkdir()
    gate = Trial(binary, directory / "gate")
    gate.configure()
    gate.start()
    postfix = Postfix(directory, gate)
    try:
        postfix.start()
        gate.stop()
        for name, run in RUNS.items():
            if not options.runs or name in options.runs:
                print(f"{name}:", flush=True)
                run(gate, postfix, options.mails)
    finally:
        postfix.stop()
        gate.close()
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
