-- One load: wrk … -s load.lua URL -- METHOD BODY_BYTES BELOW
-- BELOW > 0: every request has a random whole number below it in the place of {n} in the URL's path.
-- Ends with one line: BENCH {json}, times in microseconds.
function init(args)
  wrk.method = args[1]
  local bytes = tonumber(args[2])
  if bytes > 0 then
    wrk.body = string.rep("x", bytes)
    wrk.headers["Content-Type"] = "application/octet-stream"
  end
  local below = tonumber(args[3])
  if below > 0 then
    local before, after = wrk.path:match("^(.*)%%7Bn%%7D(.*)$")
    math.randomseed(os.time())
    request = function()
      return wrk.format(nil, before .. math.random(0, below - 1) .. after)
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'BENCH {"durationUs":%d,"requests":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,' ..
    '"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.duration, summary.requests, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
