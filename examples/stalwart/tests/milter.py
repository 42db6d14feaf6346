#!/usr/bin/env python3
"""The milter door asked by a client nobody here wrote: OpenDKIM's miltertest plays milter.lua against a gate.

    sudo python3 examples/stalwart/tests/milter.py

Needs root for apt; miltertest is unpacked, not installed. Exit status 75: this machine cannot get it, so nothing was tried.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from peers import unpack
from postfix import MAIL, Gate, build, or_not_tried

HERE = Path(__file__).resolve().parent


def play(program, gate):
    variables = {name: gate.milter(name).replace("inet:127.0.0.1:", "inet:") for name in ("mx", "tag", "hold")}
    variables = {name: f"{at}@127.0.0.1" if at.startswith("inet:") else at for name, at in variables.items()}
    variables |= {"plain": MAIL / "plain.eml", "ppap": MAIL / "ppap.eml"}
    command = [program, "-s", HERE / "milter.lua"]
    for name, value in variables.items():
        command += ["-D", f"{name}={value}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    binary = (options.gate or build()).resolve()
    directory = Path(tempfile.mkdtemp(prefix="sekisho-milter-"))
    (directory / "gate").mkdir()
    program = or_not_tried(unpack, directory, "miltertest") / "usr/bin/miltertest"
    gate = Gate(binary, directory / "gate")
    # Without a banner: miltertest has room for 1024 bytes of an answer, and falls over a new body that is longer.
    (gate.directory / "tag.toml").write_text('profile = "tag"\n[tag]\nsubject = "[check] "\n')
    gate.start()
    try:
        played = play(program, gate)
        assert played.returncode == 0, played.stdout + played.stderr
        # What the client sent is what was judged: its names for the mails stand in the log, but for those it gave up.
        queue = re.findall(r'action="(\w+)".* queue="(T\d+)"', gate.said())
        wanted = "deliver reject reject deliver deliver tag hold deliver".split()
        assert queue == list(zip(wanted, "T1 T2 T4 T5 T6 T7 T8 T10".split())), queue
        gate.stop()
    finally:
        gate.process.kill()
    shutil.rmtree(directory)
    print(f"ok     miltertest: {len(queue)} mails judged as they should be, the others given up")


if __name__ == "__main__":
    main()
