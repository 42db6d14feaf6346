#!/usr/bin/env python3
"""Runs the guard before a real Dovecot with Pigeonhole, with two real clients: one of our own, and sieve-connect.

    python3 examples/forwarding-guard/tests/dovecot.py [PATH OF forwarding-guard]

Without a path the guard is built. What is missing is installed by apt (Debian 12: dovecot-managesieved, dovecot-sieve,
sieve-connect, openssl). Dovecot runs as an instance of its own, in a folder that is removed afterwards, and listens on
loopback only. Exit status 75: this machine cannot get such a Dovecot, so nothing was tried.
"""
import base64, contextlib, grp, json, os, pathlib, pwd, shutil, signal, socket, ssl, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKAGES = {
    "dovecot": "dovecot-core", "/usr/lib/dovecot/managesieve-login": "dovecot-managesieved",
    "/usr/bin/sievec": "dovecot-sieve", "sieve-connect": "sieve-connect", "openssl": "openssl",
}
OUTSIDE = 'require "copy"; redirect :copy "thief@gmail.com";\r\n'
INSIDE = 'redirect "keiri@corp.example";\r\n'
NOT_TRIED = 75  # EX_TEMPFAIL of sysexits.h
ASIDE = "/usr/sbin:/usr/local/sbin:/sbin"


def install():
    os.environ["PATH"] += os.pathsep + ASIDE
    there = lambda what: os.path.exists(what) if what.startswith("/") else shutil.which(what)
    missing = sorted(package for what, package in PACKAGES.items() if not there(what))
    if missing:
        as_root = [] if os.getuid() == 0 else ["sudo"]
        quiet = dict(check=True, stdout=subprocess.DEVNULL, timeout=600)
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        try:
            subprocess.run([*as_root, "apt-get", "update", "-qq"], **quiet)
            subprocess.run([*as_root, *apt, *missing], **quiet)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{', '.join(missing)} cannot be installed: {error}")
            sys.exit(NOT_TRIED)
    version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.3"):
        print(f"this test configures Dovecot 2.3, here is {version.strip()}")
        sys.exit(NOT_TRIED)
    return version.split()[0]


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(number, log):
    for _ in range(1200):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", number), 1).close()
            return
        time.sleep(0.05)
    sys.exit(f"nobody listens on {number}:\n{log.read_text() if log.exists() else ''}")


class Dovecot:
    """A private instance. As root it reads mail as `mail`, else as whoever runs this."""

    def __init__(self, folder):
        self.folder, self.port, self.log = folder, port(), folder / "dovecot.log"
        me, root = pwd.getpwuid(os.getuid()).pw_name, os.getuid() == 0
        reader = pwd.getpwnam("mail") if root else pwd.getpwuid(os.getuid())
        users = "" if root else f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {grp.getgrgid(os.getgid()).gr_name}\n"
        for name in ("home", "run"):
            (folder / name).mkdir()
        if root:
            os.chown(folder / "home", reader.pw_uid, reader.pw_gid)
        line = "{0}:{{plain}}pw:{1.pw_uid}:{1.pw_gid}::{2}/home/{0}::\n"
        (folder / "users").write_text("".join(line.format(user, reader, folder) for user in ("sato", "suzuki", "tanaka")))
        (folder / "masters").write_text("root:{plain}master\n")
        (folder / "dovecot.conf").write_text(f"""{users}
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {self.log}
auth_verbose = yes
protocols = sieve
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
login_trusted_networks = 127.0.0.0/8
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {folder}/masters
  master = yes
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service managesieve-login {{
  chroot =
  inet_listener sieve {{
    address = 127.0.0.1
    port = {self.port}
  }}
}}
service anvil {{
  chroot =
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
}}
""")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")])
        wait_for(self.port, self.log)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def script(self, user, name):
        path = self.folder / "home" / user / "sieve" / f"{name}.sieve"
        return path.read_bytes().decode() if path.exists() else None

    def active(self, user):
        path = self.folder / "home" / user / ".dovecot.sieve"
        return os.path.basename(os.readlink(path)) if path.is_symlink() else None


class Guard:
    def __init__(self, path, folder, dovecot):
        self.path, self.folder, self.port, self.dovecot = path, folder, port(), dovecot
        self.policy, self.log = folder / "policy.toml", folder / "guard.log"
        self.policy.write_text('profile = "reject"\n')
        self.options = ["--server", f"127.0.0.1:{dovecot.port}", "--server-name", "localhost", "--ca", str(folder / "cert.pem"),
                        "--policy", str(self.policy), "--internal", "corp.example", "--domain", "corp.example"]
        self.door = ["--listen", f"127.0.0.1:{self.port}", "--cert", str(folder / "cert.pem"), "--key", str(folder / "key.pem")]

    def start(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen([self.path, "proxy", *self.options, *self.door], stderr=log)
        wait_for(self.port, self.log)

    def run(self, command, *more):
        return subprocess.run([self.path, command, *self.options, *more], capture_output=True, text=True)

    def observe(self, profile):
        self.policy.write_text(f'profile = "{profile}"\n')
        self.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)


