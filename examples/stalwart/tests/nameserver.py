"""A name server on loopback for tests: it knows what it is told, and it can fall silent."""

import socket
import struct
import threading

MX, TXT = 15, 16


class NameServer:
    """Says of every name that it has one MX, the name itself, and the texts of `texts`. Starts silent."""

    def __init__(self, address=("127.0.0.1", 0), texts=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.port = self.socket.getsockname()[1]
        self.answers, self.texts = threading.Event(), texts or {}
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            if self.answers.is_set():
                self.socket.sendto(self.answer(question), client)

    def answer(self, question):
        """RFC 1035 section 4.1."""
        end, labels = 12, []
        while question[end]:
            labels.append(question[end + 1:end + 1 + question[end]].decode().lower())
            end += 1 + question[end]
        kind, = struct.unpack("!H", question[end + 1:end + 3])
        data, text = None, self.texts.get(".".join(labels))
        if kind == MX:
            # The exchange points to the name in the question.
            data = struct.pack("!H", 10) + b"\xc0\x0c"
        elif kind == TXT and text:
            data = bytes([len(text)]) + text.encode()
        # Owner, type, class, life; the owner points to the question, too.
        record = b"" if data is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
        head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if record else 0, 0, 0)
        return head + question[12:end + 5] + record
