"""A PostgreSQL cluster of its own on a free port, with a table of calls; it goes with the process.

    postgres.py --port 0 --rows 50 --expect FILE --password secret

It prints `{"port":N}` when it is ready. Python 3.11 and PostgreSQL's own programs. The table `calls` has columns of
the types that sources meet: jsonb, timestamptz, numeric, boolean, text; `--expect` is of the mapping in the tests.
"""

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import common

ROLE = "flywheel"


def program(name):
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))[::-1]), None)
    if not found:
        raise SystemExit(f"there is no {name}")
    return os.path.realpath(found) if "/usr/lib/postgresql" in found else found


def quoted(value):
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def statements(arguments, expected):
    yield ("CREATE TABLE calls (id text PRIMARY KEY, at timestamptz NOT NULL, messages jsonb, answer text, "
           "model text, member text, price numeric(12,9), good boolean, changed timestamptz NOT NULL);")
    for call in common.calls(arguments):
        good = None if call.i % 3 == 0 else call.i % 3 == 1
        values = [f"call-{call.i}", common.iso(call.time), json.dumps(call.wire_messages()), call.answer, call.model,
                  call.user, f"{call.cost:.9f}", None if good is None else str(good).lower(), common.iso(call.end)]
        yield f"INSERT INTO calls VALUES ({', '.join(quoted(value) for value in values)});"
        record = call.expected(f"call-{call.i}")
        for key in ["tokens", "latency", "conversation"]:
            record.pop(key, None)
        record["output"] = {"content": call.answer, "role": "assistant"}
        if call.media:
            record["input"] = [{"content": call.question + "\n[image_url]", "role": "user",
                                "media": [{"type": "image", "url": call.picture()}]}]
        expected.append(record)
        if good is not None:
            expected.append(common.prune({
                "type": "feedback", "id": f"call-{call.i}", "target": f"call-{call.i}", "signal": "thumb",
                "value": 1 if good else -1, "time": common.iso(call.end), "user": common.pseudonym(call.user)}))


def main():
    # Children of a Swift program start with most signals blocked; what this one starts would never end.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    parser = common.parser(__doc__)
    parser.add_argument("--password", default="secret")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="flywheel-postgres-")
    as_other = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
    if as_other:
        shutil.chown(folder, "nobody")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", arguments.port))
        port = probe.getsockname()[1]
    secret = os.path.join(folder, "password")
    with open(secret, "w", encoding="utf-8") as file:
        file.write(arguments.password + "\n")
    os.chmod(secret, 0o644)
    data = os.path.join(folder, "data")
    server = None

    def stop(*_):
        if server:
            server.send_signal(signal.SIGINT)
            server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
        sys.exit(0)

    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    subprocess.run(
        as_other + [program("initdb"), "-D", data, "-U", ROLE, "--auth=scram-sha-256", f"--pwfile={secret}", "-E",
                    "UTF8", "--locale=C.UTF-8", "--no-sync"],
        stdout=subprocess.DEVNULL, check=True, cwd=folder)
    server = subprocess.Popen(
        [program("postgres"), "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c",
         "unix_socket_directories=", "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder,
        **({"user": "nobody", "group": "nogroup", "extra_groups": []} if as_other else {}))
    environment = dict(os.environ, PGPASSWORD=arguments.password, PGCONNECT_TIMEOUT="2")
    psql = [program("psql"), "-h", "127.0.0.1", "-p", str(port), "-U", ROLE, "-d", "postgres", "-q", "-X", "-v",
            "ON_ERROR_STOP=1"]
    for _ in range(200):
        if server.poll() is not None:
            raise SystemExit("postgres ended")
        if subprocess.run(psql + ["-c", "SELECT 1"], env=environment, capture_output=True).returncode == 0:
            break
        signal.sigtimedwait([], 0.1)
    expected = []
    script = "\n".join(statements(arguments, expected))
    subprocess.run(psql, input=script.encode(), env=environment, check=True, stdout=subprocess.DEVNULL)
    common.write_expected(arguments, expected)
    print(json.dumps({"port": port}), flush=True)
    # Not `server.wait`, which the handler could not call again.
    while server.poll() is None:
        signal.pause()


if __name__ == "__main__":
    main()
