#!/usr/bin/env python3
"""The gate beside Rspamd and clamd: the same mails, the same client, in one run. Latency, throughput, memory.

    sudo python3 examples/stalwart/tests/load.py [--rounds 5]

Builds the gate in release. Rspamd (network modules off) and clamd (one signature of its own) are unpacked from Debian's packages and
run on loopback; root is for apt. The peers take turns, round by round, so that a busy machine slows all; take ratios, not numbers.
Exit status 75: this machine cannot get the peers, so nothing was measured.
"""

import argparse
import base64
import multiprocessing
import random
import re
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from peers import Clamd, Rspamd
from postfix import answers, build, free_ports, or_not_tried, until, wire


class Milter:
    """Asks as Postfix does: one command, one answer, unless both agreed on silence; one connection for many mails."""

    SILENT = {b"L": 0x80, b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"T": 0x10000, b"N": 0x40000, b"B": 0x80000}
    UNWANTED = {b"C": 1, b"H": 2, b"M": 4, b"R": 8, b"B": 0x10, b"L": 0x20, b"N": 0x40, b"T": 0x200}

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.agreed = 0
        self.put(b"O", struct.pack(">III", 6, 0x1ff, 0x1fffff))
        self.agreed = struct.unpack(">I", self.take()[9:13])[0]
        self.ask(b"C", b"client.example\0" + b"4" + struct.pack(">H", 4711) + b"192.0.2.9\0")
        self.ask(b"H", b"client.example\0")

    def put(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def take(self):
        length, = struct.unpack(">I", self.file.read(4))
        return self.file.read(length)

    def ask(self, command, data=b""):
        if not self.agreed & self.UNWANTED.get(command, 0):
            self.put(command, data)
            if not self.agreed & self.SILENT.get(command, 0):
                return self.take()[:1]
        return b"c"

    def scan(self, message, wait=None):
        header, body = message.split(b"\r\n\r\n", 1)
        space = b"" if self.agreed & 0x100000 else b" "
        self.ask(b"M", b"<a@sender.example>\0")
        self.ask(b"R", b"<b@example.test>\0")
        self.ask(b"T")
        for field in re.split(rb"\r\n(?![ \t])", header):
            name, value = field.split(b":", 1)
            self.ask(b"L", name + b"\0" + value.removeprefix(space).replace(b"\r\n", b"\n") + b"\0")
        self.ask(b"N")
        for at in range(0, len(body), 65535):
            if self.ask(b"B", body[at : at + 65535]) == b"s":
                break
        if wait:
            wait()
        self.put(b"E")
        while (answer := self.take()[:1]) not in b"actrdy":
            pass
        self.put(b"A")
        return answer


class Stream:
    """clamd's INSTREAM."""

    def __init__(self, port):
        self.port = port

    def scan(self, message, wait=None):
        with socket.create_connection(("127.0.0.1", self.port), 120) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.sendall(b"zINSTREAM\0")
            for at in range(0, len(message), 1 << 17):
                piece = message[at : at + (1 << 17)]
                s.sendall(struct.pack(">I", len(piece)) + piece)
            s.sendall(b"\0\0\0\0")
            return s.makefile("rb").read()


def tree(pid):
    """A process and those it started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid, *(below for child in listed for below in tree(int(child)))]


def memory(pid):
    """Proportional set size of a process and those it started, MB: what is shared counts once."""
    total = 0
    for process in tree(pid):
        try:
            total += int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.M)[1])
        except (OSError, TypeError):
            pass  # it ended meanwhile
    return total / 1024


def big():
    """6.8 MB on the wire, with 5 MB of an encrypted ZIP in it."""
    if not shutil.which("zip"):
        subprocess.run(["apt-get", "-qq", "install", "-y", "zip"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "a.bin").write_bytes(random.Random(1).randbytes(5_000_000))
        subprocess.run(["zip", "-q", "-P", "secret", "a.zip", "a.bin"], check=True, cwd=directory)
        archive = base64.encodebytes((Path(directory) / "a.zip").read_bytes()).replace(b"\n", b"\r\n")
    return (b"From: a@sender.example\r\nTo: b@example.test\r\nSubject: big\r\nDate: Tue, 24 Nov 2026 09:00:00 +0900\r\n"
            b"Message-Id: <big@sender.example>\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; name=a.zip\r\n"
            b"Content-Disposition: attachment; filename=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + archive)


def hammer(kind, port, message, seconds, counted):
    client, count = kind(port), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.scan(message)
        count += 1
    counted.put(count)


def throughput(kind, port, message, clients, seconds=3):
    counted = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=hammer, args=(kind, port, message, seconds, counted)) for _ in range(clients)]
    for process in processes:
        process.start()
    total = sum(counted.get() for _ in processes)
    for process in processes:
        process.join()
    return total / seconds


def percentiles(times):
    times = sorted(times)
    return min(times), statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]


def burst(gate, port):
    """Four mails of 25 MB at once: the most memory meanwhile, and what stays."""
    line = b"All work and no play makes a long mail, line after line after line.\r\n"
    message = b"From: a@sender.example\r\nSubject: x\r\n\r\n" + line * (25_000_000 // len(line))
    ready, stop, peak = threading.Barrier(4), threading.Event(), [0.0]

    def watch():
        while not stop.is_set():
            peak[0] = max(peak[0], memory(gate.pid))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    clients = [threading.Thread(target=lambda: Milter(port).scan(message, ready.wait)) for _ in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    stop.set()
    watcher.join()
    time.sleep(1)
    return 4 * len(message) / 1e6, peak[0], memory(gate.pid)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary, a release build; built when not given")
    options.add_argument("--rounds", type=int, default=5)
    options = options.parse_args()
    binary = (options.gate or build()).resolve()
    directory = Path(tempfile.mkdtemp(prefix="sekisho-load-"))
    rspamd, clamd = or_not_tried(Rspamd, directory), or_not_tried(Clamd, directory)
    milter, stream = free_ports(2)
    (directory / "cache").mkdir(mode=0o700)
    config = directory / "gate.toml"
    config.write_text(f'[sandbox]\ncache = "cache"\n[[milter]]\nname = "mx"\nlisten = "127.0.0.1:{milter}"\n'
                      f'[[clamd]]\nname = "clamd"\nlisten = "127.0.0.1:{stream}"\ndeadline-ms = 20000\n')
    gate = None
    try:
        # Started twice: the first start compiles for the second.
        for _ in range(2):
            if gate:
                gate.terminate()
                gate.wait(40)
            with open(directory / "gate.log", "ab") as log:
                gate = subprocess.Popen([binary, "run", config], stderr=log)
            until(lambda: answers(milter) and answers(stream), "the gate")
        rspamd.start()
        clamd.start()
        idle = {"gate": memory(gate.pid), "rspamd": memory(rspamd.process.pid), "clamd": memory(clamd.process.pid)}
        doors = {
            "gate, milter": (Milter, milter), "rspamd, milter": (Milter, rspamd.milter),
            "gate, clamd": (Stream, stream), "clamd": (Stream, clamd.port),
        }
        mails = {"small": (wire("ppap.eml"), 100), "6.8 MB": (big(), 10)}
        times = {(door, mail): [] for door in doors for mail in mails}
        for _ in range(options.rounds):
            for mail, (message, repeat) in mails.items():
                for door, (kind, port) in doors.items():
                    client = kind(port)
                    client.scan(message)
                    for _ in range(repeat):
                        start = time.perf_counter()
                        client.scan(message)
                        times[door, mail].append((time.perf_counter() - start) * 1000)
        rates = {door: [] for door in doors}
        for _ in range(2):
            for door, (kind, port) in doors.items():
                rates[door].append(throughput(kind, port, mails["small"][0], 4))
        print("milliseconds a mail: least / median / 99 of 100; small mails a second, four clients")
        for door in doors:
            row = [" / ".join(f"{t:.2f}" for t in percentiles(times[door, mail])) for mail in mails]
            print(f"{door:16} small {row[0]:24} 6.8 MB {row[1]:28} {max(rates[door]):6.0f} a second")
        for mail in mails:
            ratio = [a / b for a, b in zip(percentiles(times["gate, milter", mail]), percentiles(times["rspamd, milter", mail]))]
            print(f"gate to rspamd, {mail}: {ratio[0]:.2f} (least), {ratio[1]:.2f} (median)")
        after = {"gate": memory(gate.pid), "rspamd": memory(rspamd.process.pid), "clamd": memory(clamd.process.pid)}
        print("memory, MB, idle and after: " + ", ".join(f"{name} {idle[name]:.0f} and {after[name]:.0f}" for name in idle))
        flight, peak, stays = burst(gate, milter)
        print(f"gate, 4 x 25 MB at once: {peak:.0f} MB at most (bound {64 + 2 * flight:.0f}), {stays:.0f} MB after")
    finally:
        for process in (gate, rspamd.process, clamd.process):
            if process and process.poll() is None:
                process.terminate()
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
