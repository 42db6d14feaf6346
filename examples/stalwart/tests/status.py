#!/usr/bin/env python3
"""The status page of sekisho-gate in a real Chromium, with scripts switched off: reading, logging in, releasing, deleting.

    sudo python3 examples/stalwart/tests/status.py             # installs Debian's chromium and its driver if missing

Everything is on loopback. Exit status 75: this machine cannot get a browser, so nothing was tried. With --pictures DIR the pages
are kept as PNG.
"""

import argparse
import http.server
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import browser
import postfix
from browser import Browser, Driver
from load import Milter
from postfix import Gate, build, or_not_tried, until, wire
from sink import Sink

PASSWORD = "correct horse 関所 battery"


class House(Gate):
    """The gate with an operator, a spool, and a sink that takes what is released."""

    def __init__(self, binary, directory, sink):
        super().__init__(binary, directory)
        hashed = subprocess.run([binary, "password"], input=PASSWORD + "\n", text=True, capture_output=True, check=True)
        text = self.config.read_text().replace(f"127.0.0.1:{self.release_to}", f"127.0.0.1:{sink.port}")
        text = text.replace("watch-seconds = 1\n", 'watch-seconds = 1\nhelp-url = "https://mail.example.co.jp/help/"\n')
        self.config.write_text(text + f'[[operator]]\nname = "aiko"\npassword = "{hashed.stdout.strip()}"\n')
        self.url = f"http://127.0.0.1:{self.status}"

    def send(self, listener, message):
        """What the milter door says: `y` a reply of its own, `d` drop, `c` go on."""
        client = Milter(self.ports[listener])
        try:
            return client.scan(message)
        finally:
            client.socket.close()

    def hold(self):
        """One more mail in quarantine; its reference."""
        assert self.send("spool", wire("ppap.eml")) == b"d"
        return re.findall(r'mail reference="([0-9A-Z-]+)" listener="spool"', self.said())[-1]


class Test:
    def __init__(self, gate, driver, sink, directory, pictures):
        self.gate, self.driver, self.sink, self.directory, self.pictures = gate, driver, sink, directory, pictures
        self.open = []

    def browser(self, **options):
        self.open.append(Browser(self.driver, **options))
        return self.open[-1]

    def operator(self, **options):
        window = self.browser(**options)
        window.go(self.gate.url + "/login")
        log_in(window, PASSWORD)
        until(lambda: window.url().endswith("/quarantine"), "the login")
        return window

    def picture(self, window, name):
        if self.pictures:
            window.picture(self.pictures / f"{name}.png")

    def end(self):
        for window in self.open:
            window.close()
        self.open = []
        # What a failed test leaves behind is not the next one's.
        self.sink.drops, self.sink.accepted = False, []


def log_in(window, password, name="aiko"):
    window.type("#name", name)
    window.type("#password", password)
    window.click("main form button")


def quiet(window):
    """Nothing was refused by the policy of the page, nothing went wrong."""
    errors = window.errors()
    assert not errors, errors


def post(gate, path, body, headers):
    """A form as another program sends it: code, and where it leads."""
    request = urllib.request.Request(gate.url + path, body.encode(), headers=headers, method="POST")
    opener = urllib.request.build_opener(type("Stay", (urllib.request.HTTPRedirectHandler,),
                                              {"redirect_request": lambda *_: None}))
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location") or error.read().decode()


def test_scripts_are_off_in_this_browser(test):
    page = b"<title>off</title><script>document.title='on'</script>"

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for scripts, title in ((False, "off"), (True, "on")):
        window = test.browser(scripts=scripts)
        window.go(f"http://127.0.0.1:{server.server_port}/")
        assert window.get("title") == title, window.get("title")
    server.shutdown()


def test_verdicts_with_reasons(test):
    assert test.gate.send("mx", wire("plain.eml")) in (b"a", b"c")
    assert test.gate.send("mx", wire("ppap.eml")) == b"y"
    test.gate.hold()
    window = test.browser()
    window.go(test.gate.url)
    told = window.text("table:first-of-type")
    for word in ("reject", "deliver", "quarantine", "need a password", "zip-encrypted", "mx", "spool"):
        assert word in told, (word, told)
    assert "@" not in told, "no addresses"
    assert len(window.all("script")) == 0
    assert "mails judged" in window.text("dl.tiles")
    quiet(window)
    test.picture(window, "verdicts")
    window.click("tr:first-of-type .rule[href='/help/zip-encrypted.html']")
    until(lambda: "/help/" in window.url(), "the page of the rule")
    assert "What you can do" in window.text() and "救済措置" in window.text()
    quiet(window)
    test.picture(window, "help")


