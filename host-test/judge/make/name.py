#!/usr/bin/env python3
"""Archives whose members bear names that run, hide or mislead, and honest archives of everyday.

Needs Python 3.11 and zip. What zip encrypts holds random bytes; it is made once and then reused, so that running the
script again changes nothing.
"""

import io
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "corpus" / "name"
HONEST = OUT / "honest"
DATE = (2026, 11, 24, 9, 0, 0)


class Raw(zipfile.ZipInfo):
    """A member whose name is written in the bytes given, as tools without UTF-8 do."""

    raw: bytes | None = None

    def _encodeFilenameFlags(self):
        return (self.raw, self.flag_bits) if self.raw is not None else super()._encodeFilenameFlags()


def put(path: Path, members: list, compression=zipfile.ZIP_DEFLATED) -> None:
    """Members are (name, content) or (name, content, raw name)."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content, *raw in members:
            info = Raw(name, DATE)
            # The constructor cleans names up; archives of attackers are not clean.
            info.filename = name
            info.raw = raw[0] if raw else None
            info.compress_type = zipfile.ZIP_STORED if name.endswith("/") else compression
            archive.writestr(info, content)


def encrypted(path: Path, names: list[str]) -> None:
    if path.exists():
        return
    with tempfile.TemporaryDirectory() as work:
        for name in names:
            (Path(work) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(work) / name).write_text(f"the content of {name}\n" * 8)
        subprocess.run(["zip", "-q", "-X", "-P", "secret", str(path), *names], cwd=work, check=True)


def beside(path: Path, name: str) -> None:
    """Adds a member that is not encrypted."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        if name not in archive.namelist():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, TEXT)


def tar_gz(path: Path, members: list) -> None:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_795_478_400
            archive.addfile(info, io.BytesIO(content.encode()))
    packed = subprocess.run(["gzip", "-n", "-9"], input=plain.getvalue(), capture_output=True, check=True).stdout
    path.write_bytes(packed)


TEXT = "Nothing to see here.\n" * 6


def hostile() -> None:
    put(OUT / "program.zip", [("setup.exe", TEXT), ("readme.txt", TEXT)])
    put(OUT / "program-in-folder.zip", [("files/2026/photo viewer.scr", TEXT)])
    put(OUT / "trailing-dots.zip", [("run.exe. .", TEXT)])
    put(OUT / "full-width.zip", [("請求書．ｅｘｅ", TEXT)])
    put(OUT / "nul.zip", [("invoice.exe\0.txt", TEXT)])
    put(OUT / "many-programs.zip", [(f"tool{n:02}.exe", TEXT) for n in range(20)])
    put(OUT / "script.zip", [("invoice.js", TEXT)])
    put(OUT / "script-among-decoys.zip",
        [("請求書.js", TEXT)] + [(f"picture{n}.png", TEXT) for n in range(12)])
    put(OUT / "hta.zip", [("doc/scan.hta", TEXT)] + [(f"src/file{n}.txt", TEXT) for n in range(20)])
    put(OUT / "class-id.zip", [("invoice.txt.{3050f4d8-98B5-11CF-BB82-00AA00BDCE0B}", TEXT)])
    put(OUT / "shortcut.zip", [("契約書.pdf.lnk", TEXT)])
    put(OUT / "right-to-left.zip", [("invoice_\u202efdp.exe", TEXT)])
    put(OUT / "padded.zip", [("invoice.pdf" + " " * 60 + ".exe", TEXT)])
    put(OUT / "upwards.zip", [("../../Startup/run.txt", TEXT)])
    put(OUT / "upwards-backslash.zip", [("docs\\..\\..\\x.txt", TEXT)])
    put(OUT / "other-machine.zip", [("\\\\server.example\\share\\x.txt", TEXT)])
    put(OUT / "renamed.docx", [("list.txt", TEXT), ("more.txt", TEXT)])
    put(OUT / "renamed.txt", [("list.csv", TEXT)])
    put(OUT / "cp932.zip", [("見積書.txt", TEXT, "見積書.txt".encode("cp932")), ("予定表.txt", TEXT, "予定表.txt".encode("cp932"))])
    encrypted(OUT / "encrypted-program.zip", ["invoice.exe"])
    encrypted(OUT / "encrypted-sources.zip", ["src/run.js", *(f"src/file{n}.ts" for n in range(12))])
    encrypted(OUT / "encrypted-tables.zip", ["table.xlsx", "notes.txt"])
    encrypted(OUT / "partly-encrypted.zip", ["table.xlsx"])
    beside(OUT / "partly-encrypted.zip", "setup.exe")
    # A program of 97 bytes: the smallest thing Windows would start (no code, only headers).
    stub = bytearray(97)
    stub[0:2], stub[0x3C], stub[0x40:0x44] = b"MZ", 0x40, b"PE\0\0"
    (OUT / "program.jpg").write_bytes(stub)
    (OUT / "program.pdf").write_bytes(stub)


def honest() -> None:
    put(HONEST / "documents.zip", [("report.pdf", TEXT), ("table.v2.final.xlsx", TEXT), ("写真/旅行.jpg", TEXT)])
    sources = ["gradlew", "gradlew.bat", "build.gradle", "settings.gradle", "README.md", "gradle/wrapper/gradle-wrapper.jar",
               "src/main/java/App.java", "src/main/resources/static/app.js", "src/main/resources/static/app.css",
               "src/test/java/AppTest.java", "scripts/deploy.sh", "scripts/build.ps1", ".gitignore"]
    put(HONEST / "sources.zip", [(f"project-1.0/{name}", TEXT) for name in sources])
    tar_gz(HONEST / "sources.tar.gz", [(f"project-1.0/{name}", TEXT) for name in sources])
    put(HONEST / "web-page.zip", [("index.html", TEXT), ("style.css", TEXT), ("js/menu.js", TEXT)])
    put(HONEST / "book.epub", [("mimetype", "application/epub+zip"), ("META-INF/container.xml", TEXT),
                               ("OEBPS/page.xhtml", TEXT), ("OEBPS/script.js", TEXT)])
    put(HONEST / "library-1.0-py3-none-any.whl", [("library/__init__.py", TEXT), ("library/launcher.exe", TEXT),
                                                  ("library-1.0.dist-info/WHEEL", TEXT), ("library-1.0.dist-info/RECORD", TEXT)])
    put(HONEST / "letter.docx", [("[Content_Types].xml", TEXT), ("_rels/.rels", TEXT), ("word/document.xml", TEXT)])
    put(HONEST / "old-name.doc", [("[Content_Types].xml", TEXT), ("_rels/.rels", TEXT), ("word/document.xml", TEXT)])
    put(HONEST / "utf8.zip", [("見積書.txt", TEXT)])
    put(HONEST / "dots.zip", [("..hidden/notes...txt", TEXT), ("a.b.c/x..y.txt", TEXT)])
    put(HONEST / "zone-files.zip", [("www.example.com", TEXT), ("db.example.com", TEXT)])
    put(HONEST / "blanks.zip", [("Meeting  notes - final   version.pdf", TEXT), ("議事録　第3回.pdf", TEXT)])


if __name__ == "__main__":
    HONEST.mkdir(parents=True, exist_ok=True)
    hostile()
    honest()
