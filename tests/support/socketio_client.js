// A client of Socket.IO, by its authors. It takes commands as lines of JSON and tells what happens, each as a line of JSON.
// Usage: node socketio_client.js URL OPTIONS, the options those of io() as JSON.
"use strict";

const readline = require("readline");
const { io } = require("socket.io-client");

const [url, options] = process.argv.slice(2);
const tell = (what, ...data) => process.stdout.write(`${JSON.stringify([what, ...data])}\n`);
const socket = io(url, { reconnectionDelay: 100, reconnectionDelayMax: 500, ...JSON.parse(options) });

socket.on("connect", () => {
    const { engine } = socket.io;
    tell("connect", socket.id, engine.transport.name);
    engine.once("upgrade", (transport) => tell("upgrade", transport.name));
});
socket.on("connect_error", (error) => tell("connect_error", error.message));
socket.on("disconnect", (reason) => tell("disconnect", reason));
socket.onAny((name, ...values) => tell("event", name, ...values));

const commands = {
    emit: (name, ...values) => socket.emit(name, ...values),
    ask: (name, ...values) => socket.timeout(20000).emit(name, ...values, (error, ...answers) => tell("ack", error ? String(error) : null, ...answers)),
    binary: (name) => socket.emit(name, Buffer.from("bytes")),
    disconnect: () => socket.disconnect(),
    connect: (auth) => {
        socket.auth = auth;
        socket.connect();
    },
    transport: () => tell("transport", socket.io.engine.transport.name),
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const [name, ...values] = JSON.parse(line);
    commands[name](...values);
}).on("close", () => process.exit(0));
