#!/usr/bin/env python3
"""Does as the README tells somebody who has a Postfix, command by command, and sees what the README says will be seen.

    sudo python3 examples/stalwart/tests/newcomer.py

The commands and lines are taken from the README. What differs: the binary given is not built again, files and ports are of
this run, Postfix is a private one on loopback. Exit status 75: this machine cannot get Postfix, so nothing was tried.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

from postfix import MAIL, Postfix, answers, build, free_ports, install, local, or_not_tried, until, wire, without_trace

README = Path(__file__).resolve().parents[1] / "README.md"
REFERENCE = r"[0-9A-Z]{5}-[0-9A-Z]{5}"


def chapter():
    """The text of the chapter that is followed."""
    return re.search(r"^## With Postfix, in five minutes\n(.*?)^## ", README.read_text(), re.M | re.S)[1]


def blocks(kind):
    """The code blocks of the chapter in a language, without their indentation."""
    found = re.findall(rf"^ *```{kind}\n(.*?)^ *```$", chapter(), re.M | re.S)
    return [[line.strip() for line in block.splitlines() if line.strip()] for block in found]


class Words(HTMLParser):
    """What a person reads on a page."""

    def __init__(self, page):
        super().__init__()
        self.text = ""
        self.feed(page)

    def handle_data(self, data):
        self.text += data + " "


class PlainPostfix(Postfix):
    """Asks the gate with nothing but the README's lines for main.cf."""

    def __init__(self, directory, milter):
        self.prepare(directory, ["mx"])
        self.postconf(f"smtpd_milters={milter}")
        service = f"127.0.0.1:{self.ports['mx']}"
        self.postconf("-M", f"{service}/inet={service} inet n - n - - smtpd")


class Newcomer:
    """Follows the first block: a configuration is written, checked and run."""

    def __init__(self, binary, directory):
        (commands,) = blocks("sh")
        assert [re.split(r" |/sekisho-gate ", c, maxsplit=2)[0] for c in commands] == [
            "cargo", "printf", "target/release", "target/release"], commands
        self.port, self.status = free_ports(2)
        self.directory = directory
        places = {"/etc/sekisho-gate.toml": f"{directory}/sekisho-gate.toml", "target/release/sekisho-gate": str(binary),
                  "127.0.0.1:9900": f"127.0.0.1:{self.port}"}
        _, self.write, self.check, self.run = [self.here(command, places) for command in commands]

    @staticmethod
    def here(text, places):
        for theirs, ours in places.items():
            text = text.replace(theirs, ours)
        return text

    def configure(self):
        subprocess.run(["sh", "-c", self.write], check=True)
        # "With `[gate]` `status = "127.0.0.1:9909"` in the configuration": where it is said, and how.
        assert re.search(r'`\[gate\]`\s+`status = "127\.0\.0\.1:9909"`', chapter()), "the README tells of the status page"
        with open(self.directory / "sekisho-gate.toml", "a") as config:
            config.write(f'[gate]\nstatus = "127.0.0.1:{self.status}"\n')
        checked = subprocess.run(["sh", "-c", self.check], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr

    def start(self):
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(["sh", "-c", f"exec {self.run}"], stderr=log)
        until(lambda: answers(self.port) and answers(self.status), "the gate")

    def said(self):
        return (self.directory / "log").read_text()

    def page(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.status}/", timeout=5) as answer:
            return " ".join(Words(answer.read().decode()).text.split())


def follow(newcomer, postfix):
    (answer,), (line,) = blocks("text")
    assert (MAIL / "ppap.eml").exists() and "`examples/mail/ppap.eml`" in chapter()
    mail = wire("plain.eml")
    assert postfix.send("mx", mail) == (250, "")
    assert without_trace(postfix.delivered()[0]) == local(mail), "honest mail arrives untouched"
    print("ok     honest mail is delivered untouched")

    code, text = postfix.send("mx", wire("ppap.eml"))
    without_reference = lambda said: re.sub(rf"\[{REFERENCE}\]$", "[…]", said)
    assert without_reference(f"{code} {text}") == without_reference(answer), (f"{code} {text}", answer)
    print("ok     PPAP is refused with the README's words")

    reference = re.search(rf"\[({REFERENCE})\]$", text)[1]
    page = newcomer.page()
    assert reference in page and "zip-encrypted" in page, page
    print("ok     the status page shows the verdict and why")

    facts = lambda said: dict(re.findall(r'(\w+)=("[^"]*"|\S+)', said))
    (said,) = [entry for entry in newcomer.said().splitlines() if f'reference="{reference}"' in entry and " mail " in entry]
    told, found = facts(line), facts(said)
    for key in ("listener", "action", "risk", "rules", "size", "damaged"):
        assert told[key] == found[key], (key, line, said)
    assert told.keys() <= found.keys(), (line, said)
    print("ok     the log says what the README shows")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("newcomer.py: Postfix wants root")
    binary = (options.gate or build()).resolve()
    or_not_tried(install)
    directory = Path(tempfile.mkdtemp(prefix="sekisho-newcomer-"))
    directory.chmod(0o755)
    newcomer = Newcomer(binary, directory)
    newcomer.configure()
    newcomer.start()
    postfix = PlainPostfix(directory, f"inet:127.0.0.1:{newcomer.port}")
    try:
        postfix.start()
        follow(newcomer, postfix)
    finally:
        newcomer.process.terminate()
        newcomer.process.wait(40)
        postfix.stop()
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
