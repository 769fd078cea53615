-- wrk: prints what it saw in one line, for support.py.
function done(summary, latency, requests)
   local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
   io.write(string.format('RESULT {"requests": %d, "seconds": %.6f, "failed": %d, "refused": %d, "p50_ms": %.3f, "p90_ms": %.3f, '
      .. '"p99_ms": %.3f, "p99_9_ms": %.3f}\n', summary.requests, summary.duration / 1e6, failed, summary.errors.status,
      latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000))
end
