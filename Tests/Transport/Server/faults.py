"""An HTTP server that misbehaves on demand, for the tests of Transport.

It listens on free ports of 127.0.0.1, prints one line of JSON with them, and ends with the process that
started it. Paths are the faults; parameters come in the query.
"""

import gzip
import http.server
import itertools
import json
import os
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse
import zlib

import bucket

# `zstd --no-check` of "zstd body " twenty times: Python 3.11 has no zstd.
ZSTD = bytes.fromhex("28b52ffd00588d0000507a73746420626f6479200100bb520509")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    connections = itertools.count(1)
    counts = {}
    lock = threading.Lock()

    def setup(self):
        super().setup()
        self.connection_number = next(Handler.connections)

    def log_message(self, *arguments):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass

    def serve(self):
        parts = urllib.parse.urlsplit(self.path)
        self.parameters = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        self.posted = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = parts.path.strip("/").split("/")[0]
        getattr(self, "path_" + name, self.path_missing)()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve

    def first(self, name, default=""):
        return self.parameters.get(name, [default])[0]

    def answer(self, status=200, body=b"", headers=()):
        self.send_response(status)
        for header, value in headers:
            self.send_header(header, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def path_missing(self):
        self.answer(404, b'{"error":"secret words of the server"}')

    def path_answer(self):
        """Any status, with headers h=Name:Value."""
        headers = [h.split(":", 1) for h in self.parameters.get("h", [])]
        self.answer(int(self.first("status", "200")), self.first("body").encode(), headers)

    def path_sequence(self):
        """The statuses of `s` in turn, counted by `key`; the last one stays."""
        with Handler.lock:
            count = Handler.counts[self.first("key")] = Handler.counts.get(self.first("key"), 0) + 1
        statuses = self.first("s").split(",")
        status = statuses[min(count, len(statuses)) - 1]
        if status == "cut":
            return self.path_cut()
        headers = [h.split(":", 1) for h in self.parameters.get("h", [])] if status != "200" else []
        self.answer(int(status), json.dumps({"count": count}).encode(), headers)

    def path_echo(self):
        fields = [[name.lower(), value] for name, value in self.headers.items()]
        seen = {
            "method": self.command, "path": self.path, "headers": fields, "body": self.posted.decode("latin-1"),
            "connection": self.connection_number,
        }
        self.answer(200, json.dumps(seen).encode(), [("Content-Type", "application/json")])

    def path_cut(self):
        """Promises 1,000 bytes and sends 100; with `chunked` in chunks."""
        self.close_connection = True
        self.send_response(200)
        if "chunked" in self.parameters:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"64\r\n" + b"x" * 100 + b"\r\n")
        else:
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 100)

    def path_silent(self):
        """Closes without a byte."""
        self.close_connection = True

    def path_garbage(self):
        self.close_connection = True
        self.wfile.write(b"\x1b[31mthis is not HTTP\r\n\r\n")

    def path_reset(self):
        """Resets the connection within the body."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def path_stall(self):
        """Sends some bytes and then none, until the client has gone."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"x" * 100)
        self.wfile.flush()
        key = self.first("key")
        with Handler.lock:
            Handler.counts["stalled" + key] = 1
        self.connection.settimeout(30)
        self.connection.recv(1)
        with Handler.lock:
            Handler.counts["gone" + key] = 1

    def path_count(self):
        with Handler.lock:
            self.answer(200, str(Handler.counts.get(self.first("key"), 0)).encode())

    def path_bytes(self):
        """`n` bytes; with `chunked` in chunks, so that their number is not announced."""
        block = bytes(range(256)) * 256
        left = int(self.first("n"))
        self.send_response(int(self.first("status", "200")))
        chunked = "chunked" in self.parameters
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(left))))
        self.end_headers()
        while left:
            part = block[:left]
            left -= len(part)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        if chunked:
            self.wfile.write(b"0\r\nX-Trailer: late\r\nContent-Type: late/late\r\n\r\n")

    def path_coded(self):
        """A compressed body: gzip or zstd text, or a bomb of 64 MB of zeros."""
        coding = self.first("coding")
        if coding == "bomb":
            packer = zlib.compressobj(9, zlib.DEFLATED, 31)
            body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
            coding = "gzip"
        elif coding == "zstd":
            body = ZSTD
        else:
            body = gzip.compress(b"gzip body " * 20)
        if "broken" in self.parameters:
            body = b"\x00" * len(body)
        self.answer(200, body, [("Content-Encoding", coding), ("X-Accepts", self.headers.get("Accept-Encoding", ""))])

    def path_redirect(self):
        self.answer(int(self.first("status", "302")), b"moved", [("Location", self.first("to"))])

    def path_loop(self):
        """Redirects `n` times, or for ever."""
        left = int(self.first("n", "1000"))
        if left == 0:
            return self.path_echo()
        self.answer(302, b"", [("Location", "/loop?n=%d" % (left - 1))])

    def path_slow(self):
        time.sleep(float(self.first("seconds")))
        self.answer(200, str(self.connection_number).encode())

    def path_bucket(self):
        """An object store's bucket."""
        status, body, headers = bucket.respond(self.command, self.path, self.headers)
        self.answer(status, body, headers)

    def path_headers(self):
        """More header bytes than anyone needs."""
        self.answer(200, b"", [("X-Long-%d" % n, "x" * 4000) for n in range(90)])



class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request, address):
        pass

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self.server_address[1]


class Hangup(socketserver.BaseRequestHandler):
    """Closes each connection at once, before any handshake."""

    def handle(self):
        pass


def secure(server, folder):
    certificate = folder + "/certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out", certificate],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder + "/key.pem")
    # The handshake belongs into the connection's thread, not into the one that accepts.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return certificate


def main():
    parent = os.getppid()
    folder = tempfile.mkdtemp(prefix="flywheel-faults-")
    first, second, tls = (Server(("127.0.0.1", 0), Handler) for _ in range(3))
    certificate = secure(tls, folder)
    hangup = socketserver.TCPServer(("127.0.0.1", 0), Hangup)
    threading.Thread(target=hangup.serve_forever, daemon=True).start()
    ports = {"first": first.start(), "second": second.start(), "tls": tls.start(),
             "hangup": hangup.server_address[1], "certificate": certificate}
    print(json.dumps(ports), flush=True)
    while os.getppid() == parent:
        time.sleep(0.2)
    shutil.rmtree(folder, ignore_errors=True)


main()
