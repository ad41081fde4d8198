-- SPDX-License-Identifier: GPL-2.0-or-later
-- Registers of members: who is known (known.c), what calls in progress come to (exposure.c); then how
-- registers of all kinds are run.
local KNOWN_MAX, KNOWN_ONCE_MAX, KNOWN_UNITS, KNOWN_AGE_MAX, KNOWN_HEAD, KNOWN_BYTES = 64, 32, 240, 255, 10, 4
local LEASES_MAX, LEASE_BYTES, EXPOSURE_MAX = 128, 21, 2 ^ 49
local known_format = formats('I2BB', '')
local leases_format = formats('I7I7I7', '')

-- Known: tag, age of the first and of the last sighting, in turn, in units before the bucket. Mostly
-- one is asked for and nothing changes: then he is looked for in the bytes.
local function known_entries(known)
    if not known.e then
        local e = {unpack_bytes(known_format(known.n), known.bytes, KNOWN_HEAD + 1)}
        e[known.n * 3 + 1] = nil
        known.e = e
    end
    return known.e
end

local function known_at(e, tag)
    for at = 1, #e, 3 do
        if e[at] == tag then return at end
    end
    return nil
end

-- Ages of the first and the last sighting; nil: none.
local function known_ages(known, tag)
    if known.e then
        local at = known_at(known.e, tag)
        if at then return known.e[at + 1], known.e[at + 2] end
        return nil
    end
    local bytes, wanted, at = known.bytes, pack('>I2', tag), KNOWN_HEAD + 1
    while true do
        at = string.find(bytes, wanted, at, true)
        if not at then return nil end
        if (at - KNOWN_HEAD - 1) % KNOWN_BYTES == 0 then return string.byte(bytes, at + 2, at + 3) end
        at = at + 1
    end
end

local function known_read(known, bucket, tag)
    local by = max(bucket - known.bucket, 0)
    local first, last = known_ages(known, tag)
    return first and by <= KNOWN_UNITS - last and first + by or -1
end

local function known_advance(known, bucket)
    local e, kept, by = known_entries(known), {}, bucket - known.bucket
    for at = 1, #e, 3 do
        if by <= KNOWN_UNITS - e[at + 2] then
            local n = #kept
            kept[n + 1], kept[n + 2], kept[n + 3] =
                e[at], min(e[at + 1] + by, KNOWN_AGE_MAX), e[at + 2] + by
        end
    end
    known.e, known.bucket = kept, bucket
end

-- Where a newcomer of this age goes; nil: it stays out.
local function known_place(e, age)
    if #e < KNOWN_MAX * 3 then return #e + 1 end
    local once, oldest = 0, nil
    for at = 1, #e, 3 do
        if e[at + 1] == e[at + 2] then once = once + 1 end
    end
    for at = 1, #e, 3 do
        if (e[at + 1] == e[at + 2]) == (once >= KNOWN_ONCE_MAX) and
            (not oldest or e[at + 2] > e[oldest + 2]) then
            oldest = at
        end
    end
    return oldest and e[oldest + 2] >= age and oldest or nil
end

local function known_put(known, bucket, tag)
    if #known_entries(known) == 0 or bucket > known.bucket then known_advance(known, bucket) end
    local e, age = known.e, min(known.bucket - bucket, KNOWN_AGE_MAX)
    local at = known_at(e, tag)
    if at then
        e[at + 1], e[at + 2] = max(e[at + 1], age), min(e[at + 2], age)
        return
    end
    at = age <= KNOWN_UNITS and known_place(e, age) or nil
    if at then e[at], e[at + 1], e[at + 2] = tag, age, age end
end