def test_languages(test):
    window = test.browser(language="ja")
    window.go(test.gate.url)
    assert window.attribute("html", "lang") == "ja"
    assert "最近の判定" in window.text() and "拒否" in window.text() and "Last verdicts" not in window.text()
    test.picture(window, "verdicts-ja")
    window.click("a[hreflang=en]")
    until(lambda: "Last verdicts" in window.text(), "English")
    window.go(test.gate.url + "/login")
    assert window.attribute("html", "lang") == "en", "remembered"
    window.go(test.gate.url + "/help/zip-encrypted.html?lang=ja")
    assert window.text("main section:first-of-type").startswith("救済措置"), window.text()
    quiet(window)


def test_nothing_of_the_quarantine_without_login(test):
    reference = test.gate.hold()
    window = test.browser()
    for path in ("/quarantine", f"/quarantine/{reference}"):
        window.go(test.gate.url + path)
        assert window.url().endswith("/login") and "sender.example" not in window.source()
    log_in(window, "wrong password")
    until(lambda: "wrong" in window.text(), "the refusal")
    test.picture(window, "login")
    window.go(test.gate.url + "/quarantine")
    assert window.url().endswith("/login")
    log_in(window, PASSWORD)
    until(lambda: window.url().endswith("/quarantine"), "the login")
    cookie = next(cookie for cookie in window.cookies() if cookie["name"] == "sekisho")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict", cookie
    said = test.gate.said()
    assert 'login refused operator="aiko"' in said and 'login operator="aiko"' in said and PASSWORD not in said
    test.gate.quarantine("delete", reference)


def test_release_arrives_once(test):
    reference = test.gate.hold()
    window = test.operator()
    assert reference in window.text("table")
    quiet(window)
    test.picture(window, "quarantine")
    window.click(f"a[href='/quarantine/{reference}']")
    until(lambda: window.url().endswith(reference), "the mail")
    told = window.text("main")
    for word in ("Subject", "a@sender.example", "need a password", "zip-encrypted", "held"):
        assert word in told, (word, told)
    assert "Content-Transfer-Encoding" not in window.source(), "not the raw mail"
    test.picture(window, "mail")
    window.click("form[action$='/release'] button")
    until(lambda: "the mail server took it" in window.text("main"), "the release")
    test.picture(window, "released")
    recipients, message = test.sink.take()[0]
    assert recipients == ["b@example.test"]
    field, rest = message.split(b"\r\n", 1)
    assert field.startswith(b"X-Sekisho-Released: " + reference.encode()) and rest == wire("ppap.eml")
    assert not window.all("form[action$='/release']"), "released is released"
    window.post("refresh")
    assert "the mail server took it" not in window.text("main"), "reloading neither tells nor sends again"
    assert not test.sink.accepted
    assert f'quarantine operator="aiko" reference="{reference}" action="release" outcome="released"' in test.gate.said()
    quiet(window)


def test_two_browsers_release_one_mail(test):
    reference = test.gate.hold()
    windows = [test.operator(), test.operator()]
    for window in windows:
        window.go(f"{test.gate.url}/quarantine/{reference}")
    threads = [threading.Thread(target=window.click, args=("form[action$='/release'] button",)) for window in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: all(window.all(".note") for window in windows), "both outcomes")
    told = [window.text(".note") for window in windows]
    assert sum("the mail server took it" in text for text in told) == 1, told
    time.sleep(0.5)
    assert len(test.sink.take()) == 1


