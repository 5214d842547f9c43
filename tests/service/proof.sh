#!/bin/bash
# proof.sh: runs inside of the booted system, started by service.sh. Each line says what held; the first that does not
# ends it.
set -uo pipefail
cd /proof
config=/etc/fieldweir/fieldweir.yaml
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "FAILED: $1"
  systemctl status --no-pager fieldweir
  journalctl --no-pager -u fieldweir | tail -30
  exit 1
}

# holds WHAT COMMAND...: tried for 30 s
holds() {
  local what=$1
  shift
  for _ in $(seq 300); do
    if "$@" > /dev/null 2>&1; then
      echo "held: $what"
      return
    fi
    sleep 0.1
  done
  fail "$what"
}

# once WHAT COMMAND...: holds the first time
once() {
  local what=$1
  shift
  "$@" > /dev/null 2>&1 || fail "$what"
  echo "held: $what"
}

property() { systemctl show --property "$1" --value fieldweir; }
is() { [ "$(property "$1")" = "$2" ]; }
logged() { journalctl --no-pager -u fieldweir | grep -q -- "$1"; }
said() { grep -q -- "$1" said-by-dpkg; }
install() { dpkg -i "$1" > said-by-dpkg 2>&1; }
good() { printf 'version: 1\ndevices:\n  - {name: %s, simulate: {interval: 1s}, signals: [{name: level}]}\nuplinks: []\n' "$1" > $config; }
bad() { printf 'version: 1\ndevices: []\nnonsense: 1\n' > $config; }

# here a system call that the sandbox denies ends the daemon with SIGSYS, but for the one question to the kernel about the
# clock, whose refusal the daemon expects
mkdir -p /etc/systemd/system/fieldweir.service.d
printf '[Service]\nSystemCallErrorNumber=kill\nProtectClock=no\nSystemCallFilter=adjtimex clock_adjtime\n' > /etc/systemd/system/fieldweir.service.d/strict.conf

once "installs without a configuration" install fieldweir.deb
holds "says what to do next" said "write $config"
holds "is enabled" systemctl is-enabled fieldweir
systemctl start fieldweir
holds "without a configuration it is not started, and not failed" is ActiveState inactive
./suite.sh || { cat suite; fail "the integration cases pass in the sandbox"; }
echo "held: in the sandbox, $(tail -1 suite)"

good tank
holds "starts, and says that it is ready" systemctl start fieldweir
holds "says in a line how it is" sh -c '[ -n "$(systemctl show --property StatusText --value fieldweir)" ]'
echo "      status line: $(property StatusText)"
holds "answers the status command" fieldweir status

good pump
systemctl reload fieldweir
holds "takes a new configuration" sh -c 'fieldweir status | grep -q pump'
pid=$(property MainPID)
bad
systemctl reload fieldweir
holds "reports a bad one" logged nonsense
holds "and goes on with the old one" sh -c 'fieldweir status | grep -q pump'
holds "as the same process" is MainPID "$pid"

once "upgrades over a bad configuration" install later.deb
holds "does not restart onto it" is MainPID "$pid"
holds "says what is wrong with it" said nonsense
holds "and how to go on" said "systemctl restart fieldweir"

systemctl restart fieldweir
holds "a bad configuration ends with status 78" is ExecMainStatus 78
holds "and is not started again" is ActiveState failed
good tank
systemctl reset-failed fieldweir
systemctl start fieldweir
pid=$(property MainPID)
install fieldweir.deb
holds "an upgrade restarts a daemon whose configuration is good" sh -c "[ \$(systemctl show --property MainPID --value fieldweir) != $pid ]"
holds "which is active" is ActiveState active

mkdir -p /run/systemd/system/fieldweir.service.d /etc/credstore
echo 'pa:ss' > /etc/credstore/ingest
printf '[Service]\nLoadCredential=ingest:/etc/credstore/ingest\nEnvironment="SITE=a b"\n' > /run/systemd/system/fieldweir.service.d/secret.conf
systemctl daemon-reload
printf 'version: 1\ngateway: {labels: {site: "${env:SITE}"}}\ndevices:\n  - {name: tank, simulate: {interval: 1s}, signals: [{name: level}]}\nuplinks:\n  - {name: c, https: {url: "http://127.0.0.1:1/", token: "${secret:ingest}"}}\n' > $config
holds "starts with a credential of systemd" systemctl restart fieldweir
pid=$(property MainPID)
install later.deb
holds "an upgrade sees the credentials and the environment of the service" sh -c "[ \$(systemctl show --property MainPID --value fieldweir) != $pid ]"
holds "and starts it" is ActiveState active
systemctl stop fieldweir
once "upgrades a gateway that is stopped" install fieldweir.deb
once "which stays so" is ActiveState inactive
rm /run/systemd/system/fieldweir.service.d/secret.conf

# a serial port: of the group dialout, like those of adapters
socat pty,rawer,link=/run/port,group=dialout,mode=660 pty,rawer,link=/run/far & 
holds "a serial port is there" test -e /run/port
cat > $config <<END
version: 1
devices:
  - name: meter
    modbus_rtu: {port: /run/port, baud: 9600, format: 8N1, unit: 1, timeout: 100ms}
    poll: {fast: 1s}
    signals: [{name: u, table: holding, address: 0, type: uint16, poll: fast, write: {min: 0, max: 9}}]
uplinks: []
END
systemctl daemon-reload
opened() { ls -l "/proc/$(property MainPID)/fd" | grep -q /dev/pts; }
wrote() { runuser -u pi -- fieldweir write meter.u 5 > /dev/null 2>&1; grep -q "cli $1" /var/lib/fieldweir/audit.jsonl; }
useradd --groups fieldweir pi
holds "starts with a serial device" systemctl restart fieldweir
holds "opens its port in the sandbox" opened
holds "the audit says who wrote" wrote pi
good tank
printf '[Service]\nWatchdogSec=2\nTimeoutAbortSec=2\n' > /run/systemd/system/fieldweir.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart fieldweir
pid=$(property MainPID)
kill -STOP "$pid"
holds "the watchdog ends a daemon that stands still, and it comes back" sh -c "sleep 1; systemctl is-active fieldweir && [ \$(systemctl show --property MainPID --value fieldweir) != $pid ]"
holds "no system call was denied" sh -c '! journalctl --no-pager | grep -q "status=31/SYS"'

once "removes" dpkg -r fieldweir
holds "which stops it" sh -c '! pgrep -x fieldweir'
holds "and keeps configuration and state" test -e $config -a -d /var/lib/fieldweir
once "is installed again" install fieldweir.deb
holds "and runs again" is ActiveState active
once "purges" dpkg -P fieldweir
holds "and nothing is left" sh -c '[ ! -e /etc/fieldweir ] && [ ! -e /var/lib/fieldweir ] && [ ! -e /usr/bin/fieldweir ]'
echo "all held"
