# Shared by the scripts in this folder: a server that a test needs, from a package index, for as long as the test
# runs. Sourced, never run.
#
# Each script answers two words:
#
#   start [FOLDER]   installs the server unless it is there, starts it on a free port of 127.0.0.1 with its data in
#                    FOLDER (default a new private one), waits until it is ready, and prints lines KEY=VALUE:
#                    address, folder, python (with the server's own client in it) and version
#   stop FOLDER      ends it, and removes a folder that `start` made
#
# Virtual environments are kept in FLYWHEEL_VENVS, default .build/venvs; FLYWHEEL_PYTHON is the Python they are made
# with, default python3. Exit codes: 0 done · 1 it did not start · 2 wrong use · 77 it cannot be installed here.

say() { printf '%s: %s\n' "Jobs/servers/$server" "$1" >&2; }

# install REQUIREMENT…: makes $venv unless it holds just these.
install() {
  local root=${FLYWHEEL_VENVS:-.build/venvs} wanted
  mkdir -p "$root"
  venv=$(cd "$root" && pwd)/$server
  wanted=$(printf '%s\n' "$@")
  exec 9>"$venv.lock"
  flock 9
  if [[ ! -f $venv/installed || $(<"$venv/installed") != "$wanted" ]]; then
    say "installing $* (a minute or two)"
    rm -rf "$venv"
    if ! "${FLYWHEEL_PYTHON:-python3}" -m venv "$venv" >"$venv.log" 2>&1 \
      || ! "$venv/bin/pip" install --disable-pip-version-check --no-input -q "$@" >>"$venv.log" 2>&1; then
      say "pip cannot install it: $(tail -1 "$venv.log")"
      rm -rf "$venv"
      exit 77
    fi
    printf '%s\n' "$wanted" >"$venv/installed"
  fi
  exec 9>&-
}

# Prints so many free ports of the loopback address.
free_ports() {
  python3 -c '
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*[one.getsockname()[1] for one in held])' "$1"
}

# ready ADDRESS SECONDS: waits until the address answers 200; fails if the process ends first.
ready() {
  python3 - "$1" "$2" "$pid" <<'PYTHON'
import os, sys, time, urllib.request
address, limit, pid = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
end = time.monotonic() + limit
while time.monotonic() < end:
    try:
        if opener.open(address, timeout=5).status == 200:
            sys.exit(0)
    except OSError:
        pass
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                sys.exit(1)
    except OSError:
        sys.exit(1)
    time.sleep(0.2)
sys.exit(1)
PYTHON
}

# start_server [FOLDER]: calls `launch`, which sets $address and $probe and starts $pid with its output in a file.
start_server() {
  umask 077
  folder=${1:-}
  local made=
  if [[ -z $folder ]]; then
    folder=$(mktemp -d "${TMPDIR:-/tmp}/flywheel-$server.XXXXXX")
    made=yes
  fi
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  [[ -z $made ]] || : >"$folder/made-by-start"
  # A port that was free may be taken a moment later.
  local attempt
  for attempt in 1 2 3; do
    launch
    printf '%s\n' "$pid" >"$folder/pid"
    if ready "$probe" 180; then
      printf '%s\n' "address=$address" "folder=$folder" "python=$venv/bin/python" "version=$version"
      return
    fi
    stop_process "$pid"
  done
  say "it does not start: $(tail -1 "$folder/log")"
  [[ -z $made ]] || rm -rf "$folder"
  exit 1
}

# Ends a process group, by force after ten seconds.
stop_process() {
  local waited
  kill -TERM -- "-$1" 2>/dev/null || return 0
  for waited in {1..50}; do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.2
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

stop_server() {
  [[ -f $1/pid ]] || { say "there is no server in $1"; exit 2; }
  stop_process "$(<"$1/pid")"
  rm -f "$1/pid"
  [[ ! -f $1/made-by-start ]] || rm -rf "$1"
}

main() {
  case "${1:-}" in
    start)
      install "${requirements[@]}"
      start_server "${2:-}"
      ;;
    stop) stop_server "${2:?FOLDER}" ;;
    *)
      say "start [FOLDER] or stop FOLDER"
      exit 2
      ;;
  esac
}
