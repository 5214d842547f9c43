#!/usr/bin/env python3
"""A far side of PutRecords for tests, which verifies every signature with Python's own means and refuses what it is told to.

    kinesis_sink.py --port 8080 --record FILE --orders FILE [--ahead SECONDS] [--token TOKEN]

One line of JSON per record that it takes goes to the record file, before the answer leaves: {"key": partition key, "data": text,
"request": number of the request}. It knows the keys AKIDEXAMPLE / secret, with the session token if one is given, and says
InvalidSignatureException to anything signed otherwise, or more than 5 min from its own time, which is --ahead of the machine's.
Whatever contains "poison" makes its whole request a ValidationException.

Each request takes a line off the orders file, if there is one: {"refuse": [0, 2], "code": "..."} refuses single records,
{"status": 400, "type": "..."} a request, {"drop": true} loses the answer after the records were taken.
"""
import argparse
import base64
import datetime
import hashlib
import hmac
import json
import sys

import http_sink

TOLERANCE = 300  # s


def signature(headers, names, body, scope, moment):
    lines = ["POST", "/", "", *(f"{name}:{headers[name]}" for name in names), "", ";".join(names),
             hashlib.sha256(body).hexdigest()]
    text = "\n".join(["AWS4-HMAC-SHA256", moment, "/".join(scope), hashlib.sha256("\n".join(lines).encode()).hexdigest()])
    key = b"AWS4secret"
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Request(http_sink.Request):
    requests = 0

    def date_time_string(self, timestamp=None):
        return super().date_time_string((timestamp or datetime.datetime.now().timestamp()) + self.server.given.ahead)

    def mistake(self, body):
        """The exception that this request deserves, or None."""
        algorithm, _, rest = (self.headers["Authorization"] or "").partition(" ")
        said = dict(part.strip().split("=", 1) for part in rest.split(","))
        access, *scope = said["Credential"].split("/")
        names = said["SignedHeaders"].split(";")
        wanted = {"content-type", "host", "x-amz-date", "x-amz-target"} | ({"x-amz-security-token"} if self.server.given.token else set())
        if algorithm != "AWS4-HMAC-SHA256" or access != "AKIDEXAMPLE" or set(names) != wanted or names != sorted(names):
            return "UnrecognizedClientException"
        if self.headers["X-Amz-Security-Token"] != self.server.given.token or self.headers["X-Amz-Target"] != "Kinesis_20131202.PutRecords":
            return "UnrecognizedClientException"
        moment = self.headers["X-Amz-Date"]
        signed = datetime.datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
        now = datetime.datetime.now().timestamp() + self.server.given.ahead
        right = scope == [moment[:8], "eu-central-1", "kinesis", "aws4_request"] and said["Signature"] == signature(
            self.headers, names, body, scope, moment)
        return None if right and abs(now - signed) < TOLERANCE else "InvalidSignatureException"

    def do_POST(self):
        Request.requests += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        order = self.server.next_order(body)
        mistake = self.mistake(body)
        said = json.loads(body)
        records = [(one["PartitionKey"], base64.b64decode(one["Data"], validate=True).decode()) for one in said["Records"]]
        if not mistake and any("poison" in data for _, data in records):
            mistake = "ValidationException"
        if mistake or "type" in order:
            kind = mistake or order["type"]
            return self.answer(order.get("status", 400), {"__type": f"com.amazonaws.kinesis#{kind}", "message": "no"})
        results = []
        for place, (key, data) in enumerate(records):
            if place in order.get("refuse", []):
                results.append({"ErrorCode": order.get("code", "ProvisionedThroughputExceededException"), "ErrorMessage": "busy"})
                continue
            self.server.write_down({"key": key, "data": data, "request": Request.requests})
            results.append({"SequenceNumber": str(place), "ShardId": "shardId-0"})
        if order.get("drop"):
            self.close_connection = True
            return None
        return self.answer(200, {"FailedRecordCount": len(order.get("refuse", [])), "Records": results})

    def answer(self, status, said):
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--record", required=True)
    arguments.add_argument("--orders")
    arguments.add_argument("--ahead", type=float, default=0)
    arguments.add_argument("--token")
    given = arguments.parse_args()
    sink = http_sink.Sink(given, Request)
    sink.given = given
    sink.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
