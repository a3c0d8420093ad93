"""A bucket that checks AWS Signature Version 4 by itself, for the tests of ObjectStore."""

import hashlib
import hmac
import urllib.parse
from xml.sax.saxutils import escape

SECRET = "the/secret+key"
TOKEN = "the/session+token="
KEYS = sorted(["plain", "a b", "a+b", "a%20b", "a&b<c>", "ä/日本/😀", "../up", "/lead", "x//y", "q?k=v#f", "tab\tnul\x01"],
              key=lambda key: key.encode())
PAGE = 4


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def encode(text):
    return urllib.parse.quote(text, safe="-._~")


def is_signed(method, target, headers):
    """Whether the Authorization header is what the secret gives for what arrived."""
    try:
        scheme, rest = headers["Authorization"].split(" ", 1)
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        scope = parts["Credential"].split("/", 1)[1]
    except (AttributeError, KeyError, ValueError):
        return False
    path, _, query = target.partition("?")
    # By the rules, not by what arrived: a client that encodes otherwise signs something else.
    path = "/".join(encode(urllib.parse.unquote(part)) for part in path.split("/"))
    items = urllib.parse.parse_qsl(query, keep_blank_values=True)
    query = "&".join(sorted("%s=%s" % (encode(name), encode(value)) for name, value in items))
    names = parts["SignedHeaders"]
    if not all(name in headers for name in names.split(";")):
        return False
    lines = "".join("%s:%s\n" % (name, " ".join(headers[name].split())) for name in names.split(";"))
    if not {"host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"} <= set(names.split(";")):
        return False
    request = "\n".join([method, path, query, lines, names, headers["x-amz-content-sha256"]])
    text = "\n".join([scheme, headers["x-amz-date"], scope, digest(request)])
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["Signature"]) and headers["x-amz-security-token"] == TOKEN


def error(status, code):
    return status, ("<?xml version='1.0'?><Error><Code>%s</Code><Message>secret words</Message></Error>" % code).encode(), []


def listing(parameters):
    first = int(parameters.get("continuation-token", "0+/=").removesuffix("+/="))
    keys = [key for key in KEYS if key.startswith(parameters["prefix"])]
    rows = "".join(
        "<Contents><Key>%s</Key><LastModified>2026-11-20T10:00:00.250Z</LastModified><ETag>&quot;%s&quot;</ETag>"
        "<Size>%d</Size><Owner><ID>Key</ID></Owner></Contents>"
        % (escape(urllib.parse.quote_plus(key, safe="/")), digest(key), len(key.encode()))
        for key in keys[first:first + PAGE])
    more = first + PAGE < len(keys)
    token = "<NextContinuationToken>%d+/=</NextContinuationToken>" % (first + PAGE) if more else ""
    return 200, (
        '<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>'
        "<EncodingType>url</EncodingType><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>"
        % (str(more).lower(), rows, token)).encode(), []


def respond(method, target, headers):
    """The status, body and headers for a request to `/bucket/`; an object's content is its key, twice."""
    if not is_signed(method, target, headers):
        return error(403, "SignatureDoesNotMatch")
    path, _, query = target.partition("?")
    if query:
        return listing(dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
    key = urllib.parse.unquote(path.removeprefix("/bucket/"))
    if key not in KEYS:
        return error(404, "NoSuchKey" if key != "odd" else "not a <name>")
    if headers.get("If-Match", '"%s"' % digest(key)) != '"%s"' % digest(key):
        return error(412, "PreconditionFailed")
    body = key.encode() * 2
    if "Range" not in headers or key == "plain":
        return 200, body, [("Content-Encoding", "gzip")] if key == "a b" else []
    first, last = map(int, headers["Range"].removeprefix("bytes=").split("-"))
    return 206, body[first:last + 1], []
