"""A Redis of the tests' own. `python3 -m support.redis_server` serves one."""

from __future__ import annotations

import redis

from support.store_process import PASSWORD, QUOTED_PASSWORD, StoreProcess, serve

__all__ = ["PASSWORD", "QUOTED_PASSWORD", "RedisServer"]

DATABASES = 256


class RedisServer(StoreProcess):
    """Keeps what it was told in an append-only file, as a careful school would."""

    def __init__(self, disk_bytes: int = 0) -> None:
        super().__init__("redis", disk_bytes)
        self._databases = 0
        self._prepare()

    def _prepare(self) -> None:
        self.seen_data.mkdir()

    def _command(self) -> list[object]:
        return ["redis-server", "-"]

    def _input(self) -> bytes:
        # The password goes by its input: others can read a command line.
        settings = {"bind": "127.0.0.1", "port": self.port, "dir": self.data, "requirepass": f'"{PASSWORD}"', "databases": DATABASES,
                    "save": '""', "appendonly": "yes", "appendfsync": "no", "enable-debug-command": "local", "loglevel": "warning"}
        return "".join(f"{name} {value}\n" for name, value in settings.items()).encode()

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False

    def change_password(self, password: str) -> None:
        with self.client() as client:
            client.config_set("requirepass", password)
            self.password = password
            client.client_kill_filter(_type="normal", skipme=True)

    def url(self, database: int = 0, port: int | None = None) -> str:
        return f"redis://:{QUOTED_PASSWORD}@127.0.0.1:{port or self.port}/{database}"

    def new_database(self) -> int:
        """One that nobody has used. Channels are the same in all."""
        self._databases += 1
        assert self._databases < DATABASES
        return self._databases

    def client(self, database: int = 0) -> redis.Redis:
        return redis.Redis(port=self.port, password=self.password, db=database, decode_responses=True, socket_timeout=30)


if __name__ == "__main__":
    serve(RedisServer)