def test_a_release_that_broke_off(test):
    reference = test.gate.hold()
    test.sink.drops = True
    window = test.operator(language="ja")
    window.go(f"{test.gate.url}/quarantine/{reference}")
    window.click("form[action$='/release'] button")
    until(lambda: "届いたかどうか分かりません" in window.text("main"), "the outcome")
    test.picture(window, "broke-off-ja")
    test.sink.drops = False
    test.sink.accepted = []
    window.click("form[action$='/release'] button")
    time.sleep(0.5)
    assert not test.sink.accepted, "not without the box being ticked"
    window.click("input[name=again]")
    window.click("form[action$='/release'] button")
    until(lambda: "解放しました" in window.text("main"), "the second release")
    assert len(test.sink.take()) == 1


def test_delete(test):
    reference = test.gate.hold()
    window = test.operator()
    window.go(f"{test.gate.url}/quarantine/{reference}")
    window.click("details summary")
    window.click("form[action$='/delete'] button")
    until(lambda: "Deleted." in window.text("main"), "the outcome")
    assert reference not in window.text("main")
    assert test.gate.quarantine("show", reference).returncode != 0
    assert not test.sink.accepted
    quiet(window)


def test_logout_ends_it_on_the_server(test):
    reference = test.gate.hold()
    window = test.operator()
    window.go(f"{test.gate.url}/quarantine/{reference}")
    cookie = next(cookie["value"] for cookie in window.cookies() if cookie["name"] == "sekisho")
    csrf = window.attribute("form[action$='/release'] input[name=csrf]", "value")
    window.click("form[action='/logout'] button")
    until(lambda: window.all("a[href='/login']"), "the logout")
    window.post("back")
    window.go(f"{test.gate.url}/quarantine/{reference}")
    assert window.url().endswith("/login")
    headers = {"Cookie": f"sekisho={cookie}", "Origin": test.gate.url}
    for act in ("release", "delete"):
        assert post(test.gate, f"/quarantine/{reference}/{act}", f"csrf={csrf}", headers)[0] == 403
    assert test.gate.quarantine("delete", reference).returncode == 0, "it is still there"
    assert not test.sink.accepted


def test_forged_forms_do_nothing(test):
    reference = test.gate.hold()
    window = test.operator()
    window.go(f"{test.gate.url}/quarantine/{reference}")
    cookie = next(cookie["value"] for cookie in window.cookies() if cookie["name"] == "sekisho")
    csrf = window.attribute("form[action$='/release'] input[name=csrf]", "value")
    ours, path = {"Cookie": f"sekisho={cookie}", "Origin": test.gate.url}, f"/quarantine/{reference}/release"
    assert post(test.gate, path, "", ours)[0] == 403
    assert post(test.gate, path, "csrf=" + csrf[:-1], ours)[0] == 403
    assert post(test.gate, path, "csrf=" + csrf, {**ours, "Origin": "https://evil.example"})[0] == 403
    assert post(test.gate, path, "csrf=" + csrf, {"Origin": test.gate.url})[0] == 403
    assert not test.sink.accepted
    assert post(test.gate, path, "csrf=" + csrf, ours) == (303, f"/quarantine/{reference}"), "the right one works"
    test.sink.take()


def test_narrow_and_dark(test):
    test.gate.hold()
    for dark in (False, True):
        window = test.operator(size=(390, 844), dark=dark)
        for path, name in (("/", "verdicts"), ("/quarantine", "quarantine"), ("/help/zip-encrypted.html", "help")):
            window.go(test.gate.url + path)
            content, viewport = window.width()
            assert content <= viewport, f"{path} is {content} wide in {viewport}"
            test.picture(window, f"{name}-narrow-{'dark' if dark else 'light'}")
        window.go(test.gate.url + "/quarantine")
        window.go(test.gate.url + window.attribute("tbody tr:first-of-type a.ref", "href"))
        test.picture(window, f"mail-narrow-{'dark' if dark else 'light'}")
        quiet(window)
    wide = test.operator(dark=True)
    wide.go(test.gate.url)
    test.picture(wide, "verdicts-dark")


def test_every_field_has_a_label_and_the_keyboard_works(test):
    window = test.browser()
    window.go(test.gate.url + "/login")
    for field in window.all("input:not([type=hidden])"):
        assert window.get(f"element/{field}/computedlabel"), "a name for screen readers"
    log_in_by_keyboard = PASSWORD + "\ue007"
    window.type("#name", "aiko")
    window.type("#password", log_in_by_keyboard)
    until(lambda: window.url().endswith("/quarantine"), "the login by the key Enter")
    roles = {window.get(f"element/{head}/computedrole") for head in window.all("thead th")}
    assert roles == {"columnheader"}, roles
    window.go(test.gate.url)
    assert {window.get(f"element/{table}/computedrole") for table in window.all("table")} == {"table"}


