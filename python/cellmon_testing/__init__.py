"""The test system of Cell Monitor for tests written in Python.

Everything is measured, sent and judged by the program `cellmon`, found by CELLMON_BINARY or PATH. What is tested is named by
use_target(), by the environment (CELLMON_TESTING_SERVER, CELLMON_POSTGRES_URL, …), or is a LocalSystem that the test starts.
Documentation: docs/reference/testing-package.md.
"""

from cellmon_testing._awaiting import Results
from cellmon_testing._http import RequestRefused
from cellmon_testing._program import ProgramFailed, ProgramNotFound, program
from cellmon_testing.audit import audit_ledger, audit_stores
from cellmon_testing.bulk import bulk_create_submissions, bulk_insert_events, bulk_sync_offline_events
from cellmon_testing.faults import NotOurs, RedisFailure, inject_redis_failure, recover_redis
from cellmon_testing.generator import StudentDataGenerator
from cellmon_testing.health import SystemHealth
from cellmon_testing.local import LocalInfluxDB, LocalPostgreSQL, LocalRedis, LocalServer, LocalSystem, StartFailed
from cellmon_testing.metrics import Metrics
from cellmon_testing.monitor import LoadTestMonitor, PerformanceMonitor
from cellmon_testing.simulator import ClassroomSimulator, SimulationResult
from cellmon_testing.statistics import (ConsistencyReport, StoreUnavailable, get_influxdb_statistics, get_postgresql_statistics,
                                        verify_database_consistency)
from cellmon_testing.target import Target, current_target, use_target
from cellmon_testing.websockets import BroadcastClients

__all__ = [
    "BroadcastClients", "ClassroomSimulator", "ConsistencyReport", "LoadTestMonitor", "LocalInfluxDB", "LocalPostgreSQL", "LocalRedis",
    "LocalServer", "LocalSystem", "Metrics", "NotOurs", "PerformanceMonitor", "ProgramFailed", "ProgramNotFound", "RedisFailure",
    "RequestRefused", "Results", "SimulationResult", "StartFailed", "StoreUnavailable", "StudentDataGenerator", "SystemHealth", "Target",
    "audit_ledger", "audit_stores", "bulk_create_submissions", "bulk_insert_events", "bulk_sync_offline_events", "current_target",
    "get_influxdb_statistics", "get_postgresql_statistics", "inject_redis_failure", "program", "recover_redis", "use_target",
    "verify_database_consistency",
]
