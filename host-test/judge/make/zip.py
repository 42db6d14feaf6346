#!/usr/bin/env python3
"""ZIP archives: encrypted ones of every scheme, tricks of structure, and honest archives of many makers.

Needs Python 3.11, zip, unzipsfx, 7z (with its ZIP AES and Deflate64), bsdtar, a JDK (jar, keytool, jarsigner) and, for
AE-1, pyzipper. What these tools make differs from run to run (salts, keys, times), so a file that is there is kept;
remove it to make it anew. Everything else is patched into those files, the same bytes every time.
"""

import io
import os
import shutil
import struct
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "corpus" / "zip"
ENCRYPTED, STRUCTURE, HONEST = OUT / "encrypted", OUT / "structure", OUT / "honest"
PASSWORD = "Kx7#mP2q"
TIME = 1_700_000_000

INVOICE = ("品名,数量,単価\n" + "ボルト M6,100,12\nナット M6,100,8\n" * 20).encode()
CONTRACT = b"This agreement is made between the parties named below.\n" * 12
NOTE = "仕様は別紙のとおりです。\n".encode() * 10
FILES = {"invoice.csv": INVOICE, "contract.txt": CONTRACT, "note.txt": NOTE}
JAPANESE = {"お見積書.csv": INVOICE, "契約書案.txt": CONTRACT, "ソース一覧表.txt": NOTE}


def run(*command, cwd, **more):
    subprocess.run([str(c) for c in command], cwd=cwd, check=True, stdout=subprocess.DEVNULL, **more)


def tool(path: Path, files: dict, make) -> bytes:
    """Lets a tool make a file out of files in a folder, unless it is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as work:
            for name, data in files.items():
                target = Path(work) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                os.utime(target, (TIME, TIME))
            out = make(Path(work), list(files))
            shutil.copyfile(Path(work) / out, path)
    return path.read_bytes()


def zipped(path: Path, files: dict = FILES, *options, name: str = "out.zip") -> bytes:
    def make(work, names):
        run("zip", "-q", "-X", *options, name, *names, cwd=work)
        return name
    return tool(path, files, make)


def seven(path: Path, files: dict = FILES, *options, name: str = "out.zip") -> bytes:
    def make(work, names):
        run("7z", "a", "-bso0", "-tzip", *options, name, *names, cwd=work)
        return name
    return tool(path, files, make)


def save(path: Path, data: bytes) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return data


def python_zip(files: dict, method=zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20))
            z.writestr(info, data, method)
        z.comment = comment
    return out.getvalue()


# Records by hand, for what no tool makes.

def local(name: bytes, data: bytes, *, flags=0, method=0, crc=0, packed=None, plain=0, extra=b"", need=20, date=0x576E) -> bytes:
    packed = len(data) if packed is None else packed
    head = struct.pack("<IHHHHHIIIHH", 0x04034B50, need, flags, method, 0xB1AA, date, crc, packed, plain, len(name), len(extra))
    return head + name + extra + data


def central(name: bytes, offset: int, *, flags=0, method=0, crc=0, packed=0, plain=0, extra=b"", need=20, disk=0, comment=b"") -> bytes:
    head = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 63, need, flags, method, 0xB1AA, 0x576E, crc, packed, plain,
                       len(name), len(extra), len(comment), disk, 0, 0, offset)
    return head + name + extra + comment


def end(count: int, size: int, offset: int, *, comment: bytes = b"", disk=0, directory_disk=0, here=None) -> bytes:
    here = count if here is None else here
    return struct.pack("<IHHHHIIH", 0x06054B50, disk, directory_disk, here, count, size, offset, len(comment)) + comment


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


class Archive:
    """An archive taken apart, to be put together otherwise."""

    def __init__(self, data: bytes):
        self.data = bytearray(data)
        self.end = data.rindex(b"PK\5\6")
        self.count, self.size, self.offset = struct.unpack_from("<HII", data, self.end + 10)
        self.centrals, at = [], self.offset
        for _ in range(self.count):
            self.centrals.append(at)
            n, x, c = struct.unpack_from("<HHH", data, at + 28)
            at += 46 + n + x + c
        self.locals = [struct.unpack_from("<I", data, at + 42)[0] for at in self.centrals]

    def put(self, at: int, layout: str, *values):
        struct.pack_into("<" + layout, self.data, at, *values)
        return self

    def each(self, which: str, field: int, layout: str, change):
        """Changes a field, by its place in the local header, in local (`l`) or central (`c`) headers or both."""
        for at in self.locals if "l" in which else []:
            self.put(at + field, layout, change(*struct.unpack_from("<" + layout, self.data, at + field)))
        for at in self.centrals if "c" in which else []:
            self.put(at + field + 2, layout, change(*struct.unpack_from("<" + layout, self.data, at + field + 2)))
        return self

    @property
    def members(self) -> bytes:
        return bytes(self.data[: self.offset])

    @property
    def directory(self) -> bytes:
        return bytes(self.data[self.offset : self.offset + self.size])

    def bytes(self) -> bytes:
        return bytes(self.data)


def shifted(data: bytes, by: int) -> bytes:
    """The archive with offsets that count from the start of a file in which it begins at `by`."""
    a = Archive(data)
    for at in a.centrals:
        a.put(at + 42, "I", struct.unpack_from("<I", a.data, at + 42)[0] + by)
    return a.put(a.end + 16, "I", a.offset + by).bytes()


def in_cp932(data: bytes) -> bytes:
    """The archive as Japanese writers make it: names in CP932, no UTF-8 flag."""
    a, members, directory = Archive(data), b"", b""
    for at, local_at in zip(a.centrals, a.locals):
        n, x, c = struct.unpack_from("<HHH", data, at + 28)
        name = data[at + 46 : at + 46 + n].decode().encode("cp932")
        flags = struct.unpack_from("<H", data, at + 8)[0] & ~0x800
        ln, lx = struct.unpack_from("<HH", data, local_at + 26)
        body = data[local_at + 30 + ln + lx :][: struct.unpack_from("<I", data, at + 20)[0]]
        directory += data[at : at + 8] + struct.pack("<H", flags) + data[at + 10 : at + 28] + struct.pack("<HHH", len(name), 0, 0)
        directory += data[at + 34 : at + 42] + struct.pack("<I", len(members)) + name
        members += data[local_at : local_at + 6] + struct.pack("<H", flags) + data[local_at + 8 : local_at + 26]
        members += struct.pack("<HH", len(name), 0) + name + body
    return members + directory + end(a.count, len(directory), len(members))


def without_flags(data: bytes, which="lc") -> bytes:
    return Archive(data).each(which, 6, "H", lambda f: f & ~1).bytes()


PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082")
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
PDF = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >> endobj
trailer << /Root 1 0 R /Size 4 >>
%%EOF
"""


