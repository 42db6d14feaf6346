"""A real Chromium, driven over WebDriver (W3C) with the standard library alone."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from postfix import answers, free_ports, until

PACKAGES = ["chromium", "chromium-driver", "fonts-noto-cjk"]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def install():
    """Debian's browser and its driver, when they are missing."""
    if shutil.which("chromedriver") and shutil.which("chromium"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", "-qq", *command], check=True, env=environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Driver:
    """chromedriver on a port of its own."""

    def __init__(self):
        self.port, = free_ports(1)
        self.process = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        until(lambda: answers(self.port), "chromedriver")

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from None

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Browser:
    """One window of a browser that knows nothing yet: no cookies, no history."""

    def __init__(self, driver, language="en", scripts=False, dark=False, size=(1280, 900), insecure=False):
        self.driver, self.profile = driver, tempfile.mkdtemp(prefix="sekisho-chromium-")
        preferences = {"intl.accept_languages": language}
        if not scripts:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        flags = [*FLAGS, f"--user-data-dir={self.profile}", f"--window-size={size[0]},{size[1]}"]
        if dark:
            flags.append("--force-dark-mode")
        options = {"args": flags, "prefs": preferences, "binary": shutil.which("chromium")}
        wanted = {"browserName": "chrome", "acceptInsecureCerts": insecure, "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL"}}
        session = driver.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.at = f"/session/{session['sessionId']}"
        self.post("goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride",
                  params={"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False})
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.post("goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": scheme})

    def get(self, path):
        return self.driver.call("GET", f"{self.at}/{path}")

    def post(self, path, **body):
        return self.driver.call("POST", f"{self.at}/{path}", body)

    def go(self, url):
        self.post("url", url=url)

    def url(self):
        return self.get("url")

    def source(self):
        return self.get("source")

    def all(self, selector):
        return [found[ELEMENT] for found in self.post("elements", using="css selector", value=selector)]

    def one(self, selector):
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} of {selector} on {self.url()}"
        return found[0]

    def on(self, selector, call, seconds=5):
        """Does something with the one element of that name, looked for anew while a page gives way to the next."""
        end = time.monotonic() + seconds
        while True:
            try:
                return call(f"element/{self.one(selector)}")
            except AssertionError as error:
                passing = str(error).startswith("0 of ") or "stale element reference" in str(error)
                if not passing or time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def text(self, selector="body"):
        return self.on(selector, lambda element: self.get(f"{element}/text"))

    def attribute(self, selector, name):
        return self.on(selector, lambda element: self.get(f"{element}/attribute/{name}"))

    def type(self, selector, text):
        self.on(selector, lambda element: self.post(f"{element}/value", text=text))

    def click(self, selector):
        self.on(selector, lambda element: self.post(f"{element}/click"))

    def errors(self):
        """What the console complains of."""
        return [entry for entry in self.post("se/log", type="browser") if entry["level"] in ("SEVERE", "WARNING")]

    def cookies(self):
        return self.get("cookie")

    def picture(self, file):
        size = self.post("goog/cdp/execute", cmd="Page.getLayoutMetrics", params={})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1}
        shot = self.post("goog/cdp/execute", cmd="Page.captureScreenshot",
                         params={"format": "png", "captureBeyondViewport": True, "clip": clip})
        file.write_bytes(base64.b64decode(shot["data"]))

    def width(self):
        """The width of what is on the page, and of the window."""
        metrics = self.post("goog/cdp/execute", cmd="Page.getLayoutMetrics", params={})
        return metrics["cssContentSize"]["width"], metrics["cssLayoutViewport"]["clientWidth"]

    def close(self):
        self.driver.call("DELETE", self.at)
        shutil.rmtree(self.profile, ignore_errors=True)
