// kinesis: the uplink that puts each batch, or each device's part of it, into an Amazon Kinesis
// data stream as one record. The partition key is the device (or the gateway): order holds where
// Kinesis keeps order, within a shard. The record is the message as it is; all formats name gateway
// and position in it.
//
// PutRecords may take the second of two records and refuse the first. So a request holds at most
// one record of each partition key and lane, and what was refused goes first in the next: nothing
// overtakes, and what was taken is not sent again as long as the connection stands. Bounds: 500
// records, 5 MiB, 1 MiB each; one request at a time. See docs/decisions/kinesis-order.md.
#pragma once

#include "uplink/aws_signature.h"
#include "uplink/http_peer.h"
#include "uplink/uplinks.h"

namespace fieldweir {

struct KinesisTarget : HttpPeer, AwsKeys {
  std::string stream;
  std::string region;
};

struct KinesisSettings : UplinkSettings {
  KinesisTarget kinesis;
};

std::unique_ptr<UplinkSettings> read_kinesis(const config::Node& node, config::Mistakes& mistakes);
const config::Fields<KinesisSettings>& kinesis_fields();

/// The row of the table.
UplinkKind kinesis_uplink();

}  // namespace fieldweir
