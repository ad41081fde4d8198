#!lua name=fraudguard_v3
-- SPDX-License-Identifier: GPL-2.0-or-later
-- One evaluation of a customer: count, read and look up holds, in one call that runs alone.
-- Request, reply and record layouts: docs/redis-schema.md; the other side is redis_request.c.
-- The library is this file, fraudguard_registers.lua, fraudguard_members.lua, fraudguard_holds.lua
-- and fraudguard_evaluate.lua, in this order.
-- All keys are passed as KEYS. A customer's carry one hash tag; what is kept for all customers
-- together has tags of its own.
-- Redis calls and their arguments cost the most, so records are read and written whole, and the
-- older cells of a window stay a string until the window moves.

local REQUEST_VERSION = 3
local RECORD_VERSION = 1
local AMOUNT_MAX = 2 ^ 52
local OLD_CELLS = 10
local ENTRIES_MAX = 64 -- meters of a record
local MEMBERS_MAX = 512 -- members of a set
local TTL_MARGIN_S = 60
local TTL_MAX_S = 400 * 86400
local FIELDS = 6 -- of an entry: meter, code, bucket, newest cell, sum of the older, expiry [s]
local ENTRY_BYTES = 31
local CALL_REPEATED, RECORD_RESET = 1, 2

-- No global but "redis" can be seen while a library is loaded: prepare() sets these at the first
-- call.
local pack, unpack_bytes, sub, floor, fmod, max, min
local cells_format
local decimal_format -- the quicker one, where its integers have 64 bits

-- Formats by count are made once.
local function formats(item, prefix)
    local made = {}
    return function(n)
        local format = made[n]
        if not format then
            format = '>' .. prefix .. string.rep(item, n)
            made[n] = format
        end
        return format
    end
end
local directory_format = formats('I4Bi8I7I7I4', '')
local record_format = formats('I4Bi8I7I7I4', 'BB')
local window_ops_format = formats('BBI4i8I7I4', '')
local set_ops_format = formats('BBc8I8I4', '')
local values_format = formats('I7', '')

local function prepare()
    pack, unpack_bytes, sub = struct.pack, struct.unpack, string.sub
    floor, fmod, max, min = math.floor, math.fmod, math.max, math.min
    decimal_format = string.format('%d', 2 ^ 52) == '4503599627370496' and '%d' or '%.0f'
    cells_format = {}
    for _, width in ipairs({1, 2, 4, 7}) do
        cells_format[width] = '>' .. string.rep('I' .. width, OLD_CELLS)
    end
end

-- A code is cells + 16 * (bytes of an older cell, 0: they are all zero).
local tail_bytes = {[1] = 0, [11] = 0, [16 + 11] = 10, [32 + 11] = 20, [64 + 11] = 40,
                    [112 + 11] = 70}

local function decimal(number)
    return string.format(decimal_format, number)
end

local function cells_code(largest)
    if largest == 0 then return 11, 0 end
    if largest < 256 then return 16 + 11, 1 end
    if largest < 65536 then return 32 + 11, 2 end
    if largest < 4294967296 then return 64 + 11, 4 end
    return 112 + 11, 7
end

-- A record: n entries in the flat array e, the older cells of all in "tail" until "tails" (a string
-- an entry) is made. nil when the bytes are none of this version.
local function record_parse(bytes)
    if #bytes < 2 then return nil end
    local version, n = unpack_bytes('>BB', bytes)
    local tail_at = 2 + n * ENTRY_BYTES
    if version ~= RECORD_VERSION or n > ENTRIES_MAX or #bytes < tail_at then return nil end
    local e = {unpack_bytes(directory_format(n), bytes, 3)}
    e[n * FIELDS + 1] = nil -- where the next value would begin
    local total = 0
    for i = 2, n * FIELDS, FIELDS do
        local size = tail_bytes[e[i]]
        if not size then return nil end
        total = total + size
    end
    if #bytes ~= tail_at + total then return nil end
    return {n = n, e = e, tail = sub(bytes, tail_at + 1)}
end

local function record_load(bytes)
    if not bytes then return {n = 0, e = {}, tail = ''}, 0 end
    local record = record_parse(bytes)
    if not record then return {n = 0, e = {}, tail = ''}, RECORD_RESET end
    return record, 0
end

local function record_tails(record)
    if record.tails then return record.tails end
    local tails, at = {}, 1
    for i = 1, record.n do
        local size = tail_bytes[record.e[(i - 1) * FIELDS + 2]]
        tails[i] = sub(record.tail, at, at + size - 1)
        at = at + size
    end
    record.tails = tails
    return tails
end

local function record_save(key, record, now_s)
    local e, n, expiry = record.e, record.n, now_s
    for i = FIELDS, n * FIELDS, FIELDS do
        if e[i] > expiry then expiry = e[i] end
    end
    if record.tails then record.tail = table.concat(record.tails) end
    local ttl = min(expiry - now_s + TTL_MARGIN_S, TTL_MAX_S)
    redis.call('SET', key, pack(record_format(n), RECORD_VERSION, n, unpack(e, 1, n * FIELDS)) .. record.tail,
               'EX', decimal(ttl))
end

-- Offset of an entry's fields in e, nil when it has none. Requests name meters in a steady order,
-- so the search starts where the last one ended.
local function entry_find(record, meter, cells)
    local e, n = record.e, record.n
    local i = record.hint or 0
    for _ = 1, n do
        if i >= n then i = 0 end
        local at = i * FIELDS
        if e[at + 1] == meter and e[at + 2] % 16 == cells then
            record.hint = i + 1
            return at
        end
        i = i + 1
    end
    return nil