def tiny_pe() -> bytes:
    """A program for Windows that does nothing: the headers, and one section with `xor eax, eax; ret`."""
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, 224, 0x10F)
    optional = struct.pack("<HBBIIIIIIIIIHHHHHHIIIIHHIIIIII", 0x10B, 1, 0, 512, 0, 0, 0x1000, 0x1000, 0x2000, 0x400000, 0x1000, 512,
                           4, 0, 0, 0, 4, 0, 0, 0x2000, 512, 0, 2, 0, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16) + bytes(128)
    section = b".text\0\0\0" + struct.pack("<IIIIIIHHI", 3, 0x1000, 512, 512, 0, 0, 0, 0, 0x60000020)
    return (dos + coff + optional + section).ljust(512, b"\0") + b"\x31\xc0\xc3".ljust(512, b"\0")


def strong_member(name: bytes, algorithm: int, bits: int, flags: int) -> tuple[bytes, dict]:
    """Strongly encrypted data (APPNOTE 7.2): a decryption header, then noise in place of the ciphertext."""
    noise = bytes((i * 197 + 31) * (i + 7) >> 3 & 255 for i in range(160))
    header = struct.pack("<H", 16) + noise[:16]
    rest = struct.pack("<HHHH", 3, algorithm, bits, flags) + struct.pack("<H", 32) + noise[16:48] + bytes(4) + struct.pack("<H", 20) + noise[48:68]
    data = header + struct.pack("<I", len(rest)) + rest + noise
    extra = struct.pack("<HHHHHH", 0x17, 8, 2, algorithm, bits, flags)
    return data, {"flags": 0x41, "method": 8, "crc": 0x1234ABCD, "plain": 400, "extra": extra, "need": 50}


def strong(algorithm: int, bits: int, flags: int) -> bytes:
    name = b"contract.txt"
    data, fields = strong_member(name, algorithm, bits, flags)
    member = local(name, data, **{**fields, "extra": b""})
    directory = central(name, 0, packed=len(data), **fields)
    return member + directory + end(1, len(directory), len(member))


def sealed_directory(zip64: bool) -> bytes:
    """An encrypted directory with masked local headers (APPNOTE 7.3)."""
    members = b""
    for n in range(1, 4):
        data, _ = strong_member(b"%X" % n, 0x6610, 256, 1)
        members += local(b"%X" % n, data, flags=0x2041, method=8, need=62, date=0)
    directory, _ = strong_member(b"", 0x6610, 256, 1)
    out = members + directory
    if zip64:
        record = struct.pack("<HHIIQQQQ", 62, 62, 0, 0, 3, 3, len(directory), len(members))
        record += struct.pack("<HQQHHHHH", 8, len(directory), 200, 0x6610, 256, 1, 0x8004, 20) + bytes(20)
        locator = struct.pack("<IIQI", 0x07064B50, 0, len(out), 1)
        out += struct.pack("<IQ", 0x06064B50, len(record)) + record + locator
        return out + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, here=0)
    return out + end(0xFFFF, len(directory), len(members), here=0)


