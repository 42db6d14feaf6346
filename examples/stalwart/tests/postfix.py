#!/usr/bin/env python3
"""sekisho-gate before a real Postfix: a private instance on loopback, a real SMTP client, bytes compared.

    sudo python3 examples/stalwart/tests/postfix.py            # builds the gate, installs Debian's postfix if missing

Needs root (Postfix does) and Debian or Ubuntu; touches no Postfix that is already configured. Exit status 75: this machine cannot
get one, so nothing was tried.
"""

import argparse
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MAIL = ROOT / "examples" / "mail"

# Listener of the gate: what Postfix' smtpd on its port asks, and the policy it is asked under.
LISTENERS = {
    "mx": "",
    "tag": 'profile = "tag"\n[tag]\nsubject = "[確認] "\nbanner = "This message was marked by the checkpoint."\n',
    "strip": 'profile = "strip"\n',
    "hold": 'profile = "hold"\n',
    "defer": '[rules.zip-encrypted]\naction = "defer"\n',
    "open": "",
    "spool": '[rules.zip-encrypted]\naction = "quarantine"\n',
    "elsewhere": '[rules.zip-encrypted]\naction = "quarantine"\n',
    "out": 'profile = "observe"\n[outbound]\nprofile = "reject"\n',
}


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Gate:
    """The daemon: the listener `tag` on a Unix socket, the others on TCP."""

    def __init__(self, binary, directory, cache=False):
        self.binary, self.directory = binary, directory
        *ports, self.status, self.release_to = free_ports(len(LISTENERS) + 2)
        self.ports = dict(zip(LISTENERS, ports))
        text = f'[gate]\nstatus = "127.0.0.1:{self.status}"\nwatch-seconds = 1\n[limits]\nmessage-mib = 40\n'
        text += f'[quarantine]\ndirectory = "spool"\nmax-mib = 1\nrelease-to = "127.0.0.1:{self.release_to}"\n'
        if cache:
            (directory / "cache").mkdir(mode=0o700)
            text += '[sandbox]\ncache = "cache"\n'
        for name, policy in LISTENERS.items():
            (directory / f"{name}.toml").write_text(policy)
            failure = "accept" if name == "open" else "tempfail"
            text += f'[[milter]]\nname = "{name}"\nlisten = "{self.address(name)}"\nsocket-mode = "666"\n'
            text += f'policy = "{name}.toml"\non-failure = "{failure}"\n'
            if name in ("hold", "elsewhere"):
                text += "spool = []\n"
            if name == "elsewhere":
                text += 'quarantine-to = "quarantine@example.test"\n'
            text += f'direction = "{"outbound" if name == "out" else "by-login"}"\n'
        self.config = directory / "gate.toml"
        self.config.write_text(text)
        self.log = open(directory / "gate.log", "ab")

    def address(self, name):
        return f"unix:{self.directory}/tag.sock" if name == "tag" else f"127.0.0.1:{self.ports[name]}"

    def milter(self, name):
        return f"unix:{self.directory}/tag.sock" if name == "tag" else f"inet:127.0.0.1:{self.ports[name]}"

    def quarantine(self, verb, *arguments):
        command = [self.binary, "quarantine", verb, self.config, *arguments]
        return subprocess.run(command, capture_output=True)

    def check(self):
        return subprocess.run([self.binary, "check", self.config], capture_output=True, text=True)

    def start(self):
        self.process = subprocess.Popen([self.binary, "run", self.config], stderr=self.log)
        until(lambda: answers(self.status) and self.get("/readyz") == "ready\n", "the gate")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(40) == 0, "the gate ends well on SIGTERM"

    def get(self, page):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.status}{page}", timeout=5) as answer:
            return answer.read().decode()

    def said(self):
        self.log.flush()
        return (self.directory / "gate.log").read_text()