end

local function entry_add(record, meter, cells, bucket)
    local e = record.e
    local tails = record_tails(record)
    if record.n == ENTRIES_MAX then
        local first = 1
        for i = 2, ENTRIES_MAX do
            if e[i * FIELDS] < e[first * FIELDS] then first = i end
        end
        for _ = 1, FIELDS do table.remove(e, (first - 1) * FIELDS + 1) end
        table.remove(tails, first)
        record.n = ENTRIES_MAX - 1
    end
    local at = record.n * FIELDS
    record.n = record.n + 1
    e[at + 1], e[at + 2], e[at + 3], e[at + 4], e[at + 5], e[at + 6] = meter, cells, bucket, 0, 0, 0
    tails[record.n] = ''
    return at
end

-- The older cells of an entry, the newest of them first.
local function entry_cells(record, at)
    local width = floor(record.e[at + 2] / 16)
    if width == 0 then return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0} end
    return {unpack_bytes(cells_format[width], record_tails(record)[at / FIELDS + 1])}
end

local function entry_shift(record, at, cells, bucket)
    local e = record.e
    local by = bucket - e[at + 3]
    e[at + 3] = bucket
    if cells == 1 then
        e[at + 4] = 0
        return
    end
    local tails = record_tails(record)
    local old, moved, sum, largest = entry_cells(record, at), {}, 0, 0
    for i = 1, OLD_CELLS do
        local cell = 0
        if i == by then cell = e[at + 4] elseif i > by then cell = old[i - by] end
        moved[i] = cell
        sum = min(sum + cell, AMOUNT_MAX)
        if cell > largest then largest = cell end
    end
    local width
    e[at + 2], width = cells_code(largest)
    e[at + 4], e[at + 5] = 0, sum
    tails[at / FIELDS + 1] = width == 0 and '' or pack(cells_format[width], unpack(moved))
end

local function entry_sum(record, at, cells, bucket)
    local e = record.e
    local by = bucket - e[at + 3]
    if by <= 0 then return min(e[at + 4] + e[at + 5], AMOUNT_MAX) end
    if by >= cells then return 0 end
    local old, sum = entry_cells(record, at), e[at + 4]
    for i = 1, OLD_CELLS - by do sum = min(sum + old[i], AMOUNT_MAX) end
    return sum
end

-- Runs window ops on one customer's records, whose bytes are the first of "found"; values go to
-- "values" from 1 on.
local function windows_run(keys, found, ops, n_ops, counts, now_s, values)
    local records, changed, flags = {}, {}, 0
    for i = 1, n_ops do
        local at = (i - 1) * 6
        local r, how, meter, bucket, amount, ttl =
            ops[at + 1], ops[at + 2], ops[at + 3], ops[at + 4], ops[at + 5], ops[at + 6]
        local cells = how % 16
        local record = records[r]
        if not record then
            local reset
            record, reset = record_load(found[r])
            records[r] = record
            flags = max(flags, reset)
        end
        local entry = entry_find(record, meter, cells)
        if counts and how >= 16 then
            entry = entry or entry_add(record, meter, cells, bucket)
            local e = record.e
            if bucket > e[entry + 3] then entry_shift(record, entry, cells, bucket) end
            e[entry + 4] = min(e[entry + 4] + amount, AMOUNT_MAX)
            e[entry + 6] = max(e[entry + 6], now_s + ttl)
            changed[r] = true
        end
        values[i] = entry and entry_sum(record, entry, cells, bucket) or 0
    end
    for r in pairs(changed) do record_save(keys[r], records[r], now_s) end
    return flags
end

-- A set that this put made, or that has this member alone, has none that expired: the calls that
-- look for those are left out.
local function set_put(key, member, expiry, ttl, now, now_text)
    local added = redis.call('ZADD', key, 'GT', decimal(expiry), member)
    local n = redis.call('ZCARD', key)
    if n > 1 or expiry <= now then
        n = n - redis.call('ZREMRANGEBYSCORE', key, '-inf', now_text)
        if n > MEMBERS_MAX then
            redis.call('ZPOPMIN', key, n - MEMBERS_MAX)
            n = MEMBERS_MAX
        end
    end
    local wanted = min(max(ttl * 1000, expiry - now), TTL_MAX_S * 1000)
    -- Renewed only once a margin is used up: mostly one call instead of two.
    if n > 0 and ((n == 1 and added == 1) or redis.call('PTTL', key) < wanted) then
        redis.call('PEXPIRE', key, decimal(wanted + TTL_MARGIN_S * 1000))
    end
    return n
end

local PUT, READ = 0, 1
local function sets_run(keys, first, ops, n_ops, now, values, at_value)
    local now_text = decimal(now)
    for i = 1, n_ops do
        local at = (i - 1) * 5
        local key, kind, member = keys[first + ops[at + 1]], ops[at + 2], ops[at + 3]
        local n
        if kind == PUT then
            n = set_put(key, member, ops[at + 4], ops[at + 5], now, now_text)
        elseif kind == READ then
            n = redis.call('ZCOUNT', key, '(' .. now_text, '+inf')
        else
            redis.call('ZREM', key, member)
            n = redis.call('ZCARD', key)
            if n > 0 then n = n - redis.call('ZREMRANGEBYSCORE', key, '-inf', now_text) end
        end
        values[at_value + i] = n
    end
end