def test_the_reply_names_the_page(test):
    said = []

    class Listening(Milter):
        def take(self):
            said.append(super().take())
            return said[-1]

    client = Listening(test.gate.ports["mx"])
    assert client.scan(wire("ppap.eml")) == b"y"
    client.socket.close()
    (reply,) = [answer[1:].rstrip(b"\0").decode("ascii") for answer in said if answer[:1] == b"y"]
    assert reply.endswith("] see https://mail.example.co.jp/help/zip-encrypted.html") and len(reply) < 500, reply
    pages = test.directory / "help"
    done = subprocess.run([test.gate.binary, "help-pages", pages], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    window = test.browser()
    window.go(f"file://{pages}/zip-encrypted.html")
    assert "What you can do" in window.text() and "救済措置" in window.text()
    quiet(window)
    test.picture(window, "help-file")


def test_over_tls(test):
    """Beyond loopback a login wants TLS; the cookie is then bound to the host and to TLS."""
    directory = test.directory / "tls"
    directory.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", directory / "key.pem", "-out", directory / "cert.pem", "-subj", "/CN=gate.test.invalid"],
                   check=True, capture_output=True)
    tls = House(test.gate.binary, directory, test.sink)
    text = tls.config.read_text()
    tls.config.write_text(text.replace(f"127.0.0.1:{tls.status}", f"0.0.0.0:{tls.status}"))
    checked = tls.check()
    assert checked.returncode != 0 and "status-tls" in checked.stderr, checked.stderr
    secured = 'watch-seconds = 1\nstatus-tls = { certificate = "cert.pem", key = "key.pem" }\n'
    tls.config.write_text(text.replace("watch-seconds = 1\n", secured))
    process = subprocess.Popen([tls.binary, "run", tls.config], stderr=tls.log)
    try:
        until(lambda: postfix.answers(tls.status), "the gate over TLS")
        tls.url = tls.url.replace("http:", "https:")
        window = test.browser(insecure=True)
        window.go(tls.url + "/login")
        log_in(window, PASSWORD)
        until(lambda: window.url() == tls.url + "/quarantine", "the login")
        cookie = next(cookie for cookie in window.cookies() if cookie["name"] == "__Host-sekisho")
        assert cookie["secure"] and cookie["httpOnly"] and cookie["path"] == "/", cookie
        quiet(window)
    finally:
        process.terminate()
        process.wait(40)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options.add_argument("--pictures", type=Path, help="where pictures of the pages go")
    options.add_argument("only", nargs="*", help="names of tests, or parts of them")
    options = options.parse_args()
    binary = (options.gate or build()).resolve()
    or_not_tried(browser.install)
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    tests = [(n, t) for n, t in globals().items() if n.startswith("test_")]
    tests = [(n, t) for n, t in tests if not options.only or any(o in n for o in options.only)]
    directory = Path(tempfile.mkdtemp(prefix="sekisho-status-"))
    (directory / "gate").mkdir()
    sink = Sink()
    gate, driver = House(binary, directory / "gate", sink), Driver()
    test = Test(gate, driver, sink, directory, options.pictures)
    failed = 0
    gate.start()
    try:
        for name, function in tests:
            start = time.monotonic()
            try:
                function(test)
                print(f"ok     {name[5:].replace('_', ' ')} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception as error:  # whatever it is, the other tests still run
                failed += 1
                print(f"FAILED {name[5:].replace('_', ' ')}: {type(error).__name__}: {str(error)[:2000]}", flush=True)
            test.end()
        gate.stop()
    finally:
        gate.process.kill()
        driver.stop()
    if failed:
        sys.exit(f"{failed} of {len(tests)} failed; see {directory}")
    shutil.rmtree(directory)
    print(f"{len(tests)} tests in {subprocess.run(['chromium', '--version'], capture_output=True, text=True).stdout.strip()}")


if __name__ == "__main__":
    main()