class Postfix:
    """A private instance. What the README tells to put into main.cf is what stands in it."""

    def __init__(self, directory, gate):
        self.prepare(directory, LISTENERS)
        for name, port in self.ports.items():
            service = f"127.0.0.1:{port}"
            command = f"{service} inet n - n - - smtpd -o smtpd_milters={gate.milter(name)}"
            if name == "mx":
                # The README's own address, but for the port of this run.
                self.postconf(f"smtpd_milters={gate.milter(name)}")
                command = f"{service} inet n - n - - smtpd"
            self.postconf("-M", f"{service}/inet={command}")
        self.postconf("-M", f"127.0.0.1:{gate.release_to}/inet=127.0.0.1:{gate.release_to} inet n - n - - smtpd "
                      "-o smtpd_milters= -o mynetworks=127.0.0.0/8 -o smtpd_recipient_restrictions=permit_mynetworks,reject")

    def prepare(self, directory, names):
        """Its files, the README's settings, and a port for each of `names`, behind which nothing listens yet."""
        self.directory, self.etc = directory, directory / "etc"
        self.ports = dict(zip(names, free_ports(len(names))))
        for name in ("etc", "queue", "lib", "mail"):
            (directory / name).mkdir()
        shutil.chown(directory / "lib", "postfix")
        shutil.chown(directory / "mail", "nobody", "nogroup")
        shutil.copy("/usr/share/postfix/master.cf.dist", self.etc / "master.cf")
        (self.etc / "main.cf").write_text("")
        self.postconf(
            "compatibility_level=3.6", f"maillog_file={directory}/maillog", f"maillog_file_prefixes={directory}",
            f"queue_directory={directory}/queue", f"data_directory={directory}/lib",
            "daemon_directory=/usr/lib/postfix/sbin", "myhostname=mx.test.invalid", "mynetworks=127.0.0.0/8",
            "inet_interfaces=127.0.0.1", "inet_protocols=ipv4", "virtual_mailbox_domains=example.test",
            f"virtual_mailbox_base={directory}/mail", "virtual_mailbox_maps=static:inbox/",
            "virtual_uid_maps=static:65534", "virtual_gid_maps=static:65534", "virtual_mailbox_limit=0",
            "message_size_limit=52428800", "default_transport=error:outbound disabled",
            "relay_transport=error:outbound disabled", *readme_settings())
        self.postconf("-F", "*/*/chroot=n")
        self.postconf("-MX", "smtp/inet")

    def postconf(self, *arguments):
        subprocess.run(["postconf", "-c", self.etc, *arguments], check=True)

    def command(self, *arguments):
        return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout

    def start(self):
        for verb in ("check", "start"):
            subprocess.run(["postfix", "-c", self.etc, verb], check=True, stdout=subprocess.DEVNULL)
        until(lambda: all(answers(port) for port in self.ports.values()), "postfix")

    def stop(self):
        subprocess.run(["postfix", "-c", self.etc, "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def send(self, listener, message, recipients=("bob@example.test",), sender="alice@sender.example"):
        """The reply: (code, text)."""
        with smtplib.SMTP("127.0.0.1", self.ports[listener], "client.sender.example", timeout=120) as client:
            try:
                client.sendmail(sender, list(recipients), message, mail_options=["BODY=8BITMIME"])
            except smtplib.SMTPDataError as error:
                return error.smtp_code, error.smtp_error.decode()
            except smtplib.SMTPSenderRefused as error:
                return error.smtp_code, error.smtp_error.decode()
            return 250, ""

    def delivered(self, count=1):
        """Takes the mails out of the mailbox."""
        new = self.directory / "mail" / "inbox" / "new"
        paths = until(lambda: (p := list(new.glob("*")) if new.exists() else []) and len(p) >= count and p, "delivery", 60)
        assert len(paths) == count, f"{len(paths)} mails instead of {count}"
        mails = [path.read_bytes() for path in paths]
        for path in paths:
            path.unlink()
        return mails

    def is_empty(self):
        new = self.directory / "mail" / "inbox" / "new"
        return "is empty" in self.command("postqueue", "-c", self.etc, "-p") and not (new.exists() and any(new.iterdir()))


def readme_settings():
    """The lines for main.cf in the README, without the address of the gate."""
    block = re.search(r"```cf\n *# /etc/postfix/main.cf\n(.*?)```", (HERE.parent / "README.md").read_text(), re.S)
    lines = [line.strip() for line in block[1].splitlines() if line.strip()]
    assert any(line.startswith("smtpd_milters") for line in lines), lines
    return [re.sub(r" = ", "=", line) for line in lines]


TRACE = re.compile(
    rb"\AReturn-Path: <[^\n]*>\nX-Original-To: [^\n]*\nDelivered-To: [^\n]*\nReceived: [^\n]*\n(?:[ \t][^\n]*\n)*")


def without_trace(mail):
    """What Postfix puts above a mail it delivers, and the mail."""
    trace = TRACE.match(mail)
    assert trace, mail[:400]
    return mail[trace.end():]


def wire(path):
    return (MAIL / path).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def local(message):
    return message.replace(b"\r\n", b"\n")


HEAD = b"From: a@sender.example\r\nTo: b@example.test\r\nDate: Tue, 24 Nov 2026 09:00:00 +0900\r\nMessage-Id: <%d@sender.example>\r\n"


def honest_mails():
    """Name and mail; all of them must arrive as they were sent."""
    yield "plain", wire("plain.eml")
    yield "one byte", HEAD % 1 + b"\r\nx\r\n"
    yield "no body", HEAD % 2 + b"\r\n"
    yield "folded header", HEAD % 3 + b"Subject: one\r\n two\r\n\tthree  \r\nX-Odd:no space\r\nX-Empty:\r\n\r\nbody\r\n"
    jis = "お世話になっております。".encode("shift_jis")
    yield "raw 8 bit", HEAD % 4 + b"Subject: " + jis + b"\r\nContent-Type: text/plain; charset=shift_jis\r\n" \
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + jis + b"\r\n"
    yield "dots", HEAD % 5 + b"\r\n.\r\n..\r\n.x\r\n"
    for number, size in enumerate((65_534, 65_535, 65_536, 1_000_000, 25_000_000), 10):
        line = b"All work and no play makes a long mail, line after line after line.\r\n"
        yield f"{size} bytes", HEAD % number + b"\r\n" + line * (size // len(line)) + b"x" * (size % len(line)) + b"\r\n"


def test_honest_mail_arrives_as_it_was(postfix, gate):
    for name, mail in honest_mails():
        code, text = postfix.send("mx", mail)
        assert code == 250, (name, code, text)
        assert without_trace(postfix.delivered()[0]) == local(mail), name


def test_ppap_is_refused_with_a_way_out(postfix, gate):
    code, text = postfix.send("mx", wire("ppap.eml"))
    assert code == 550 and text.startswith("5.7.1 Message refused (zip-encrypted): "), (code, text)
    reference = re.search(r"\[([0-9A-Z]{5}-[0-9A-Z]{5})\]$", text)
    assert reference and f'reference="{reference[1]}"' in gate.said(), text
    assert postfix.is_empty()
    print("      ", code, text)


def test_many_mails_on_one_connection(postfix, gate):
    plain_mail = HEAD % 20 + b"\r\nhello\r\n"
    with smtplib.SMTP("127.0.0.1", postfix.ports["mx"]) as client:
        for _ in range(20):
            client.sendmail("", ["bob@example.test"], plain_mail)
            client.mail("given@up.example")
            client.rset()
            try:
                client.sendmail("a@sender.example", ["bob@example.test"], wire("ppap.eml"))
                raise AssertionError("not refused")
            except smtplib.SMTPDataError as error:
                assert error.smtp_code == 550
    assert all(without_trace(m) == local(plain_mail) for m in postfix.delivered(20))


def test_many_recipients(postfix, gate):
    mail = HEAD % 30 + b"\r\nhello\r\n"
    assert postfix.send("mx", mail, [f"user{n}@example.test" for n in range(200)])[0] == 250
    assert all(without_trace(m) == local(mail) for m in postfix.delivered(200))
    assert "user199" not in gate.said(), "no recipient in the log"


def test_tag_marks_and_changes_nothing_else(postfix, gate):
    mail = wire("ppap.eml")
    assert postfix.send("tag", mail) == (250, "")
    (got,) = postfix.delivered()
    header, body = got.split(b"\n\n", 1)
    fields = re.findall(rb"^X-Sekisho-\w+: .*$", header, re.M)
    assert [f.split(b":")[0] for f in fields] == [
        b"X-Sekisho-Reference", b"X-Sekisho-Action", b"X-Sekisho-Findings", b"X-Sekisho-Risk"], fields
    assert b"X-Sekisho-Action: tag" in fields
    assert got.index(b"X-Sekisho-Reference") < got.index(b"\nReceived: "), "above the Received field"
    assert b"This message was marked by the checkpoint." in body
    archive = re.search(rb"UEsD[A-Za-z0-9+/=\n]+", local(mail))[0]
    assert archive in body, "the archive is as it was"


def test_strip_takes_the_archive_out(postfix, gate):
    assert postfix.send("strip", wire("ppap.eml")) == (250, "")
    (got,) = postfix.delivered()
    assert b"UEsD" not in got and b"X-Sekisho-Action: strip" in got


def test_hold_keeps_the_mail_in_the_queue(postfix, gate):
    assert postfix.send("hold", wire("ppap.eml")) == (250, "")
    listing = until(lambda: re.search(r"^([0-9A-F]+)!", postfix.command("postqueue", "-c", postfix.etc, "-p"), re.M), "hold")
    held = postfix.command("postcat", "-c", postfix.etc, "-q", listing[1])
    assert "X-Sekisho-Action: hold" in held and "UEsD" in held
    postfix.command("postsuper", "-c", postfix.etc, "-H", listing[1])
    postfix.command("postqueue", "-c", postfix.etc, "-f")
    assert b"X-Sekisho-Findings: " in postfix.delivered()[0]


def test_quarantined_mail_waits_on_the_disk_and_arrives_once_released(postfix, gate):
    mail = wire("ppap.eml")
    assert postfix.send("spool", mail, ["bob@example.test", "blind@example.test"]) == (250, "")
    held = json.loads(gate.quarantine("list", "--json").stdout)
    assert len(held) == 1 and held[0]["state"] == "held" and held[0]["recipients"] == 2, held
    reference = held[0]["reference"]
    assert gate.quarantine("show", reference, "--raw").stdout == mail, "as it came"
    time.sleep(0.5)
    assert postfix.is_empty(), "the mail server has dropped its copy"
    gate.process.kill()
    gate.process.wait()
    gate.start()
    done = gate.quarantine("release", reference)
    assert done.returncode == 0, done.stderr
    for got in postfix.delivered(2):
        text = without_trace(got)
        assert text.startswith(b"X-Sekisho-Released: " + reference.encode()) and text.endswith(local(mail)), text[:200]
        assert (b"blind@" in got) == (b"X-Original-To: blind@" in got), "blind copies stay blind"
    again = gate.quarantine("release", reference)
    assert again.returncode != 0 and b"is released" in again.stderr, again
    assert gate.quarantine("list").stdout == b"" and postfix.is_empty()


def test_a_release_without_a_mail_server_changes_nothing(postfix, gate):
    assert postfix.send("spool", wire("ppap.eml"))[0] == 250
    reference = json.loads(gate.quarantine("list", "--json").stdout)[0]["reference"]
    postfix.stop()
    assert gate.quarantine("release", reference).returncode != 0
    postfix.start()
    assert gate.quarantine("delete", reference).returncode == 0
    assert gate.quarantine("show", reference).returncode != 0 and postfix.is_empty()


def test_a_full_quarantine_is_for_now(postfix, gate):
    mail = wire("ppap.eml") + b"x" * 76 + b"\r\n" + (b"y" * 76 + b"\r\n") * 15_000
    code, text = postfix.send("spool", mail)
    assert code == 451, (code, text)
    assert 'reason="quarantine-full"} 1' in gate.get("/metrics") and postfix.is_empty()


def test_quarantine_can_be_a_mailbox(postfix, gate):
    assert postfix.send("elsewhere", wire("ppap.eml"), ["bob@example.test", "blind@example.test"]) == (250, "")
    (got,) = postfix.delivered()
    assert b"Delivered-To: quarantine@example.test" in got and b"X-Sekisho-Action: quarantine" in got, got[:600]
    assert b"blind@" not in got


def test_defer_is_for_now(postfix, gate):
    code, text = postfix.send("defer", wire("ppap.eml"))
    assert code == 451 and text.startswith("4.7.1 Message not accepted for now (zip-encrypted)"), (code, text)


def test_mail_to_the_outside_has_its_own_policy(postfix, gate):
    code, text = postfix.send("out", wire("ppap.eml"))
    assert code == 550 and "zip-encrypted" in text, (code, text)


def test_forged_results_are_taken_out(postfix, gate):
    mail = HEAD % 40 + b"\r\nhello\r\n"
    forged = b"X-Sekisho-Action: deliver\r\nx-sekisho-risk: 0\r\n" + mail + b""
    assert postfix.send("mx", forged)[0] == 250
    assert without_trace(postfix.delivered()[0]) == local(mail)


def test_too_large_is_told(postfix, gate):
    mail = HEAD % 50 + b"\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * 560_000
    code, text = postfix.send("mx", mail)
    assert code == 552 and text.startswith("5.3.4 "), (code, text)
    assert postfix.send("open", mail)[0] == 250
    assert b"X-Sekisho-Action: unscanned\n" in postfix.delivered()[0]


def test_policies_are_exchanged_while_running(postfix, gate):
    policy = gate.directory / "defer.toml"
    good = policy.read_text()
    for text, code, said in ((good.replace("defer", "explode"), 451, "the old one stays"),
                             ('profile = "observe"\n', 250, "new policy"), (good, 451, "new policy")):
        before = len(gate.said())
        policy.write_text(text)
        if code == 451:
            gate.process.send_signal(signal.SIGHUP)  # the other one is seen by itself
        until(lambda: said in gate.said()[before:], said)
        assert postfix.send("defer", wire("ppap.eml"))[0] == code, text
    postfix.delivered()
    assert re.search(r"sekisho_bad_reloads_total [1-9]", gate.get("/metrics"))


def test_a_gate_that_is_down_loses_nothing(postfix, gate):
    gate.process.kill()
    gate.process.wait()
    code, _ = postfix.send("mx", wire("plain.eml"))
    assert code == 451, code
    gate.start()
    assert postfix.send("mx", wire("plain.eml"))[0] == 250
    assert without_trace(postfix.delivered()[0]) == local(wire("plain.eml"))


def test_what_was_counted_and_logged(postfix, gate):
    for _ in range(3):
        postfix.send("mx", wire("ppap.eml"))
    counted = gate.get("/metrics")
    assert 'sekisho_verdicts_total{listener="mx",action="reject"} 3' in counted, counted
    assert 'sekisho_rules_total{rule="zip-encrypted"} 3' in counted
    assert gate.get("/healthz") == "ok\n"
    page = gate.get("/")
    assert page.count('<span class="action reject">reject</span>') == 3 and "zip-encrypted" in page, page
    said = gate.said()
    assert "alice@" not in said and "bob@" not in said and "お見積" not in said, "no addresses, no text"


def install():
    if shutil.which("postfix") is None:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "postfix"]):
            subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


NOT_TRIED = 75  # EX_TEMPFAIL of sysexits.h


def or_not_tried(install, *arguments):
    """Installs what is missing; where that cannot be done, nothing is tried."""
    try:
        return install(*arguments)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"what is missing cannot be installed: {error}")
        sys.exit(NOT_TRIED)


