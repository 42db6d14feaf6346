"""A name server on loopback for tests: every name takes mail, and it can fall silent."""

import socket
import struct
import threading

MX = 15


class NameServer:
    """Says of every name that it has one MX, the name itself. Starts silent."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answers, self.asked = threading.Event(), 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            self.asked += 1
            if self.answers.is_set():
                self.socket.sendto(answer(question), client)


def answer(question):
    """RFC 1035 section 4.1."""
    end = 12
    while question[end]:
        end += 1 + question[end]
    kind, = struct.unpack("!H", question[end + 1:end + 3])
    records = b""
    if kind == MX:
        # Owner, type, class, life; then preference and exchange: both names point to the question.
        records = b"\xc0\x0c" + struct.pack("!HHIHH", MX, 1, 60, 4, 10) + b"\xc0\x0c"
    head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if records else 0, 0, 0)
    return head + question[12:end + 5] + records
