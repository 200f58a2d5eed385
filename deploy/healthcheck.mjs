// Ends with 0 when the address answers 200, for the health checks of containers: node healthcheck.mjs [URL]
const url = process.argv[2] ?? 'http://127.0.0.1:8082/health/live';
try {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
