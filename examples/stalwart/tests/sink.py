"""A mail server that only takes: whatever a relay hands it on loopback is kept for the test to look at."""

import socketserver
import threading

from postfix import until


class Sink(socketserver.ThreadingTCPServer):
    """Takes mail at `port`. `accepted` holds recipients and bytes (CRLF, without the dots of SMTP) of each;
    with `drops` it hangs up instead of saying so."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        self.accepted, self.drops = [], False
        super().__init__(("127.0.0.1", 0), Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def take(self, count=1, seconds=60):
        """The mails that came; exactly `count` of them."""
        until(lambda: len(self.accepted) >= count, f"{count} mails at the sink", seconds)
        taken, self.accepted = self.accepted, []
        assert len(taken) == count, f"{len(taken)} mails instead of {count}"
        return taken


class Session(socketserver.StreamRequestHandler):
    """One connection. Lines end in CRLF; what is not a command of RFC 5321 gets 500."""

    disable_nagle_algorithm = True

    def handle(self):
        self.say("220 sink.test.invalid ESMTP")
        recipients = []
        while line := self.rfile.readline(70_000):
            verb = line[:4].upper().strip()
            if verb == b"EHLO":
                self.say("250-sink.test.invalid", "250-8BITMIME", "250 SIZE 0")
            elif verb in (b"MAIL", b"RSET"):
                recipients = []
                self.say("250 ok")
            elif verb == b"RCPT":
                recipients.append(line.decode("latin-1").split("<", 1)[1].split(">", 1)[0])
                self.say("250 ok")
            elif verb == b"DATA":
                self.say("354 go on")
                message = self.message()
                if message is None:
                    return
                self.server.accepted.append((recipients, message))
                if self.server.drops:
                    return
                self.say("250 taken")
            elif verb in (b"HELO", b"NOOP"):
                self.say("250 ok")
            elif verb == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("500 what?")

    def message(self):
        """Up to the dot; nothing when the connection ends before it."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def say(self, *lines):
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())
