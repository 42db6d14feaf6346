#!/usr/bin/env python3
"""The milter door asked with the crate miltr-client: what a codec that others wrote understands of our answers.

    python3 examples/stalwart/tests/crosscheck.py --gate target/debug/sekisho-gate

Builds examples/stalwart/protocol/crosscheck, a workspace of its own.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from postfix import MAIL, Gate, build

PROGRAM = Path(__file__).resolve().parents[1] / "protocol/crosscheck"


def compiled():
    # Beside the other build directories, not among the sources.
    target = Path(os.environ.get("CARGO_TARGET_DIR") or PROGRAM.parents[3] / "target") / "crosscheck"
    command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", PROGRAM / "Cargo.toml", "--target-dir", target]
    subprocess.run(command, check=True)
    return target / "debug/crosscheck"


class Client:
    def __init__(self, program, gate):
        self.program, self.gate = program, gate

    def told(self, listener, mail):
        address = self.gate.address(listener)
        played = subprocess.run([self.program, address, mail], capture_output=True, text=True, timeout=60)
        assert played.returncode == 0, f"{listener} {mail}: {played.stderr}"
        return played.stdout.splitlines()


def large(directory, zip_mail):
    """A body of many frames: the encrypted archive behind a megabyte of text."""
    text = zip_mail.read_bytes()
    at = text.index(b"\r\n\r\n") + 4
    path = directory / "large.eml"
    path.write_bytes(text[:at] + b"filler of a preamble, a line of it\r\n" * 30_000 + text[at:])
    return path


def forged(directory):
    """Honest mail that claims to have been looked at."""
    path = directory / "forged.eml"
    path.write_bytes(b"X-Sekisho-Action: deliver\r\nX-Sekisho-Action: tag\r\n" + (MAIL / "plain.eml").read_bytes())
    return path


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    binary = (options.gate or build()).resolve()
    with tempfile.TemporaryDirectory(prefix="sekisho-crosscheck-") as place:
        directory = Path(place)
        (directory / "gate").mkdir()
        gate = Gate(binary, directory / "gate")
        gate.start()
        try:
            client = Client(compiled(), gate)
            check(client, directory)
            gate.stop()
        finally:
            gate.process.kill()


def check(client, directory):
    plain, ppap = MAIL / "plain.eml", MAIL / "ppap.eml"
    told = client.told("mx", plain)
    assert told == ["accept"], told
    print("ok     an honest mail: no change")

    refused = re.compile(r"reply (550 )?(5\.7\.1 )?.*\(zip-encrypted\).*\[[0-9A-Z-]+\]$")
    for mail in (ppap, large(directory, ppap)):
        told = client.told("mx", mail)
        assert len(told) == 1 and refused.match(told[0]), told
    print("ok     an encrypted archive: refused with rule and reference, in a long mail as well")

    told = client.told("mx", forged(directory))
    assert told[:-1] == ["change 2 X-Sekisho-Action: ", "change 1 X-Sekisho-Action: "], told
    print("ok     forged results: deleted, the highest first")

    told = client.told("strip", ppap)
    body = [line for line in told if line.startswith("body ")]
    assert len(body) == 1 and int(body[0].split()[1]) > 500 and told[-1] == "accept", told
    print("ok     strip: a new body")

    told = client.told("hold", ppap)
    assert any(re.match(r"quarantine sekisho \S+ zip-encrypted", line) for line in told), told
    assert any(line.startswith("insert 0 X-Sekisho-Action: hold") for line in told), told
    print("ok     hold: the mail server's own quarantine, with fields that say why")

    told = client.told("defer", ppap)
    assert len(told) == 1 and re.match(r"reply .*\(zip-encrypted\)", told[0]), told
    print("ok     defer")


if __name__ == "__main__":
    sys.exit(main())
