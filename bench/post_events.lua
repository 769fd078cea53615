-- wrk: POSTs events with fresh random ids. BATCH in the environment: events a body (1: a single object).
require("result")

local batch = tonumber(os.getenv("BATCH") or "1")
local thread_count = 0

function setup(thread)
   thread:set("number", thread_count)
   thread_count = thread_count + 1
end

function init()
   math.randomseed(os.time() * 1000 + number)
   local random = math.random
   local code = string.rep("total = total + 1\\n", 12)
   local tail = '","eventType":"cell_executed","emailAddress":"%s","userName":"Student","teamName":"Team 7",'
      .. '"classCode":"bench","sessionId":"session-%d","notebookPath":"lessons/loops.ipynb","cellId":"cell-%d",'
      .. '"cellIndex":3,"cellType":"code","executionCount":7,"hasError":false,"executionDurationMs":12.5,'
      .. '"code":"' .. code .. '"}'
   local tails = {}
   for i = 0, 99 do
      tails[i] = string.format(tail, "student" .. i .. "@example.org", i, i % 20)
   end
   local function event()
      return string.format('{"eventId":"%08x-%04x-4%03x-8%03x-%06x%06x', random(0, 0x7fffffff), random(0, 0xffff),
         random(0, 0xfff), random(0, 0xfff), random(0, 0xffffff), random(0, 0xffffff)) .. tails[random(0, 99)]
   end
   local headers = { ["Content-Type"] = "application/json" }
   request = function()
      if batch == 1 then return wrk.format("POST", "/api/v1/events", headers, event()) end
      local events = {}
      for i = 1, batch do events[i] = event() end
      return wrk.format("POST", "/api/v1/events", headers, "[" .. table.concat(events, ",") .. "]")
   end
end