kinds[KNOWN] = {
    begin = function() return {e = {}, bucket = 0} end,
    parse = function(bytes)
        local n = (#bytes - KNOWN_HEAD) / KNOWN_BYTES
        if n ~= floor(n) or n < 1 or n > KNOWN_MAX then return nil end
        local bucket = unpack_bytes('>i8', bytes, 3)
        if math.abs(bucket) > AMOUNT_MAX then return nil end
        return {n = n, bytes = bytes, bucket = bucket}
    end,
    -- number: bucket, first: tag
    run = function(known, op)
        local value = known_read(known, op.number, op.first)
        if op.does == REGISTER_CHANGE then
            known_put(known, op.number, op.first)
            known.changed, known.ttl = true, max(known.ttl or 0, op.ttl)
        end
        return value
    end,
    save = function(key, known)
        local n = #known.e / 3
        register_save(key, KNOWN, pack('>i8', known.bucket) .. pack(known_format(n), unpack(known.e)),
                      known.ttl)
    end
}

-- Exposure: lease, expiry and amount in turn.
local function exposure_read(e, now)
    local sum = 0
    for at = 1, #e, 3 do
        if e[at + 1] > now then sum = min(sum + e[at + 2], EXPOSURE_MAX) end
    end
    return sum
end

local function exposure_prune(exposure, now, drop)
    local e, kept = exposure.e, {}
    for at = 1, #e, 3 do
        if e[at + 1] > now and e[at] ~= drop then
            local n = #kept
            kept[n + 1], kept[n + 2], kept[n + 3] = e[at], e[at + 1], e[at + 2]
        end
    end
    if #kept < #e then exposure.changed = true end
    exposure.e = kept
end

local function exposure_put(exposure, lease, expiry, amount, now)
    local e, least = exposure.e, 1
    for at = 1, #e, 3 do
        if e[at] == lease then
            e[at + 1], e[at + 2] = max(e[at + 1], expiry), max(e[at + 2], amount)
            return
        end
        if e[at + 2] < e[least + 2] or (e[at + 2] == e[least + 2] and e[at] < e[least]) then
            least = at
        end
    end
    if expiry <= now then return end
    if #e < LEASES_MAX * 3 then
        least = #e + 1
    elseif not (e[least + 2] < amount or (e[least + 2] == amount and e[least] < lease)) then
        return
    end
    e[least], e[least + 1], e[least + 2] = lease, expiry, amount
end

kinds[EXPOSURE] = {
    begin = function() return {e = {}} end,
    parse = function(bytes)
        local n = (#bytes - 2) / LEASE_BYTES
        if n ~= floor(n) or n < 1 or n > LEASES_MAX then return nil end
        local e = {unpack_bytes(leases_format(n), bytes, 3)}
        e[n * 3 + 1] = nil
        for i = 1, n * 3 do
            if e[i] > AMOUNT_MAX then return nil end
        end
        return {e = e}
    end,
    -- number: expiry, first: lease, second: amount
    run = function(exposure, op, now)
        if op.does == REGISTER_CHANGE then
            exposure_prune(exposure, now, nil)
            exposure_put(exposure, op.first, op.number, op.second, now)
            exposure.changed = true
        elseif op.does == REGISTER_GIVE_BACK then
            exposure_prune(exposure, now, op.first)
        end
        return exposure_read(exposure.e, now)
    end,
    -- As long as the last lease.
    save = function(key, exposure, now_s)
        local e, n, last = exposure.e, #exposure.e / 3, 0
        if n == 0 then
            redis.call('DEL', key)
            return
        end
        for at = 1, #e, 3 do last = max(last, e[at + 1]) end
        register_save(key, EXPOSURE, pack(leases_format(n), unpack(e)),
                      max(math.ceil(last / 1000) - now_s, 0))
    end
}

-- The state that bytes hold, and whether they had to be begun anew.

local function register_load(kind, bytes)
    if not bytes then return kinds[kind].begin(), 0 end
    local state
    if #bytes > 2 then
        local version, is = string.byte(bytes, 1, 2)
        if version == REGISTER_VERSION and is == kind then state = kinds[kind].parse(bytes) end
    end
    if state then return state, 0 end
    return kinds[kind].begin(), RECORD_RESET
end

-- Runs register ops, whose keys and bytes come after "first"; values are one greater, since -1 is
-- among them.
local function registers_run(keys, found, first, ops, n_ops, counts, now, keep_ms, values, at_value)
    local states, kind_of, flags, op = {}, {}, 0, {}
    for i = 1, n_ops do
        local at = (i - 1) * 6
        local r, how = ops[at + 1], ops[at + 2]
        op.does, op.trend = how % 8, how % 16 >= 8
        op.number, op.first, op.second, op.ttl = ops[at + 3], ops[at + 4], ops[at + 5], ops[at + 6]
        local kind, state = (how - how % 16) / 16, states[r]
        if not state or kind_of[r] ~= kind then
            local reset
            state, reset = register_load(kind, found[first + r])
            states[r], kind_of[r] = state, kind
            if reset > flags then flags = reset end
        end
        values[at_value + i] = kinds[kind].run(state, op, now, counts, keep_ms) + 1
    end
    local now_s = floor(now / 1000)
    for r, state in pairs(states) do
        if state.changed then kinds[kind_of[r]].save(keys[first + r], state, now_s) end
    end
    return flags
end