class Client:
    """ManageSieve, with STARTTLS."""

    def __init__(self, number, folder, user="sato", source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", number), 30, (source, 0))
        self.file = self.socket.makefile("rb")
        self.answer()
        self.send("STARTTLS\r\n")
        assert self.answer()[0] == "OK"
        context = ssl.create_default_context(cafile=folder / "cert.pem")
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        self.greeting = self.answer()
        login = base64.b64encode(f"\0{user}\0pw".encode()).decode()
        self.login = self.ask(f'AUTHENTICATE "PLAIN" "{login}"\r\n')

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def line(self):
        out = self.file.readline()
        while out.endswith(b"}\r\n"):
            out += self.file.read(int(out[out.rindex(b"{") + 1 : -3])) + self.file.readline()
        return out.decode()

    def answer(self):
        data = []
        while True:
            line = self.line()
            if not line or line.split(None, 1)[0] in ("OK", "NO", "BYE"):
                return (line.split(None, 1) or [""])[0], line, data
            data.append(line)

    def ask(self, text):
        self.send(text)
        return self.answer()

    @staticmethod
    def put(name, script, command="PUTSCRIPT"):
        name = f'"{name}" ' if command == "PUTSCRIPT" else ""
        return f"{command} {name}{{{len(script.encode())}+}}\r\n{script}\r\n"


def expect(what, seen, wanted=True):
    if seen != wanted:
        raise SystemExit(f"FAILED: {what}: {seen!r} instead of {wanted!r}")
    print(f"ok  {what}", flush=True)


def uploads(guard, dovecot, folder):
    c = Client(guard.port, folder)
    expect("login through the proxy", c.login[0], "OK")
    expect("the server's extensions are offered", any('"SIEVE"' in line and "fileinto" in line for line in c.greeting[2]))
    status, text, _ = c.ask(c.put("evil", OUTSIDE))
    expect("a redirect outside is refused", status, "NO")
    expect("with the reason and the way out in two languages",
           "forward-external-all, line 1" in text and "tell your administrator" in text and "管理者へお知らせください" in text)
    expect("and is not on the server", dovecot.script("sato", "evil"), None)
    expect("a check of it is refused, too", c.ask(c.put("", OUTSIDE, "CHECKSCRIPT"))[0], "NO")
    expect("an inside redirect passes", c.ask(c.put("good", INSIDE))[0], "OK")
    expect("and is stored byte for byte", dovecot.script("sato", "good"), INSIDE)
    expect("and can be switched on", (c.ask('SETACTIVE "good"\r\n')[0], dovecot.active("sato")), ("OK", "good.sieve"))
    status, text, _ = c.ask(c.put("broken", "keep"))
    expect("an error of syntax is told with its line", (status, "line 1" in text), ("NO", True))
    big = "# 日本語\r\n" * 20_000 + INSIDE
    expect("a big script passes", (c.ask(c.put("big", big))[0], dovecot.script("sato", "big")), ("OK", big))
    expect("and comes back", c.ask('GETSCRIPT "big"\r\n')[2][0].partition("\r\n")[2], big + "\r\n")
    c.send(c.put("p1", INSIDE) + c.put("p2", OUTSIDE) + "LISTSCRIPTS\r\n" + c.put("p3", INSIDE) + "NOOP\r\n")
    answers = [c.answer() for _ in range(5)]
    expect("commands at once are answered in their order", [a[0] for a in answers], ["OK", "NO", "OK", "OK", "OK"])
    expect("and the list has what passed", sorted(l.split()[0].strip('"') for l in answers[2][2]), ["big", "good", "p1"])
    c.send('PUTSCRIPT "half" {1000+}\r\nkeep;')
    c.socket.close()
    c.file.close()
    time.sleep(0.3)
    expect("who leaves in a literal leaves nothing", dovecot.script("sato", "half"), None)
    c = Client(guard.port, folder, source="127.0.0.2")
    expect("log out", c.ask("LOGOUT\r\n")[0], "OK")
    expect("Dovecot knows where the client came from", "rip=127.0.0.2" in dovecot.log.read_text())


def sieve_connect(guard, dovecot, folder):
    def run(*what, script=None):
        (folder / "up.sieve").write_text(script or "")
        local = ["--localsieve", str(folder / "up.sieve")] if script else []
        read, write = os.pipe()
        os.write(write, b"pw\n")
        os.close(write)
        try:
            return subprocess.run(
                ["sieve-connect", "--server", "localhost", "--4", "--port", str(guard.port), "--user", "suzuki", "--authmech", "PLAIN",
                 "--tlscafile", str(folder / "cert.pem"), "--passwordfd", str(read), *local, *what],
                pass_fds=[read], capture_output=True, text=True, timeout=60)
        finally:
            os.close(read)

    done = run("--upload", "--remotesieve", "good", script=INSIDE)
    expect("sieve-connect: an inside redirect passes", (done.returncode, dovecot.script("suzuki", "good") is not None), (0, True))
    done = run("--upload", "--remotesieve", "evil", script=OUTSIDE)
    said = done.stdout + done.stderr
    expect("sieve-connect: an outside one is refused", (done.returncode != 0, dovecot.script("suzuki", "evil")), (True, None))
    expect("sieve-connect: and its user reads why", "forward-external-all" in said)
    expect("sieve-connect: activate and list", (run("--activate", "--remotesieve", "good").returncode, "good" in run("--list").stdout), (0, True))


def observed(guard, dovecot, folder):
    guard.observe("observe")
    c = Client(guard.port, folder, "tanaka")
    expect("observe stops nothing", c.ask(c.put("evil", OUTSIDE))[0], "OK")
    expect("and the script is stored", dovecot.script("tanaka", "evil"), OUTSIDE)
    expect("and may be switched on", (c.ask('SETACTIVE "evil"\r\n')[0], dovecot.active("tanaka")), ("OK", "evil.sieve"))
    expect("and the log says what was seen", "script observed" in guard.log.read_text())
    guard.observe("reject")
    expect("after SIGHUP the same session is stopped again", c.ask(c.put("more", OUTSIDE))[0], "NO")
    guard.policy.write_text('profile = "nonsense"\n')
    guard.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    expect("a wrong policy does not replace the old one", c.ask(c.put("more", OUTSIDE))[0], "NO")
    expect("check says so", guard.run("check", *guard.door).returncode, 2)
    guard.policy.write_text('profile = "reject"\n')
    done = guard.run("check", *guard.door)
    expect("check of what is right", (done.returncode, "Pigeonhole" in done.stdout), (0, True))


def pulled(guard, dovecot, folder):
    (folder / "pw").write_text("master\n")
    (folder / "all").write_text("sato\nsuzuki\ntanaka\n")
    visit = ["--admin", "root", "--password-file", str(folder / "pw"), "--users", str(folder / "all")]
    done = guard.run("pull", *visit)
    expect("pull: something is to be stopped", done.returncode, 1)
    expect("pull: and is told", "tanaka evil, active: refuse" in done.stdout and "sato good, active: pass" in done.stdout)
    done = guard.run("pull", *visit, "--json", "--deactivate", "--login", "{user}*{admin}")
    seen = {(s["user"], s["script"]): s for s in map(json.loads, done.stdout.splitlines())}
    expect("pull: every script is there", sorted(seen), [("sato", "big"), ("sato", "good"), ("sato", "p1"), ("sato", "p3"), ("suzuki", "good"), ("tanaka", "evil")])
    expect("pull: only the bad one is switched off", [k for k, s in seen.items() if s["deactivated"]], [("tanaka", "evil")])
    expect("pull: really", (dovecot.active("tanaka"), dovecot.active("sato")), (None, "good.sieve"))
    expect("pull: nothing is deleted", dovecot.script("tanaka", "evil"), OUTSIDE)
    done = guard.run("pull", *visit, "nobody-there")
    expect("pull: who cannot be visited is told", (done.returncode, "nobody-there" in done.stderr), (2, True))


def lost(guard, dovecot, folder):
    c = Client(guard.port, folder)
    dovecot.stop()
    expect("a server that goes down is told, unasked", c.answer()[0], "BYE")
    with socket.create_connection(("127.0.0.1", guard.port), 10) as s:
        expect("a server that is not there is told", s.makefile().readline()[:14], "BYE (TRYLATER)")
    dovecot.start()
    expect("and when it is back all is well", Client(guard.port, folder).login[0], "OK")
    waiting = Client(guard.port, folder)
    expect("SIGTERM ends the guard", guard.stop(), 0)
    expect("and says goodbye", waiting.answer()[0], "BYE")


def main():
    version = install()
    if len(sys.argv) > 1:
        path = os.path.abspath(sys.argv[1])
    else:
        subprocess.run(["cargo", "build", "--locked", "--bin", "forwarding-guard"], cwd=ROOT, check=True)
        path = str(pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/forwarding-guard")
    with tempfile.TemporaryDirectory(prefix="guard-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
             "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
        dovecot = Dovecot(folder)
        guard = Guard(path, folder, dovecot)
        try:
            dovecot.start()
            guard.start()
            for part in (uploads, sieve_connect, observed, pulled, lost):
                part(guard, dovecot, folder)
        except BaseException:
            for log in (dovecot.log, guard.log):
                print(f"--- {log.name}\n{log.read_text()[-4000:] if log.exists() else ''}", file=sys.stderr)
            raise
        finally:
            for process in (getattr(guard, "process", None), dovecot.process):
                if process and process.poll() is None:
                    process.terminate()
                    process.wait(20)
    print(f"all well with Dovecot {version}")


if __name__ == "__main__":
    main()
