#!/usr/bin/env python3
"""Incidents of real life before a real Postfix (and a real Dovecot): each is stopped, and its honest twin passes.

    sudo python3 examples/stalwart/tests/incidents.py          # builds what it needs, installs what is missing

incidents/README.md says what each of them is. Before the gate stands a verifier as every border has one: a milter that checks
SPF by the table below and DKIM by dkimpy, and writes Authentication-Results. Needs root and Debian or Ubuntu.
Exit status 75: this machine cannot get what is missing, so nothing was tried.
"""

import argparse
import os
import re
import shutil
import smtplib
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import postfix
from postfix import Gate, Postfix, install, local, or_not_tried, without_trace

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CASES = HERE / "incidents"

# Who may send for a domain, and what it wants done with mail that fails (DMARC).
ZONE = {
    "corp.example": ("127.0.0.4", "reject"),
    "partner.example": ("127.0.0.2", "reject"),
    "merrowmint.com": ("127.0.0.3", "none"),
    "rnerrowmint.com": ("127.0.0.66", "reject"),
}
ATTACKER = "127.0.0.66"
SELECTOR = b"s1"


class Verifier(socketserver.ThreadingTCPServer):
    """A border's verifier, as a milter: what it found stands in a field on top. `keys` are the public keys of DKIM."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, keys):
        self.keys = keys
        super().__init__(("127.0.0.1", 0), Conversation)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def results(self, client, sender, message):
        import dkim

        domain = lambda address: address.rpartition("@")[2].strip("<> \r\n").lower()
        author = domain(re.search(rb"(?im)^From:(.*)", message)[1].decode())
        allowed, policy = ZONE.get(author, (None, "none"))
        spf = "pass" if ZONE.get(domain(sender), (None,))[0] == client else "fail"
        try:
            key = lambda name, timeout=5: self.keys.get(name.decode().rstrip("."))
            signed = dkim.DKIM(message)
            valid = "pass" if signed.verify(dnsfunc=key) else ("fail" if b"DKIM-Signature:" in message else "none")
            signer = (signed.domain or b"").decode()
        except dkim.DKIMException:
            valid, signer = "fail", ""
        aligned = spf == "pass" and domain(sender) == author or valid == "pass" and signer == author
        dmarc = "pass" if aligned else "fail"
        by = f" header.d={signer}" if signer else ""
        return (f"mx.corp.example; spf={spf} smtp.mailfrom={domain(sender)}; dkim={valid}{by}; "
                f"dmarc={dmarc} (p={policy}) policy.dmarc={policy} header.from={author}")


class Conversation(socketserver.StreamRequestHandler):
    """The milter protocol, version 6, as much of it as Postfix uses."""

    def answer(self, command, data=b""):
        self.wfile.write(struct.pack(">I", len(data) + 1) + command + data)

    def handle(self):
        client, sender, header, body = "", "", [], []
        while head := self.rfile.read(5):
            length, command = struct.unpack(">Ic", head)
            data = self.rfile.read(length - 1)
            if command == b"O":
                self.answer(b"O", struct.pack(">III", 6, 1, 0x100000))  # add fields; values with their leading space
                continue
            if command == b"C":
                client = data.split(b"\0")[1][3:].decode()
            elif command == b"M":
                sender, header, body = data.split(b"\0")[0].decode(), [], []
            elif command == b"L":
                name, value = data.split(b"\0")[:2]
                header.append(name + b":" + value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n")
            elif command == b"B":
                body.append(data)
            elif command == b"E":
                message = b"".join(header) + b"\r\n" + b"".join(body) + data
                found = self.server.results(client, sender, message)
                self.answer(b"i", struct.pack(">I", 0) + b"Authentication-Results\0 " + found.encode() + b"\0")
            if command in b"DAKQ":
                if command == b"Q":
                    return
                continue
            self.answer(b"c")


class Checkpoint(Gate):
    """The gate behind the verifier on the way in, alone on the way out."""

    def __init__(self, binary, directory, verifier):
        postfix.LISTENERS = {name: (CASES / f"{name}.toml").read_text() for name in ("inbound", "outbound")}
        super().__init__(binary, directory)
        self.verifier = verifier
        head, *listeners = self.config.read_text().split("[[milter]]")
        head += f'[record]\ndirectory = "{directory}/records"\n'
        listeners = [text.replace("by-login", "outbound" if 'name = "outbound"' in text else "inbound") for text in listeners]
        self.config.write_text("[[milter]]".join([head, *listeners]))

    def milter(self, name):
        gate = super().milter(name)
        return f"inet:127.0.0.1:{self.verifier.port},{gate}" if name == "inbound" else gate


def send(server, listener, message, sender, recipient, source):
    with smtplib.SMTP("127.0.0.1", server.ports[listener], "client.example", 60, (source, 0)) as client:
        try:
            client.sendmail(sender, [recipient], message)
        except smtplib.SMTPDataError as error:
            return error.smtp_code, error.smtp_error.decode()
        return 250, ""


def refused(answer, rule):
    code, text = answer
    assert code == 550 and f"({rule})" in text, answer
    print("      ", code, text)


def passed(server, answer, message):
    assert answer == (250, ""), answer
    (mail,) = server.delivered()
    mail = re.sub(rb"\AAuthentication-Results: [^\n]*\n(?:[ \t][^\n]*\n)*", b"", without_verifier(mail))
    assert mail == local(message), mail[:2000]


def without_verifier(mail):
    """The verifier's field stands above Postfix' own: out with it, then with those."""
    field = re.search(rb"(?m)^Authentication-Results: mx\.corp\.example;[^\n]*\n(?:[ \t][^\n]*\n)*", mail)
    return without_trace(mail[:field.start()] + mail[field.end():] if field else mail)


def case(name):
    return (CASES / name).read_bytes()


def test_1_hijacked_server_sends_an_encrypted_archive(world):
    sender, to = "sales@corp.example", "buyer@example.test"
    refused(send(world.postfix, "outbound", case("1-attack.eml"), sender, to, "127.0.0.1"), "zip-encrypted")
    refused(send(world.postfix, "inbound", case("1-attack.eml"), sender, to, "127.0.0.4"), "zip-encrypted")
    assert world.postfix.is_empty()
    honest = case("1-honest.eml")
    passed(world.postfix, send(world.postfix, "outbound", honest, sender, to, "127.0.0.1"), honest)


def test_2_spoofed_mail_straight_to_the_receiving_server(world):
    sender, to = "accounts@partner.example", "sato@example.test"
    refused(send(world.postfix, "inbound", case("2-attack.eml"), sender, to, ATTACKER), "dmarc-failed")
    # Nor does it help to bring a verdict of one's own.
    forged = b"Authentication-Results: mx.corp.example; dmarc=pass header.from=partner.example\r\n" + case("2-attack.eml")
    assert send(world.postfix, "inbound", forged, sender, to, ATTACKER)[0] == 550
    assert world.postfix.is_empty()
    passed(world.postfix, send(world.postfix, "inbound", case("2-honest.eml"), sender, to, "127.0.0.2"), case("2-honest.eml"))


def test_3_look_alike_domain_with_everything_else_in_order(world):
    to = "sato@example.test"
    answer = send(world.postfix, "inbound", case("3-attack.eml"), "pay@rnerrowmint.com", to, ATTACKER)
    refused(answer, "sender-lookalike")
    assert world.postfix.is_empty()
    answer = send(world.postfix, "inbound", case("3-honest.eml"), "pay@merrowmint.com", to, "127.0.0.3")
    passed(world.postfix, answer, case("3-honest.eml"))


def test_4_attachment_swapped_on_the_way(world):
    """The mail is signed; whoever stands in the middle puts another archive into it."""
    import base64

    sender, to = "orders@partner.example", "sato@example.test"
    honest = world.sign(case("4-honest.eml"), b"partner.example")
    encoded = re.search(rb"UEsD[A-Za-z0-9+/=\r\n]+", honest)[0]
    other = base64.encodebytes(case("4-swapped.zip")).replace(b"\n", b"\r\n")
    swapped = honest.replace(encoded, other)
    assert swapped != honest
    refused(send(world.postfix, "inbound", swapped, sender, to, ATTACKER), "dmarc-failed")
    assert world.postfix.is_empty()
    # The relay is not partner.example's own, so the signature alone carries the honest mail.
    passed(world.postfix, send(world.postfix, "inbound", honest, sender, to, "127.0.0.5"), honest)


def test_7_planted_forwarding_rule(world):
    if not world.guard:
        print("       NOT TRIED: no forwarding-guard")
        return
    sys.path.insert(0, str(ROOT / "examples/forwarding-guard/tests"))
    import dovecot

    code, version = 0, ""
    try:
        version = dovecot.install()
    except SystemExit as stop:
        code = stop.code
    if code:
        print("       NOT TRIED: no Dovecot here")
        return
    folder = world.directory / "dovecot"
    folder.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    server = dovecot.Dovecot(folder)
    guard = dovecot.Guard(str(world.guard), folder, server)
    server.start()
    try:
        guard.start()
        client = dovecot.Client(guard.port, folder)
        status, text, _ = client.ask(client.put("rules", case("7-attack.sieve").decode()))
        assert status == "NO" and "forward-external-all" in text, text
        print("       NO", next(line for line in text.splitlines() if "forward-external-all" in line)[:160])
        assert server.script("sato", "rules") is None
        honest = case("7-honest.sieve").decode()
        assert client.ask(client.put("rules", honest))[0] == "OK" and server.script("sato", "rules") == honest
        guard.stop()
    finally:
        for process in (getattr(guard, "process", None), server.process):
            if process and process.poll() is None:
                process.kill()
                process.wait(20)
    print(f"       Dovecot {version}")


def test_every_refusal_can_be_repeated(world):
    if not world.sekisho:
        print("       NOT TRIED: no sekisho")
        return
    replayed = 0
    for record in sorted((world.directory / "gate/records").glob("20*/*.json")):
        for mail in sorted(CASES.glob("1-*.eml")):
            done = subprocess.run([world.sekisho, "replay", record, mail], capture_output=True, text=True)
            assert done.returncode in (0, 1), done.stderr
            replayed += done.returncode == 0
    # On the way out nothing stands above them; on the way in the verifier's field does.
    assert replayed == 2, f"{replayed} of the mails of incident 1"


class World:
    def __init__(self, directory, options):
        self.directory, self.guard, self.sekisho = directory, options.guard, options.sekisho
        self.key = directory / "dkim.pem"
        subprocess.run(["openssl", "genrsa", "-traditional", "-out", self.key, "2048"], check=True, capture_output=True)
        public = subprocess.run(["openssl", "rsa", "-in", self.key, "-pubout"], check=True, capture_output=True, text=True).stdout
        text = "v=DKIM1; k=rsa; p=" + "".join(line for line in public.splitlines() if "-" not in line)
        self.verifier = Verifier({f"{SELECTOR.decode()}._domainkey.partner.example": text.encode()})
        (directory / "gate").mkdir()
        self.gate = Checkpoint(options.gate, directory / "gate", self.verifier)
        checked = self.gate.check()
        assert checked.returncode == 0, checked.stderr
        self.postfix = Postfix(directory, self.gate)

    def sign(self, mail, domain):
        import dkim

        return dkim.sign(mail, SELECTOR, domain, self.key.read_bytes(), include_headers=[b"from", b"to", b"subject", b"date"]) + mail


def get_dkim():
    """dkimpy, from Debian if Python has none."""
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        import dkim  # noqa: F401
    except ImportError:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "python3-dkim"]
        subprocess.run(apt, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        import dkim  # noqa: F401


def build(name):
    subprocess.run(["cargo", "build", "--locked", "--bin", name], check=True, cwd=ROOT)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / name


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, binary in (("--gate", "sekisho-gate"), ("--guard", "forwarding-guard"), ("--sekisho", "sekisho")):
        options.add_argument(name, type=Path, help=f"the binary {binary}; built when not given")
    options.add_argument("only", nargs="*", help="names of tests, or parts of them")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("incidents.py: Postfix wants root")
    for name, binary in (("gate", "sekisho-gate"), ("guard", "forwarding-guard"), ("sekisho", "sekisho")):
        setattr(options, name, (getattr(options, name) or build(binary)).resolve())
    or_not_tried(install)
    or_not_tried(get_dkim)
    directory = Path(tempfile.mkdtemp(prefix="sekisho-incidents-"))
    directory.chmod(0o755)
    world = World(directory, options)
    tests = [(n, t) for n, t in globals().items() if n.startswith("test_")]
    tests = [(n, t) for n, t in tests if not options.only or any(o in n for o in options.only)]
    failed = 0
    world.gate.start()
    try:
        world.postfix.start()
        for name, test in tests:
            try:
                test(world)
                print(f"ok     {name[5:].replace('_', ' ')}", flush=True)
            except Exception as error:  # whatever it is, the other tests still run
                failed += 1
                print(f"FAILED {name[5:].replace('_', ' ')}: {type(error).__name__}: {str(error)[:2000]}", flush=True)
    finally:
        world.gate.process.kill()
        world.postfix.stop()
    if failed:
        sys.exit(f"{failed} of {len(tests)} failed; see {directory}")
    shutil.rmtree(directory)
    print(f"{len(tests)} tests")


if __name__ == "__main__":
    main()