def encrypted():
    e = ENCRYPTED
    classic = zipped(e / "zipcrypto.zip", FILES, "-P", PASSWORD)
    zipped(e / "zipcrypto-japanese.zip", JAPANESE, "-P", PASSWORD)
    zipped(e / "zipcrypto-zip64.zip", FILES, "-fz", "-P", PASSWORD)
    zipped(e / "zipcrypto-comment.zip", FILES, "-P", PASSWORD)
    seven(e / "zipcrypto-7z.zip", FILES, f"-p{PASSWORD}", "-mem=ZipCrypto")
    japanese = seven(e / "zipcrypto-7z-japanese.zip", JAPANESE, f"-p{PASSWORD}", "-mem=ZipCrypto")
    save(e / "zipcrypto-cp932.zip", in_cp932(japanese))
    aes = seven(e / "aes256.zip", FILES, f"-p{PASSWORD}", "-mem=AES256")
    seven(e / "aes192.zip", FILES, f"-p{PASSWORD}", "-mem=AES192")
    seven(e / "aes128-japanese.zip", JAPANESE, f"-p{PASSWORD}", "-mem=AES128")
    seven(e / "aes256-lzma.zip", FILES, f"-p{PASSWORD}", "-mem=AES256", "-mm=LZMA")
    seven(e / "empty-file.zip", {"empty.txt": b""}, f"-p{PASSWORD}", "-mem=AES256")
    tool(e / "aes256-bsdtar.zip", FILES, bsdtar("zip:encryption=aes256"))
    tool(e / "zipcrypto-bsdtar.zip", FILES, bsdtar("zip:encryption=traditional"))
    tool(e / "aes128-ae1.zip", FILES, ae1)
    tool(e / "zipcrypto-streamed.zip", {"contract.txt": CONTRACT}, streamed)
    tool(e / "partly.zip", FILES, partly)
    tool(e / "last-of-many.zip", {f"{n}.txt": b"%d\n" % n for n in range(300)} | {"~secret.txt": CONTRACT}, last_of_many)
    save(e / "strong-aes256.zip", strong(0x6610, 256, 1))
    save(e / "strong-3des-either.zip", strong(0x6603, 168, 3))
    save(e / "certificate.zip", strong(0x660E, 128, 2))
    save(e / "directory-sealed.zip", sealed_directory(True))
    save(e / "directory-sealed-no-zip64.zip", sealed_directory(False))

    # In front of it, behind it, around it.
    stub = b"This program cannot be run in DOS mode.\r\n" * 9
    save(e / "prefix-unadjusted.zip", stub + classic)
    save(e / "prefix-adjusted.zip", stub + shifted(classic, len(stub)))
    save(e / "prefix-aes.dat", stub + aes)
    save(e / "self-extracting.exe", tiny_pe() + shifted(classic, 1024))
    tool(e / "self-extracting-elf", {"contract.txt": CONTRACT}, elf_sfx)
    save(e / "picture.png", PNG + classic)
    save(e / "picture.gif", GIF + shifted(aes, len(GIF)))
    save(e / "document.pdf", PDF + classic)
    save(e / "script.sh", b"#!/bin/sh\nunzip -P x \"$0\"\nexit\n" + classic)
    save(e / "script.bat", b"@echo off\r\nstart invoice.csv\r\nexit /b\r\n" + classic)
    plain = python_zip({"readme.txt": b"Nothing to see here.\n"})
    save(e / "second-of-two.zip", plain + classic)
    save(e / "first-of-two.zip", classic + plain)
    save(e / "second-of-two-adjusted.zip", plain + shifted(classic, len(plain)))
    save(e / "in-the-comment.zip", Archive(plain).put(len(plain) - 2, "H", len(classic)).bytes() + classic)
    save(e / "fake-end-in-comment.zip", with_comment(classic, end(0, 0, 0)))
    save(e / "fake-end-other-archive.zip", with_comment(plain[:-22] + shifted(classic, len(plain) - 22), end(1, Archive(plain).size, Archive(plain).offset)))
    save(e / "long-comment.zip", with_comment(classic, b"Thank you for your business. " * 300))
    save(e / "long-trailer.zip", classic + b"\x55\xAA" * 33_000)
    save(e / "zero-counts.zip", Archive(classic).put(Archive(classic).end + 8, "HH", 0, 0).bytes())
    save(e / "count-one.zip", Archive(classic).put(Archive(classic).end + 8, "HH", 1, 1).bytes())
    save(e / "no-end.zip", classic[: Archive(classic).end])
    save(e / "no-directory.zip", Archive(classic).members)
    save(e / "no-directory-aes.zip", Archive(aes).members)
    save(e / "half-directory.zip", classic[: Archive(classic).centrals[1] + 20])
    save(e / "cut-in-the-data.zip", classic[: Archive(classic).locals[1] + 90])
    save(e / "directory-offset-wrong.zip", Archive(classic).put(Archive(classic).end + 12, "II", 7, 99).bytes())
    save(e / "gap-before-end.zip", classic[: Archive(classic).end] + b"\x90" * 77 + classic[Archive(classic).end :])

    # What the headers say, and what is true.
    save(e / "flags-cleared-local.zip", without_flags(classic, "l"))
    save(e / "flags-cleared-central.zip", without_flags(classic, "c"))
    save(e / "flags-cleared.zip", without_flags(classic))
    save(e / "flags-cleared-aes.zip", without_flags(aes))
    stored = zipped(e / "zipcrypto-stored.zip", {"contract.txt": CONTRACT}, "-0", "-P", PASSWORD)
    save(e / "flags-cleared-stored.zip", without_flags(stored))
    save(e / "flags-cleared-strong.zip", Archive(strong(0x6610, 256, 1)).each("lc", 6, "H", lambda f: 0).bytes())
    save(e / "strong-bits-on-zipcrypto.zip", Archive(classic).each("lc", 6, "H", lambda f: f | 0x40).bytes())
    save(e / "aes-strength-zero.zip", aes_extra(aes, 8, b"\0"))
    save(e / "aes-length-wrong.zip", aes_extra(aes, 2, struct.pack("<H", 300)))
    save(e / "aes-without-extra.zip", aes_extra(aes, 0, struct.pack("<H", 0x9977)))
    save(e / "need-twenty.zip", Archive(aes).each("lc", 4, "H", lambda v: 20).bytes())
    save(e / "masked-flag.zip", Archive(classic).each("l", 6, "H", lambda f: f | 0x2000).bytes())

    # Inside of something.
    inner = python_zip({"invoice.zip": classic}, zipfile.ZIP_STORED)
    for _ in range(4):
        inner = python_zip({"archive.zip": inner}, zipfile.ZIP_DEFLATED)
    save(e / "five-deep.zip", inner)
    save(e / "stored-inside.zip", python_zip({"a.txt": CONTRACT, "invoice.zip": classic}, zipfile.ZIP_STORED))
    save(e / "in-a-document.docx", python_zip({**docx(), "word/embeddings/oleObject1.bin": aes}))
    save(e / "renamed.docx", classic)
    save(e / "renamed.txt", aes)
    save(e / "outer-cut.zip", python_zip({"a.txt": CONTRACT, "invoice.zip": classic}, zipfile.ZIP_STORED)[:-90])
    save(e / "covered-by-fake-member.zip", local(b"photo.bin", b"", packed=len(classic), plain=len(classic), crc=zlib.crc32(classic)) + classic)