def build():
    """Builds the gate as the README tells, and gives its path."""
    command = ["cargo", "build", "--release", "-p", "sekisho-gate"]
    subprocess.run(command, check=True, cwd=ROOT)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "sekisho-gate"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options.add_argument("only", nargs="*", help="names of tests, or parts of them")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("postfix.py: Postfix wants root")
    binary = (options.gate or build()).resolve()
    or_not_tried(install)
    tests = [(n, t) for n, t in globals().items() if n.startswith("test_")]
    tests = [(n, t) for n, t in tests if not options.only or any(o in n for o in options.only)]
    directory = Path(tempfile.mkdtemp(prefix="sekisho-postfix-"))
    directory.chmod(0o755)
    (directory / "gate").mkdir()
    gate = Gate(binary, directory / "gate")
    checked = gate.check()
    assert checked.returncode == 0, checked.stderr
    postfix = Postfix(directory, gate)
    failed = 0
    gate.start()
    try:
        postfix.start()
        for name, test in tests:
            start = time.monotonic()
            try:
                test(postfix, gate)
                print(f"ok     {name[5:].replace('_', ' ')} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception as error:  # whatever it is, the other tests still run
                failed += 1
                print(f"FAILED {name[5:].replace('_', ' ')}: {type(error).__name__}: {str(error)[:2000]}", flush=True)
        gate.stop()
    finally:
        gate.process.kill()
        postfix.stop()
    if failed:
        sys.exit(f"{failed} of {len(tests)} failed; see {directory}")
    shutil.rmtree(directory)
    print(f"{len(tests)} tests against {subprocess.run(['postconf', '-d', '-h', 'mail_version'], capture_output=True, text=True).stdout.strip()}")


if __name__ == "__main__":
    main()
