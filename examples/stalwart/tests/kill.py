#!/usr/bin/env python3
"""Nothing lost, nothing doubled: a thousand mails through a real Postfix while the gate is killed again and again.

    sudo python3 examples/stalwart/tests/kill.py [--mails 1000] [--seed 1]

Clients send honest and PPAP mail side by side and come again after "not now", as clients do. Meanwhile the gate gets
SIGKILL at random moments and is started anew. In the end every honest mail was delivered once, byte for byte, and every
PPAP mail was refused and never delivered.
"""

import argparse
import collections
import os
import random
import re
import shutil
import smtplib
import sys
import tempfile
import threading
import time
from pathlib import Path

from postfix import HEAD, Gate, Postfix, build, install, local, or_not_tried, until, wire, without_trace

CLIENTS = 8


def honest(number):
    """A mail with a number; every tenth has a megabyte, so that the gate dies in the middle of some."""
    size = 1_000_000 if number % 10 == 0 else number * 7 % 3000
    return HEAD % number + b"X-Number: %d\r\n\r\n" % number + b"All work and no play\r\n" * (size // 22)


class Client(threading.Thread):
    """Sends its share of the mails, each until it is accepted or refused."""

    def __init__(self, postfix, numbers, seen):
        super().__init__()
        self.postfix, self.numbers, self.seen, self.error = postfix, numbers, seen, None
        self.ppap = wire("ppap.eml")

    def run(self):
        try:
            for number in self.numbers:
                self.send(number)
        except Exception as error:  # reported by the main thread
            self.error = error

    def send(self, number):
        bad = number % 4 == 0
        mail = b"X-Number: %d\r\n" % number + self.ppap if bad else honest(number)
        while True:
            try:
                code, text = self.postfix.send("mx", mail)
            except (OSError, smtplib.SMTPException) as error:
                code, text = 421, repr(error)
            self.seen[code] += 1
            if code == (550 if bad else 250):
                return
            assert 400 <= code < 500, (number, code, text)
            time.sleep(random.uniform(0.01, 0.1))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options.add_argument("--mails", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("kill.py: Postfix wants root")
    random.seed(options.seed)
    binary = (options.gate or build()).resolve()
    or_not_tried(install)
    directory = Path(tempfile.mkdtemp(prefix="sekisho-kill-"))
    directory.chmod(0o755)
    (directory / "gate").mkdir()
    gate = Gate(binary, directory / "gate", cache=True)
    postfix = Postfix(directory, gate)
    gate.start()
    seen, kills = collections.Counter(), 0
    start = time.monotonic()
    try:
        postfix.start()
        clients = [Client(postfix, range(first + 1, options.mails + 1, CLIENTS), seen) for first in range(CLIENTS)]
        for client in clients:
            client.start()
        while any(client.is_alive() for client in clients):
            time.sleep(random.uniform(0.05, 0.6))
            gate.process.kill()
            gate.process.wait()
            kills += 1
            time.sleep(random.uniform(0, 0.2))
            gate.start()
        for client in clients:
            client.join()
            assert client.error is None, client.error
        seconds = time.monotonic() - start
        wanted = {n: honest(n) for n in range(1, options.mails + 1) if n % 4}
        box = directory / "mail" / "inbox" / "new"
        until(lambda: "is empty" in postfix.command("postqueue", "-c", postfix.etc, "-p"), "an empty queue", 120)
        got = collections.Counter()
        for path in box.iterdir():
            mail = without_trace(path.read_bytes())
            number = int(re.search(rb"^X-Number: (\d+)$", mail, re.M)[1])
            assert number in wanted, f"mail {number} should have been refused"
            assert mail == local(wanted[number]), f"mail {number} was changed"
            got[number] += 1
        lost, doubled = wanted.keys() - got.keys(), [n for n, count in got.items() if count > 1]
        assert not lost and not doubled, f"lost: {sorted(lost)}, doubled: {doubled}"
    finally:
        gate.process.kill()
        postfix.stop()
    shutil.rmtree(directory)
    later = sum(count for code, count in seen.items() if 400 <= code < 500)
    print(f"{options.mails} mails in {seconds:.0f} s, {kills} kills: {len(got)} delivered once and unchanged, "
          f"{seen[550]} refused, {later} times \"not now\", 0 lost, 0 doubled")


if __name__ == "__main__":
    main()
