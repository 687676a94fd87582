"""Open every page of the built site in Chromium, on a screen as narrow as a phone's, and look.

``python .ci/browse.py SITE`` fails if a page logs an error, scrolls sideways, shows raw markup,
equations that are not rendered, or an image that is blank or missing. It fails if a signature does
not wrap, if a documented name is mentioned in code and leads nowhere, if the Spanish pages are not
in Spanish, and if the search does not find what readers look for. It needs the package
websocket-client. Without Chromium it says so, and passes.
"""

import contextlib
import functools
import http.client
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import websocket

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "_ext"))

WIDTH = 390
TIMEOUT = 60  # seconds for any one answer, many times what it takes
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
# Words that a search on the site has to find, by the page of the search.
SEARCHES = {
    "search.html": ("categorical", "missing values", "MLPClassifier"),
    "course/es/search.html": ("perceptrón", "pérdida"),
}

# Pages without which a site is not whole.
EXPECTED = {"index.html", "auto_examples/index.html", "course/es/index.html", "api/index.html"}

# What is around the text of a page, and words of it that a page in Spanish does not have.
INTERFACE = """
() => [...document.querySelectorAll("header, footer, .bd-sidebar, .prev-next-area")].map(
  (e) => e.textContent).join(" ")
"""
ENGLISH = re.compile(r"\b(?:More|Section Navigation|On this page|Next|Previous|Created using)\b")

# What is wrong with the page that is open, as a list of strings.
LOOK = r"""
async () => {
  const wrong = [];
  if (window.MathJax?.startup) await window.MathJax.startup.promise;
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("main *")].filter(
      (e) => e.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 3);
    wrong.push(`scrolls sideways: ${root.scrollWidth} pixels wide, ` +
      wide.map((e) => `${e.tagName}.${e.className}`).join(", "));
  }
  for (const signature of document.querySelectorAll("dt.sig"))
    if (signature.scrollWidth > signature.clientWidth + 1)
      wrong.push(`a signature does not wrap: ${signature.innerText.slice(0, 60)}`);
  const article = document.querySelector("article") ?? document.body;
  for (const mark of ["<literal", "[Text(", "<matplotlib.", "<Figure size", "<Axes", "{ref}"])
    if (article.innerText.includes(mark)) wrong.push(`raw markup: ${mark}`);
  const prose = article.cloneNode(true);
  const verbatim = "pre, code, mjx-container, script, style, .output_html";
  prose.querySelectorAll(verbatim).forEach((e) => e.remove());
  for (const mark of ["$", "<class", "\\(", "```", "]("])
    if (prose.textContent.includes(mark)) {
      const place = prose.textContent.indexOf(mark);
      wrong.push(`raw markup: ${prose.textContent.slice(place, place + 40)}`);
    }
  const equations = article.querySelectorAll(".math").length;
  const rendered = article.querySelectorAll(".math mjx-container").length;
  if (rendered < equations || article.querySelector("mjx-merror"))
    wrong.push(`${rendered} of ${equations} equations are rendered`);
  for (const image of document.images) {
    image.loading = "eager";
    try { await image.decode(); } catch { }
    if (!image.naturalWidth) { wrong.push(`no image: ${image.src}`); continue; }
    if (image.src.endsWith(".svg")) continue;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, 64, 64);
    const pixels = new Uint32Array(context.getImageData(0, 0, 64, 64).data.buffer);
    if (new Set(pixels).size < 8) wrong.push(`a blank image: ${image.src}`);
  }
  return wrong;
}
"""

# How often each code is on the page, and which of them are links.
CODES = """
() => {
  const article = document.querySelector("article") ?? document.body;
  const codes = [...article.querySelectorAll("code.literal")].filter(
    (e) => !e.closest("h1, h2, h3, h4, h5, h6"));
  return codes.map((e) => [e.textContent, e.closest("a") !== null]);
}
"""

SEARCH = """
async () => {
  for (let waited = 0; waited < 20000; waited += 100) {
    const found = document.querySelectorAll("#search-results li, ul.search li").length;
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  return 0;
}
"""


