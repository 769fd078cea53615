-- wrk: GETs the targets of TARGETS (one a line) in turn with the token TOKEN. PAUSE_MS in the environment: the mean pause of a
-- connection before each request; without it each connection asks again at once.
require("result")

local targets = {}
for target in os.getenv("TARGETS"):gmatch("%S+") do targets[#targets + 1] = target end
local headers = { Authorization = "Bearer " .. os.getenv("TOKEN") }
local pause_ms = tonumber(os.getenv("PAUSE_MS") or "0")
local number = 0

request = function()
   number = number + 1
   return wrk.format("GET", targets[number % #targets + 1], headers)
end

if pause_ms > 0 then
   delay = function() return math.random(0, 2 * pause_ms) end
end
