-- Owns: what wrk sends and how it counts.  It walks through a file of tokens,
-- a request for each, and prints one line of figures at the end.
--
--     wrk -t 1 ... -s bench/load.lua URL -- tokens=FILE [origin=ORIGIN]
--         [limit=N] [status=N]
--
-- With "status" each answer must have that very status, and "enough" is printed
-- when as many have come as there are tokens, or "limit".  That takes wrk some
-- time for each answer: without it, "failed" counts answers of 400 and above.

local thread
local requests = {}
local at = 0
local seen = 0

-- of a thread; done() reads it

wrong = 0


function setup(t)
    thread = t
end


function init(args)
    local option = {}

    for _, arg in ipairs(args) do
        local name, value = arg:match("^(%w+)=(.*)$")

        if name then
            option[name] = value
        end
    end

    local limit = tonumber(option.limit or 1000000)
    local head = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: localhost\r\n"

    if option.origin then
        head = head .. "Origin: " .. option.origin .. "\r\n"
    end

    for token in io.lines(option.tokens) do
        if #requests == limit then
            break
        end

        requests[#requests + 1] = head .. "Authorization: Bearer " .. token
                                  .. "\r\n\r\n"
    end

    if option.status then
        local status = tonumber(option.status)

        response = function(got)
            seen = seen + 1

            if got ~= status then
                wrong = wrong + 1
            end

            if seen == #requests then
                print("enough")
                io.flush()
            end
        end
    end
end


function request()
    at = at % #requests + 1
    return requests[at]
end


function done(summary, latency)
    local errors = summary.errors

    io.write(string.format(
        "figures requests=%d us=%d failed=%d lost=%d wrong=%d p50=%d p99=%d\n",
        summary.requests, summary.duration, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        thread:get("wrong"), latency:percentile(50), latency:percentile(99)))
end
