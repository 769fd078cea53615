#!/usr/bin/python3
"""Receives on N WebSockets with python3-websocket, a client that shares nothing with `cellmon load`, until each has come to
the sequence: independent_client.py URL N SEQUENCE. Prints the sequences that each saw, as JSON."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import websocket


def receive(socket, last: int) -> list:
    sequences = []
    while not sequences or sequences[-1] < last:
        message = json.loads(socket.recv())
        if message["type"] in ("snapshot", "delta"):
            sequences.append(message["sequence"])
    return sequences


def main() -> None:
    url, clients, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sockets = [websocket.create_connection(url, timeout=60) for _ in range(clients)]
    with ThreadPoolExecutor(clients) as threads:
        print(json.dumps(list(threads.map(lambda socket: receive(socket, last), sockets))))
    for socket in sockets:
        socket.close()


main()
