// Sparkplug B as Eclipse Tahu's own library for Node reads and writes it.
//   node sparkplug.js read             lines "topic payload-in-hex" to lines of JSON
//   node sparkplug.js rebirth          the payload of a command that asks for births, to stdout
const sparkplug = require("sparkplug-payload").get("spBv1.0");
const plain = (_, value) =>
  value && value.constructor && value.constructor.name === "Long" ? value.toString()
    : value && value.type === "Buffer" ? Buffer.from(value.data).toString("utf8") : value;

if (process.argv[2] === "rebirth") {
  const metrics = [{ name: "Node Control/Rebirth", type: "Boolean", value: true }];
  process.stdout.write(Buffer.from(sparkplug.encodePayload({ timestamp: Date.now(), metrics })));
} else {
  require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const [topic, hex] = line.split(" ");
    const payload = sparkplug.decodePayload(Buffer.from(hex || "", "hex"));
    console.log(JSON.stringify({ topic, payload }, plain));
  });
}
