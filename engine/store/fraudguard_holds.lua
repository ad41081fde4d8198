-- SPDX-License-Identifier: GPL-2.0-or-later
-- A customer's holds: one hash, a field for each scope and value, JSON. What ended is kept for a
-- day, since what comes again grows. The arithmetic is that of engine/core/hold.c.
local HOLDS_MAX = 64
local HOLD_MEMORY_MS = 86400000
local HOLD_TIMES_MAX = 255
local GROWTH_UNIT = 1000
-- How the JSON of a hold ends where this library or the nodes wrote it.
local HOLD_TAIL = '^(.*),"times":(%d+),"cut":(%a+),"since_ms":(%d+),"until_ms":(%d+)}$'

local function text_of(value, most)
    if type(value) ~= 'string' then return '' end
    return sub(value, 1, most)
end

local function time_of(value)
    if type(value) ~= 'number' or not (value >= 0 and value <= AMOUNT_MAX) then return 0 end
    return floor(value)
end

-- A hold that cannot be read still holds.
local function hold_decode(json)
    local fine, hold = pcall(cjson.decode, json)
    if fine and type(hold) == 'table' then return hold end
    return {reason = 'unreadable hold', until_ms = AMOUNT_MAX}
end

-- Mostly without decoding all of it.
local function hold_until(json)
    local text = string.match(json, '"until_ms":(%d+)}$')
    return time_of(text and tonumber(text) or hold_decode(json).until_ms)
end

-- The first of the asked holds that is active: its place, cut, since, until, times, and texts.
local function hold_find(key, request, at, n, now)
    if n == 0 or redis.call('EXISTS', key) == 0 then return '\0' end
    local fields = {}
    for i = 1, n do fields[i], at = unpack_bytes('Bc0', request, at) end
    local found, of_rules = redis.call('HMGET', key, unpack(fields)), nil
    for i = 1, n do
        local until_ms = found[i] and hold_until(found[i]) or 0
        if until_ms > now then
            local hold = hold_decode(found[i])
            local reason, by = text_of(hold.reason, 600), text_of(hold.by, 255)
            local of, rule = text_of(hold.of, 255), text_of(hold.rule, 255)
            local answer = pack('>BBI7I7I2I2BBB', i, hold.cut == true and 1 or 0, time_of(hold.since_ms),
                                until_ms, min(time_of(hold.times), HOLD_TIMES_MAX), #reason, #by, #of,
                                #rule) .. reason .. by .. of .. rule
            -- What people decided goes before what rules did.
            if rule == '' and sub(by, 1, 5) ~= 'rule:' then return answer end
            of_rules = of_rules or answer
        end
    end
    return of_rules or '\0'
end

local function hold_read(json)
    local head, times, cut, since, until_ms = string.match(json, HOLD_TAIL)
    if not head then return nil end
    return {head = head, times = tonumber(times), cut = cut == 'true', since = tonumber(since),
            until_ms = tonumber(until_ms)}
end

local function hold_length(duration, growth, most, times)
    local length, i = duration, 1
    while i < times and growth > GROWTH_UNIT and length < most do
        length = floor(length * growth / GROWTH_UNIT)
        i = i + 1
    end
    return min(length, most)
end

-- What becomes of "hold" after "last".
local function hold_renew(last, hold, duration, growth, most)
    local now = hold.since
    local remembered = last and now - last.until_ms <= HOLD_MEMORY_MS
    local times = remembered and last.times or 0
    if duration == 0 then
        hold.times = times
        return hold
    end
    if not remembered or last.until_ms <= now then
        hold.times = min(times + 1, HOLD_TIMES_MAX)
        hold.until_ms = now + hold_length(duration, growth, most, hold.times)
        return hold
    end
    local at_least = max(times, 1)
    local until_ms = now + hold_length(duration, growth, most, at_least)
    last.cut = last.cut or hold.cut
    if until_ms > last.until_ms then
        last.until_ms, last.times = until_ms, at_least
    end
    return last
end

-- Room for one more: the hold that ends first goes.
local function hold_make_room(key)
    if redis.call('HLEN', key) < HOLDS_MAX then return end
    local all = redis.call('HGETALL', key)
    local first, ends = nil, nil
    for i = 1, #all, 2 do
        local until_ms = hold_until(all[i + 1])
        if not ends or until_ms < ends then first, ends = all[i], until_ms end
    end
    redis.call('HDEL', key, first)
end

-- Sets a hold: scope, its JSON as it would be without a history, and how it grows (duration and
-- most in ms, growth in thousandths; duration 0: it lasts as its JSON says). Returns its JSON.
local function hold_set(keys, args)
    if not cells_format then prepare() end
    local key, field, json = keys[1], args[1], args[2]
    local duration, growth, most = tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
    local hold = hold_read(json)
    if not hold or not duration or not growth or not most then
        return redis.error_reply('ERR fraudguard hold')
    end
    local now = hold.since
    local before = redis.call('HGET', key, field)
    if before then
        hold = hold_renew(hold_read(before), hold, duration, growth, most)
    else
        hold_make_room(key)
        hold = hold_renew(nil, hold, duration, growth, most)
    end
    json = string.format('%s,"times":%d,"cut":%s,"since_ms":%s,"until_ms":%s}', hold.head, hold.times,
                         hold.cut and 'true' or 'false', decimal(hold.since), decimal(hold.until_ms))
    redis.call('HSET', key, field, json)
    local ttl = max(hold.until_ms - now, 0) + HOLD_MEMORY_MS
    if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, decimal(ttl)) end
    return json
end

