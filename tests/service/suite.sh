#!/bin/bash
# suite.sh: runs inside of the booted system: the cases of tests/integration/gateway_faults.py, daemon, parts and all, in a
# service with the sandbox of fieldweir.service, but that a denied system call ends who makes it. /proof/suite is what they say.
set -euo pipefail
units=/run/systemd/system
cp /lib/systemd/system/fieldweir.service $units/suite.service
mkdir -p $units/suite.service.d
cp /etc/systemd/system/fieldweir.service.d/strict.conf $units/suite.service.d/
cat > $units/suite.service.d/run.conf <<'UNIT'
[Unit]
ConditionPathExists=
[Service]
Type=oneshot
ExecStart=
ExecStart=/usr/bin/python3 /proof/tests/integration/gateway_faults.py /usr/bin/fieldweir
ExecReload=
Restart=no
WatchdogSec=0
TimeoutStartSec=900
StandardOutput=file:/proof/suite
UNIT
systemctl daemon-reload
systemctl start suite