def bsdtar(option):
    def make(work, names):
        run("bsdtar", "-a", "-cf", "out.zip", "--options", option, "--passphrase", PASSWORD, *names, cwd=work)
        return "out.zip"
    return make


def ae1(work, names):
    import pyzipper

    with pyzipper.AESZipFile(work / "out.zip", "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as z:
        z.setpassword(PASSWORD.encode())
        z.setencryption(pyzipper.WZ_AES, nbits=128, force_wz_aes_version=1)
        for name in names:
            z.write(work / name, name)
    return "out.zip"


def streamed(work, names):
    with open(work / names[0], "rb") as source, open(work / "out.zip", "wb") as out:
        subprocess.run(["zip", "-q", "-P", PASSWORD, "-", "-"], cwd=work, check=True, stdin=source, stdout=out)
    return "out.zip"


def partly(work, names):
    run("zip", "-q", "-X", "out.zip", *names[:2], cwd=work)
    run("zip", "-q", "-X", "-P", PASSWORD, "out.zip", names[2], cwd=work)
    return "out.zip"


def last_of_many(work, names):
    run("zip", "-q", "-X", "out.zip", *names[:-1], cwd=work)
    run("zip", "-q", "-X", "-P", PASSWORD, "out.zip", names[-1], cwd=work)
    return "out.zip"


def elf_sfx(work, names):
    """What `cat unzipsfx archive.zip` makes, with a stub that is only the beginning of it to stay small."""
    run("zip", "-q", "-X", "-P", PASSWORD, "out.zip", *names, cwd=work)
    stub = Path(shutil.which("unzipsfx")).read_bytes()[:2048]
    (work / "sfx").write_bytes(stub + (work / "out.zip").read_bytes())
    return "sfx"


def with_comment(data: bytes, comment: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", len(comment)) + comment


def aes_extra(data: bytes, at: int, value: bytes) -> bytes:
    """Changes bytes of every WinZip AES extra field."""
    out, place = bytearray(data), data.find(b"\x01\x99\x07\x00")
    while place >= 0:
        out[place + at : place + at + len(value)] = value
        place = data.find(b"\x01\x99\x07\x00", place + 4)
    return bytes(out)


def docx() -> dict:
    types = ('<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
             '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
             '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
    rels = ('<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
    body = ('<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            '<w:body><w:p><w:r><w:t>お見積りの件</w:t></w:r></w:p></w:body></w:document>')
    return {"[Content_Types].xml": types.encode(), "_rels/.rels": rels.encode(), "word/document.xml": body.encode()}


def structure():
    s = STRUCTURE
    plain = python_zip(FILES)
    other = python_zip({"other.txt": b"Another archive.\n"})
    a = Archive(plain)
    stored = python_zip({"contract.txt": CONTRACT}, zipfile.ZIP_STORED)
    deflated = python_zip({"contract.txt": CONTRACT})

    flagged = lambda data, which: Archive(data).each(which, 6, "H", lambda f: f | 1).bytes()
    save(s / "flag-false.zip", flagged(plain, "lc"))
    save(s / "flag-false-central.zip", flagged(plain, "c"))
    save(s / "flag-false-stored.zip", flagged(stored, "lc"))
    save(s / "flag-false-strong.zip", Archive(deflated).each("lc", 6, "H", lambda f: f | 0x41).bytes())
    save(s / "flag-false-aes-extra.zip", decoy_aes())

    save(s / "prefix.zip", b"Just some bytes in front.\n" + plain)
    save(s / "prefix-adjusted.zip", b"Just some bytes in front.\n" + shifted(plain, 26))
    save(s / "self-extracting.exe", tiny_pe() + shifted(plain, 1024))
    save(s / "picture.png", PNG + plain)
    save(s / "document.pdf", PDF + plain)
    save(s / "page.html", b"<!DOCTYPE html><html><body>Hello</body></html>\n" + plain)
    save(s / "script.sh", b"#!/usr/bin/env python3\n" + plain)
    save(s / "picture.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9" + shifted(plain, 22))
    save(s / "two-archives.zip", plain + other)
    save(s / "archive-in-comment.zip", with_comment(plain, other))
    save(s / "fake-end.zip", with_comment(plain, end(0, 0, 0)))
    save(s / "two-ends.zip", plain + plain[a.end :])
    save(s / "end-hides-first.zip", plain[: a.end] + end(2, a.size - (a.centrals[1] - a.offset), a.centrals[1]) + plain[a.end :])
    save(s / "zero-counts.zip", Archive(plain).put(a.end + 8, "HH", 0, 0).bytes())
    save(s / "trailing.zip", plain + b"-- \r\nAppended by a gateway, and more than a line end.\r\n")
    save(s / "no-directory.zip", a.members)
    save(s / "no-end.zip", plain[: a.end])

    save(s / "names-differ.zip", Archive(plain).put(a.locals[1] + 30, "12s", b"contract.exe").bytes())
    save(s / "methods-differ.zip", Archive(plain).put(a.locals[0] + 8, "H", 0).bytes())
    save(s / "sizes-differ.zip", Archive(stored).each("l", 18, "I", lambda n: n - 100).each("l", 22, "I", lambda n: n - 100).bytes())
    save(s / "crcs-differ.zip", Archive(plain).each("l", 14, "I", lambda n: n ^ 0xFF).bytes())
    hidden = local(b"hidden.exe", b"MZ" + bytes(60), crc=zlib.crc32(b"MZ" + bytes(60)), plain=62)
    save(s / "local-only.zip", a.members + hidden + Archive(shifted(plain, 0)).directory + end(3, a.size, a.offset + len(hidden)))
    lost = central(b"lost.txt", 5000, packed=10, plain=10, crc=1)
    save(s / "central-only.zip", a.members + a.directory + lost + end(4, a.size + len(lost), a.offset))
    save(s / "method-lie-stored.zip", Archive(deflated).each("lc", 8, "H", lambda m: 0).bytes())
    save(s / "method-lie-deflate.zip", Archive(stored).each("lc", 8, "H", lambda m: 8).bytes())
    save(s / "method-lie-unknown.zip", Archive(deflated).each("lc", 8, "H", lambda m: 0x3F3F).bytes())
    save(s / "method-lie-lzma.zip", Archive(stored).each("lc", 8, "H", lambda m: 14).bytes())
    save(s / "overlap-quoted.zip", quoted_overlap(12))
    save(s / "overlap-same.zip", same_data(20))
    save(s / "zip64-astray.zip", zip64(plain, locator_shift=9))
    save(s / "zip64-contradicts.zip", zip64(plain, count=7))
    z = zipped(s / "split.zip", {"noise.bin": noise(70_000)}, "-s", "64k", name="split.zip")
    assert z
    tool(s / "split.z01", {"noise.bin": noise(70_000)}, first_segment)
    save(s / "split.zip.001", python_zip({"noise.bin": noise(3_000)})[:2_000])
    save(s / "split.zip.002", python_zip({"noise.bin": noise(3_000)})[1_000:2_000])
    save(s / "damaged-data.zip", bytes(b ^ (0x55 if i == a.locals[1] + 70 else 0) for i, b in enumerate(plain)))
    save(s / "damaged-stored.zip", bytes(b ^ (1 if i == 300 else 0) for i, b in enumerate(stored)))
    save(s / "cut.zip", python_zip({"contract.txt": CONTRACT * 3}, zipfile.ZIP_STORED)[:900])
    save(s / "unicode-path.zip", unicode_path())


def noise(n: int) -> bytes:
    out, x = bytearray(), 88172645463325252
    for _ in range(n):
        x ^= x << 13 & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 7
        x ^= x << 17 & 0xFFFFFFFFFFFFFFFF
        out.append(x & 255)
    return bytes(out)


def first_segment(work, names):
    run("zip", "-q", "-X", "-s", "64k", "split.zip", *names, cwd=work)
    return "split.z01"


def decoy_aes() -> bytes:
    """Plain data under an extra field that speaks of AES."""
    name, data = b"contract.txt", deflate(CONTRACT)
    fields = {"method": 8, "crc": zlib.crc32(CONTRACT), "plain": len(CONTRACT), "extra": struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8)}
    member = local(name, data, **fields)
    directory = central(name, 0, packed=len(data), **fields)
    return member + directory + end(1, len(directory), len(member))


def quoted_overlap(count: int) -> bytes:
    """Members whose deflate data quote the local headers of the members behind them and share the last one's data."""
    kernel = deflate(bytes(50_000))
    crc_plain = bytes(50_000)
    members, tail, plain = [], b"", crc_plain
    names = [b"%02d.bin" % n for n in range(count)]
    data = kernel
    tail = local(names[-1], data, method=8, crc=zlib.crc32(plain), plain=len(plain))
    members.append((names[-1], len(data), len(plain), zlib.crc32(plain), len(tail)))
    for name in reversed(names[:-1]):
        quoted_len = 30 + len(name)
        quote = tail[:quoted_len]
        plain = quote + plain
        data = b"\0" + struct.pack("<HH", quoted_len, quoted_len ^ 0xFFFF) + tail
        head = local(name, b"", method=8, crc=zlib.crc32(plain), packed=len(data), plain=len(plain))
        members.append((name, len(data), len(plain), zlib.crc32(plain), len(head) + len(data)))
        tail = head + data
    directory = b"".join(
        central(name, len(tail) - length, method=8, crc=crc, packed=packed, plain=plain) for name, packed, plain, crc, length in members)
    return tail + directory + end(count, len(directory), len(tail))


def same_data(count: int) -> bytes:
    data = deflate(CONTRACT)
    fields = {"method": 8, "crc": zlib.crc32(CONTRACT), "plain": len(CONTRACT)}
    member = local(b"000.txt", data, **fields)
    directory = b"".join(central(b"%03d.txt" % n, 0, packed=len(data), **fields) for n in range(count))
    return member + directory + end(count, len(directory), len(member))


def zip64(data: bytes, *, count=None, locator_shift=0, wide=True) -> bytes:
    """The archive closed by ZIP64 records."""
    a = Archive(data)
    count = a.count if count is None else count
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, a.size, a.offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, a.end + locator_shift, 1)
    return data[: a.end] + record + locator + data[a.end :]


def unicode_path() -> bytes:
    """A member whose Unicode path field names a program and whose raw name a text."""
    raw, path = b"readme.txt", "readme.exe".encode()
    extra = struct.pack("<HHBI", 0x7075, 5 + len(path), 1, zlib.crc32(raw)) + path
    fields = {"crc": zlib.crc32(CONTRACT), "plain": len(CONTRACT), "extra": extra}
    member = local(raw, CONTRACT, **fields)
    directory = central(raw, 0, packed=len(CONTRACT), **fields)
    return member + directory + end(1, len(directory), len(member))


def honest():
    h = HONEST
    plain = zipped(h / "info-zip.zip")
    zipped(h / "info-zip-japanese.zip", JAPANESE)
    zipped(h / "info-zip-zip64.zip", FILES, "-fz")
    zipped(h / "info-zip-folders.zip", {"a/b/one.txt": NOTE, "a/two.txt": CONTRACT}, "-r")
    zipped(h / "bzip2.zip", FILES, "-Z", "bzip2")
    tool(h / "info-zip-streamed.zip", {"contract.txt": CONTRACT}, streamed_plain)
    tool(h / "info-zip-descriptors.zip", FILES, lambda w, n: run("zip", "-q", "-X", "-fd", "out.zip", *n, cwd=w) or "out.zip")
    seven(h / "7z.zip")
    save(h / "cp932.zip", in_cp932(seven(h / "7z-japanese.zip", JAPANESE)))
    seven(h / "7z-deflate64.zip", FILES, "-mm=Deflate64")
    seven(h / "7z-lzma.zip", FILES, "-mm=LZMA")
    seven(h / "7z-ppmd.zip", FILES, "-mm=PPMd")
    tool(h / "bsdtar.zip", FILES, lambda w, n: run("bsdtar", "-a", "-cf", "out.zip", *n, cwd=w) or "out.zip")
    tool(h / "bsdtar-stdout.zip", FILES, bsdtar_stdout)
    tool(h / "java.jar", FILES, lambda w, n: run("jar", "cf", "out.jar", *n, cwd=w) or "out.jar")
    tool(h / "java-stored.jar", FILES, lambda w, n: run("jar", "cf0", "out.jar", *n, cwd=w) or "out.jar")
    signed = tool(h / "java-signed.jar", FILES, signed_jar)
    save(h / "python.zip", python_zip(FILES))
    save(h / "python-stored.zip", python_zip(FILES, zipfile.ZIP_STORED))
    save(h / "python-lzma.zip", python_zip(FILES, zipfile.ZIP_LZMA))
    save(h / "python-streamed.zip", python_streamed(zipfile.ZIP_DEFLATED))
    save(h / "python-streamed-stored.zip", python_streamed(zipfile.ZIP_STORED))
    save(h / "comment-password.zip", python_zip(FILES, comment="パスワードは不要です。no password needed".encode()))
    save(h / "name-password.zip", python_zip({"password.txt": b"none\n", "encrypted/readme.txt": NOTE}))
    save(h / "empty.zip", python_zip({}))
    save(h / "empty-files.zip", python_zip({"empty.txt": b"", "folder/": b""}))
    save(h / "stored-inside.zip", python_zip({"a.txt": CONTRACT, "inner.zip": plain, "b.txt": NOTE}, zipfile.ZIP_STORED))
    save(h / "deflated-inside.zip", python_zip({"inner.zip": plain}))
    save(h / "streamed-inside.zip", streamed_inside())
    save(h / "report.docx", python_zip(docx()))
    save(h / "text.odt", odt())
    save(h / "book.epub", epub())
    save(h / "word-embedding.docx", python_zip({**docx(), "word/embeddings/sheet1.xlsx": python_zip(docx())}))
    save(h / "zero-padded.zip", plain + bytes(512 - len(plain) % 512))
    save(h / "line-end-behind.zip", plain + b"\r\n")
    save(h / "split-mark.zip", b"PK00" + shifted(plain, 4))
    save(h / "duplicate-name.zip", duplicate_name())
    save(h / "backslashes.zip", backslashes())
    save(h / "utf8-flag-central-only.zip", Archive(python_zip({"a.txt": NOTE})).each("c", 6, "H", lambda f: f | 0x800).bytes())
    save(h / "nfd-without-flag.zip", raw_names("か\u3099くせい.txt".encode()))
    save(h / "half-width-kana.zip", raw_names("ﾃｽﾄ資料.txt".encode("cp932")))
    save(h / "android.apk", signing_block(signed))
    save(h / "aligned.apk", aligned())
    save(h / "placeholder.apk", placeholder())
    for name, method, data in [("lzfse", 99, noise(300)), ("zstd", 93, b"\x28\xb5\x2f\xfd" + noise(200)), ("xz", 95, b"\xfd7zXZ\0" + noise(99)),
                               ("wavpack", 97, noise(150)), ("jpeg", 96, noise(150))]:
        packed = Archive(raw_bytes(data)).each("lc", 8, "H", lambda m: method).each("lc", 14, "I", lambda c: c ^ 77).each("lc", 22, "I", lambda n: 2 * n)
        save(h / f"{name}.zip", packed.bytes())
    save(h / "noise-stored.zip", python_zip({"noise.bin": noise(2_000)}, zipfile.ZIP_STORED))
    save(h / "decoy-end-in-data.bin", noise(700) + b"PK\5\6" + noise(300) + b"PK\3\4" + noise(500) + b"PK\1\2" + noise(900))
    save(h / "reader.bin", reader_program())
    save(h / "about-zip.txt", about_zip(plain))
    save(h / "disk.img", b"\xeb\x3c\x90" + bytes(507) + b"\x55\xaa" + plain.ljust(4096, b"\0") + noise(300) + bytes(90_000))
    save(h / "embedded.doc", sectors([python_zip(docx()), python_zip(FILES)], shuffled=False))
    save(h / "embedded-in-pieces.doc", sectors([python_zip({f"{n}.bin": noise(900)[n:] + CONTRACT for n in range(4)})], shuffled=True))
    save(h / "attached.pdf", PDF.replace(b"trailer", b"5 0 obj << /Type /EmbeddedFile /Length %d >>\nstream\n" % len(plain) + plain + b"\nendstream\nendobj\ntrailer"))


def streamed_plain(work, names):
    with open(work / names[0], "rb") as source, open(work / "out.zip", "wb") as out:
        subprocess.run(["zip", "-q", "-", "-"], cwd=work, check=True, stdin=source, stdout=out)
    return "out.zip"


def bsdtar_stdout(work, names):
    with open(work / "out.zip", "wb") as out:
        subprocess.run(["bsdtar", "--format", "zip", "-cf", "-", *names], cwd=work, check=True, stdout=out)
    return "out.zip"


def signed_jar(work, names):
    run("jar", "cf", "out.jar", *names, cwd=work)
    run("keytool", "-genkeypair", "-alias", "k", "-keyalg", "EC", "-dname", "CN=Taro", "-validity", "3650", "-storepass", "changeit",
        "-keystore", "store", cwd=work, stderr=subprocess.DEVNULL)
    run("jarsigner", "-keystore", "store", "-storepass", "changeit", "out.jar", "k", cwd=work, stderr=subprocess.DEVNULL)
    return "out.jar"


class Pipe(io.RawIOBase):
    """A stream that cannot seek, so that the writer has to use descriptors."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def python_streamed(method) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as z:
        for name, data in FILES.items():
            z.writestr(zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20)), data, method)
    return bytes(pipe.data)


def streamed_inside() -> bytes:
    """A streamed archive, stored in a streamed archive: descriptors inside descriptors."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as z:
        z.writestr(zipfile.ZipInfo("inner.zip", (2023, 11, 14, 22, 13, 20)), python_streamed(zipfile.ZIP_DEFLATED), zipfile.ZIP_STORED)
        z.writestr(zipfile.ZipInfo("b.txt", (2023, 11, 14, 22, 13, 20)), NOTE, zipfile.ZIP_DEFLATED)
    return bytes(pipe.data)


def odt() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data, method in [
            ("mimetype", b"application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED),
            ("content.xml", "<office:document-content>お知らせ</office:document-content>".encode() * 20, zipfile.ZIP_DEFLATED),
            ("META-INF/manifest.xml", b'<manifest:manifest manifest:version="1.2"/>', zipfile.ZIP_DEFLATED),
        ]:
            z.writestr(zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20)), data, method)
    return out.getvalue()


def epub() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo("mimetype", (2023, 11, 14, 22, 13, 20)), b"application/epub+zip", zipfile.ZIP_STORED)
        z.writestr(zipfile.ZipInfo("META-INF/container.xml", (2023, 11, 14, 22, 13, 20)), b"<container/>" * 30, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def duplicate_name() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for data in (CONTRACT, NOTE):
            info = zipfile.ZipInfo("contract.txt", (2023, 11, 14, 22, 13, 20))
            z.fp and z.NameToInfo.pop("contract.txt", None)
            z.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def raw_bytes(data: bytes, name: bytes = b"data.bin", other: bytes | None = None) -> bytes:
    fields = {"crc": zlib.crc32(data), "plain": len(data)}
    member = local(name, data, **fields)
    directory = central(other or name, 0, packed=len(data), **fields)
    return member + directory + end(1, len(directory), len(member))


def raw_names(name: bytes) -> bytes:
    return raw_bytes(NOTE, name)


def backslashes() -> bytes:
    return raw_bytes(NOTE, b"folder\\note.txt", b"folder/note.txt")


def signing_block(data: bytes) -> bytes:
    """An APK Signature Scheme v2 block between the members and the directory."""
    a = Archive(data)
    pair = struct.pack("<QI", 4 + 400, 0x7109871A) + noise(400)
    size = len(pair) + 24
    block = struct.pack("<Q", size) + pair + struct.pack("<Q", size) + b"APK Sig Block 42"
    return a.members + block + a.directory + a.put(a.end + 16, "I", a.offset + len(block)).bytes()[a.end :]


def aligned() -> bytes:
    """Stored members whose data begin at multiples of four, by zeros in the extra field (zipalign)."""
    members, directory = b"", b""
    for name, data in [(b"a.so", noise(100)), (b"resources.arsc", CONTRACT)]:
        pad = -(len(members) + 30 + len(name)) % 4
        fields = {"crc": zlib.crc32(data), "plain": len(data)}
        directory += central(name, len(members), packed=len(data), **fields)
        members += local(name, data, extra=bytes(pad), **fields)
    return members + directory + end(2, len(directory), len(members))


def placeholder() -> bytes:
    """A local header without a name fills the place of a member that was removed (zipflinger)."""
    data, fields = NOTE, {"crc": zlib.crc32(NOTE), "plain": len(NOTE)}
    gap = local(b"", b"", extra=bytes(200), date=0)
    member = gap + local(b"note.txt", data, **fields)
    directory = central(b"note.txt", len(gap), packed=len(data), **fields)
    return member + directory + end(1, len(directory), len(member))


def sectors(files: list, shuffled: bool) -> bytes:
    """A compound file's header, then the sectors of the files in it, in order or not (MS-CFB)."""
    body = b"".join(f + bytes(-len(f) % 512) for f in files)
    parts = [body[i : i + 512] for i in range(0, len(body), 512)]
    if shuffled:
        parts = parts[::2] + parts[1::2]
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"".join(parts) + bytes(3000)


def reader_program() -> bytes:
    """What the constants of a program that reads archives look like."""
    code = noise(400)
    out = b"\x7fELF\2\1\1" + bytes(57) + code
    for signature in (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08"):
        out += b"\x3d" + signature + b"\x0f\x84" + code[:37] + signature + bytes(46)
    return out + b"PK\5\6" + bytes(18) + code + b"missing end of central directory (PK\\005\\006)\0" + code


def about_zip(data: bytes) -> bytes:
    lines = ["A local file header begins with PK\\x03\\x04; bit 0 of the flags says that the member is encrypted.", ""]
    lines += [f"{n:08x}  {data[n : n + 16].hex(' ')}" for n in range(0, 320, 16)]
    return "\n".join(lines).encode()


if __name__ == "__main__":
    encrypted()
    structure()
    honest()
