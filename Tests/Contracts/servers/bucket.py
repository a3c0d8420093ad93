#!/usr/bin/env python3
"""A bucket whose objects are the files of a folder: listing in pages, reading whole and in ranges, as S3 answers.

Signatures are not checked here but by the tests of the transport; only the access key's id is.
"""

import argparse
import datetime
import hashlib
import http.server
import json
import os
import signal
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

signal.pthread_sigmask(signal.SIG_SETMASK, [])
arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--port", type=int, default=0)
arguments.add_argument("--folder", required=True)
arguments.add_argument("--page", type=int, default=100, help="objects a page of the listing")
arguments = arguments.parse_args()
requests = []


def keys():
    found = []
    for folder, _, names in os.walk(arguments.folder):
        found += [os.path.relpath(os.path.join(folder, name), arguments.folder) for name in names]
    return sorted(found, key=str.encode)


def read(key):
    with open(os.path.join(arguments.folder, key), "rb") as file:
        return file.read()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/__requests":
            return self.answer(200, json.dumps(requests).encode())
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        requests.append(urllib.parse.unquote(path) if not query else "list " + query.get("prefix", ""))
        if "Credential=KEY/" not in self.headers.get("Authorization", ""):
            return self.answer(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>")
        if query:
            return self.listing(query)
        key = urllib.parse.unquote(path.removeprefix("/logs/"))
        if key not in keys():
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        body = read(key)
        if "Range" in self.headers:
            first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
            return self.answer(206, body[first:last + 1])
        self.answer(200, body)

    def listing(self, query):
        after = query.get("continuation-token") or query.get("start-after", "")
        rest = [key for key in keys() if key.startswith(query["prefix"]) and key.encode() > after.encode()]
        page, more = rest[:arguments.page], len(rest) > arguments.page
        rows = ""
        for key in page:
            status = os.stat(os.path.join(arguments.folder, key))
            modified = datetime.datetime.fromtimestamp(status.st_mtime, datetime.timezone.utc)
            rows += "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;%s&quot;</ETag><Size>%d</Size></Contents>" % (
                escape(urllib.parse.quote_plus(key, safe="/")), modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                hashlib.md5(read(key)).hexdigest(), status.st_size)
        token = "<NextContinuationToken>%s</NextContinuationToken>" % escape(page[-1]) if more else ""
        self.answer(200, ('<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>' % (
            str(more).lower(), rows, token)).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def watch(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
print(json.dumps({"port": server.server_address[1]}), flush=True)
sys.stdout.close()
server.serve_forever()
