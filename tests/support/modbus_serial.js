// A second independent Modbus peer, npm's modbus-serial.
//   node modbus_serial.js serve PORT               holding registers 0 to 99 hold 1000 + address
//   node modbus_serial.js read PORT UNIT ADDRESS   prints one input register
const modbus = require("modbus-serial");
const [role, port, unit, address] = process.argv.slice(2);

if (role === "serve") {
  const vector = {
    getHoldingRegister: (at, _unit, done) => (at < 100 ? done(null, 1000 + at) : done({ modbusErrorCode: 2, msg: "no such register" })),
  };
  new modbus.ServerTCP(vector, { host: "127.0.0.1", port: Number(port), unitID: 1 });
} else {
  const client = new modbus();
  client.connectTCP("127.0.0.1", { port: Number(port) })
    .then(() => { client.setID(Number(unit)); return client.readInputRegisters(Number(address), 1); })
    .then((answer) => { console.log(answer.data[0]); process.exit(0); })
    .catch((problem) => { console.error(problem.message); process.exit(1); });
}