class Page:
    """A tab of the browser, by Chromium's protocol for its developer tools."""

    def __init__(self, address):
        self._socket = websocket.create_connection(address, timeout=TIMEOUT)
        self._last = 0
        self.errors = []
        self._loaded = False
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        screen = {"width": WIDTH, "height": 844, "deviceScaleFactor": 1, "mobile": True}
        self.call("Emulation.setDeviceMetricsOverride", **screen)

    def call(self, method, **parameters):
        """Send a command, and return its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while (answer := self._receive()).get("id") != self._last:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, url):
        """Go to a page, and wait until it is there with all that it loads."""
        self.errors, self._loaded = [], False
        self.call("Page.navigate", url=url)
        while not self._loaded:
            self._receive()

    def evaluate(self, function):
        """Return what a function without arguments returns in the page."""
        result = self.call(
            "Runtime.evaluate", expression=f"({function})()", awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def _receive(self):
        message = json.loads(self._socket.recv())
        event, about = message.get("method"), message.get("params", {})
        if event == "Page.loadEventFired":
            self._loaded = True
        elif event == "Runtime.exceptionThrown":
            self.errors.append(str(about["exceptionDetails"])[:300])
        elif event == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
            self.errors.append(str(about["args"])[:300])
        elif event == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.errors.append(f"{about['entry']['text']} {about['entry'].get('url', '')}")
        return message


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing of each."""

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def served(directory):
    """Serve a directory on this machine only, and give its address."""
    handler = functools.partial(Silent, directory=directory)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextlib.contextmanager
def browser(program):
    """Start a browser with a profile of its own, and give a page of it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        environment = {**os.environ, "HOME": profile}
        command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, env=environment, **quiet)
        try:
            port = wait_for_port(Path(profile, "DevToolsActivePort"), process)
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
                connection.request("PUT", "/json/new?about:blank")
                tab = json.loads(connection.getresponse().read())
            yield Page(tab["webSocketDebuggerUrl"])
        finally:
            process.terminate()
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for_port(file, process):
    """Port on which the browser listens, which it writes to a file."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, IndexError, ValueError):
            return int(file.read_text().splitlines()[0])
        time.sleep(0.1)
    raise RuntimeError("the browser did not start")


def names_without_link(codes):
    """Names that are documented, are mentioned in code, and lead nowhere."""
    from names import full_name, spellings

    full_names = spellings()
    mentioned, linked = set(), set()
    for text, is_link in codes:
        if name := full_name(text, full_names):
            mentioned.add(name)
            if is_link:
                linked.add(name)
    return mentioned - linked


def problems_of(page, name):
    """Whatever is wrong with the page that is open."""
    wrong = page.evaluate(LOOK)
    if not name.startswith("api/generated/"):  # there a class need not lead to itself
        unlinked = sorted(names_without_link(page.evaluate(CODES)))
        wrong += [f"no link to {missing}" for missing in unlinked]
    language = page.evaluate("() => document.documentElement.lang")
    if language != ("es" if name.startswith("course/es/") else "en"):
        wrong.append(f"its language is {language}")
    if language == "es":
        english = sorted(set(ENGLISH.findall(page.evaluate(INTERFACE))))
        wrong += [f"the interface is not in Spanish: {words}" for words in english]
    return wrong + page.errors


def pages_of(site):
    """Pages that readers see, by their path in the site."""
    names = sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))
    return [name for name in names if "_static/" not in name]


def look_at(site, program):
    """Print what is wrong with a site, and return how much it is."""
    names = pages_of(site)
    wrong = [f"no page {name}" for name in sorted(EXPECTED.difference(names))]
    with served(site) as address, browser(program) as page:
        for name in names:
            page.open(f"{address}/{name}")
            wrong += [f"{name}: {problem}" for problem in problems_of(page, name)]
        for search, queries in SEARCHES.items():
            for query in queries:
                page.open(f"{address}/{search}?q={query.replace(' ', '+')}")
                if not page.evaluate(SEARCH):
                    wrong.append(f"{search} does not find {query!r}")
                wrong += [f"{search}, {query!r}: {error}" for error in page.errors]
    print(*wrong, f"{len(names)} pages looked at, {len(wrong)} problems", sep="\n")
    return len(wrong)


if __name__ == "__main__":
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        print("\n!!! no Chromium is installed: THE SITE WAS NOT LOOKED AT IN A BROWSER !!!\n")
    elif look_at(Path(sys.argv[1]).resolve(), program):
        sys.exit(1)
