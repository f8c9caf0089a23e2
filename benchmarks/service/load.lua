-- The load of one cell, for wrk:  wrk … -s load.lua URL -- OPERATION IDS [HEADER …]
-- An Idempotency-Key among them stands for one of its own for each request.
-- OPERATION is read, list or create; IDS a file of product ids, one a line; a HEADER is a line such as "X-API-Key: …".
-- The last line printed is "RESULT " and one JSON object.

local operation, ids, headers, run, count, is_keyed = nil, {}, {}, nil, 0, false

function init(args)
  operation = args[1]
  for line in io.lines(args[2]) do ids[#ids + 1] = line end
  for place = 3, #args do
    local name, value = string.match(args[place], "^([^:]+): (.*)$")
    headers[name] = value
  end
  headers["Content-Type"] = "application/json"
  is_keyed = headers["Idempotency-Key"] ~= nil
  math.randomseed(os.time())
  local noise = io.open("/dev/urandom", "rb")
  run = string.gsub(noise:read(6), ".", function(byte) return string.format("%02x", string.byte(byte)) end)
  noise:close()
end

function request()
  if operation == "read" then
    return wrk.format("GET", "/api/v1/products/" .. ids[math.random(#ids)], headers)
  elseif operation == "list" then
    return wrk.format("GET", "/api/v1/products?page=1&limit=20", headers)
  end
  count = count + 1
  if is_keyed then headers["Idempotency-Key"] = string.format("%s-%d", run, count) end
  local body = string.format(
    '{"name": "Walnut desk %d", "sku": "load-%s-%d", "price": "19.90", "stock": 5}', count, run, count)
  return wrk.format("POST", "/api/v1/products", headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "not_2xx": %d, "socket": %d, "timeouts": %d, '
      .. '"p50": %d, "p95": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write,
    errors.timeout, latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
