-- SPDX-License-Identifier: GPL-2.0-or-later
-- Registers: small states with the arithmetic of engine/core (first_seen.c, run.c, rate.c,
-- baseline.c, peers.c), whose names are used here; more of them in fraudguard_members.lua. A register
-- begins with its layout version and kind.
local REGISTER_VERSION = 1
local SEEN, RUN, RATE, BASELINE, PEERS, KNOWN, EXPOSURE = 1, 2, 3, 4, 5, 6, 7
local REGISTER_READ, REGISTER_CHANGE, REGISTER_FREEZE, REGISTER_CLOSES, REGISTER_GIVE_BACK = 0, 1, 2, 3, 4
local SEEN_MARGIN_S = 60
local RUNS, RUN_STEP_MAX, RUN_LENGTH_MAX, RUN_BYTES = 8, 2, 65535, 16
local WEEK, HOUR_S, FREEZE_HOURS = 168, 3600, 24
local BASELINE_HEAD, SLOT_BYTES, MEMORY, LEARNED_MAX = 33, 8, 6, 255
local WEEKS, PAST_FIRST, PAST_LAST, LAST_HOURS, TREND_MAX = 10, 5, 9, 84, 2 ^ 42
local BASELINE_BYTES = BASELINE_HEAD + (WEEK + WEEKS) * SLOT_BYTES
local BASELINE_MAX, MICRO, AGO_MAX = 2 ^ 49, 1000000, 4095
local PEERS_MAX, PEER_HEAD, PEER_BYTES, FRESH_HOURS, UNKNOWN = 16, 15, 183, 1344, '\255'
local LEVELS, EXPONENT_0, EXPONENTS, LEVEL_MAX, DECAY = 8, 13, 31, 248, 2
local LEVEL_BOUNDS = {128, 140, 153, 166, 182, 198, 216, 235}
local register_ops_format = formats('BBi8I7I7I4', '')
local slots_format = formats('I7B', '')
local runs_format = formats('I7I7I2', '')
local kinds = {}

local function register_save(key, kind, body, ttl)
    redis.call('SET', key, pack('>BB', REGISTER_VERSION, kind) .. body,
               'EX', decimal(min(ttl + TTL_MARGIN_S, TTL_MAX_S)))
end

-- Each kind: parse(bytes) is a state, nil when they are none; run(state, op, now, counts) the value;
-- save(key, state, now_s) writes what is "changed".
kinds[SEEN] = {
    begin = function() return {first = 0, expiry = 0} end,
    parse = function(bytes)
        if #bytes ~= 16 then return nil end
        local first, expiry = unpack_bytes('>I7I7', bytes, 3)
        if first > AMOUNT_MAX or expiry > AMOUNT_MAX then return nil end
        return {first = first, expiry = expiry}
    end,
    run = function(seen, op, now, counts, keep_ms)
        local now_s, age = floor(now / 1000), -1
        if seen.expiry > now_s then age = max(now_s - seen.first, 0) end
        if op.does ~= REGISTER_CHANGE then return age end
        if age < 0 or now_s < seen.first then
            seen.first, seen.changed = now_s, true
        end
        if seen.expiry < now_s + op.ttl then
            seen.expiry, seen.changed = now_s + op.ttl + SEEN_MARGIN_S, true
        end
        if not counts and age <= floor(keep_ms / 1000) then return -1 end
        return age
    end,
    save = function(key, seen, now_s)
        register_save(key, SEEN, pack('>I7I7', seen.first, seen.expiry), max(seen.expiry - now_s, 0))
    end
}

-- The runs of "e" are last, expiry and length in turn.
local function runs_longest(e, now_s)
    local longest = 0
    for at = 0, RUNS * 3 - 1, 3 do
        if e[at + 2] > now_s and e[at + 3] > longest then longest = e[at + 3] end
    end
    return longest
end

-- Where number goes, and how long the run was; nil when a run ends with it.
local function run_place(e, number, now_s)
    local found, length, stalest = nil, 0, 0
    for at = 0, RUNS * 3 - 1, 3 do
        local last, expiry = e[at + 1], e[at + 2]
        if expiry > now_s then
            if last == number then return nil end
            if number > last and number - last <= RUN_STEP_MAX and e[at + 3] > length then
                found, length = at, e[at + 3]
            end
        end
        if expiry < e[stalest + 2] then stalest = at end
    end
    return found or stalest, length
end

kinds[RUN] = {
    begin = function()
        local e = {}
        for i = 1, RUNS * 3 do e[i] = 0 end
        return {e = e}
    end,
    parse = function(bytes)
        local n = (#bytes - 2) / RUN_BYTES
        if n ~= floor(n) or n < 1 or n > RUNS then return nil end
        local e = {unpack_bytes(runs_format(n), bytes, 3)}
        for i = n * 3 + 1, RUNS * 3 do e[i] = 0 end
        e[RUNS * 3 + 1] = nil
        for at = 0, n * 3 - 1, 3 do
            if e[at + 1] > AMOUNT_MAX or e[at + 2] > AMOUNT_MAX then return nil end
        end
        return {e = e}
    end,
    run = function(runs, op, now, counts)
        local e, now_s = runs.e, floor(now / 1000)
        if counts and op.does == REGISTER_CHANGE then
            local at, length = run_place(e, op.number, now_s)
            if at then
                e[at + 1], e[at + 2] = op.number, now_s + op.ttl
                e[at + 3] = min(length + 1, RUN_LENGTH_MAX)
                runs.changed = true
            end
        end
        return runs_longest(e, now_s)
    end,
    save = function(key, runs, now_s)
        local e, n, expiry = runs.e, 1, now_s
        for i = 1, RUNS do
            if e[i * 3] > 0 then n = i end
            expiry = max(expiry, e[i * 3 - 1])
        end
        register_save(key, RUN, pack(runs_format(n), unpack(e, 1, n * 3)),
                      expiry - now_s)
    end
}

kinds[RATE] = {
    begin = function() return {arrival = 0} end,
    parse = function(bytes)
        if #bytes ~= 9 then return nil end
        return {arrival = unpack_bytes('>I7', bytes, 3)}
    end,
    -- first: interval [us], second: burst
    run = function(rate, op, now, counts)
        if not counts then return 1 end
        local now_us = now * 1000
        local most = now_us + op.first * op.second
        local following = min(max(rate.arrival, now_us), most)
        local admitted = following + op.first <= most
        if admitted then following = following + op.first end
        -- When refused it only changes where it was too far ahead.
        if admitted or following ~= rate.arrival then
            rate.arrival, rate.changed = following, true
        end
        return admitted and 1 or 0
    end,
    save = function(key, rate, now_s)
        register_save(key, RATE, pack('>I7', rate.arrival),
                      max(math.ceil(rate.arrival / 1000000) - now_s, 0))
    end
}

-- Mean and how often it was learned; after those of the hours, sum and hours of the weeks.
local function slot_of(baseline, slot)
    local slots = baseline.slots
    if slots then return slots[slot * 2 + 1], slots[slot * 2 + 2] end
    local mean, learned = unpack_bytes('>I7B', baseline.bytes, BASELINE_HEAD + 1 + slot * SLOT_BYTES)
    return min(mean, BASELINE_MAX), learned
end

local function mean_of(baseline, slots)
    local sum, n = 0, 0
    for i = 1, #slots do
        local mean, learned = slot_of(baseline, slots[i])
        if learned > 0 then sum, n = sum + mean, n + 1 end
    end
    return n > 0 and (sum - fmod(sum, n)) / n or -1
end

local function usual(baseline, hour)
    if hour - baseline.first < WEEK then return -1 end
    local slot = hour % WEEK
    local of_day, day = slot % 24, floor(slot / 24)
    -- Day 0 is a Thursday.
    local days = (day == 2 or day == 3) and {2, 3} or {0, 1, 4, 5, 6}
    for i = 1, #days do days[i] = days[i] * 24 + of_day end
    return max(mean_of(baseline, {slot}), mean_of(baseline, days),
               mean_of(baseline, {(slot + WEEK - 1) % WEEK, (slot + 1) % WEEK}))
end

local function level_of(amount)
    if amount < 2 ^ EXPONENT_0 then return 0 end
    local _, exponent = math.frexp(amount)
    exponent = exponent - 1
    if exponent >= EXPONENT_0 + EXPONENTS then return LEVEL_MAX end
    local mantissa, k = floor(amount / 2 ^ (exponent - 7)), LEVELS
    while mantissa < LEVEL_BOUNDS[k] do k = k - 1 end
    return (exponent - EXPONENT_0) * LEVELS + k
end

-- What an addition to hour is about to close.
local function closes(baseline, hour)
    local ago, since = hour - baseline.hour, baseline.hour - baseline.frozen
    if ago <= 0 or ago > AGO_MAX or since < 0 then return -1 end
    local value = usual(baseline, baseline.hour)
    if value < 0 then return -1 end
    return ago * 65536 + min(since, WEEK - 1) * 256 + level_of(value)
end

-- The last week before hour's by those four to eight before that, in thousandths.
local function trend(baseline, hour)
    local newest, week = floor(baseline.hour / WEEK), floor(hour / WEEK)
    local last, last_n, past, past_n = 0, 0, 0, 0
    for ago = 1, PAST_LAST do
        local at = week - ago
        if at <= newest and at > newest - WEEKS then
            local sum, n = slot_of(baseline, WEEK + at % WEEKS)
            if ago == 1 then
                last, last_n = sum, n
            elseif ago >= PAST_FIRST then
                past, past_n = past + sum, past_n + n
            end
        end
    end
    if last_n < LAST_HOURS or past_n < WEEK then return -1 end
    local now = min((last - fmod(last, last_n)) / last_n, TREND_MAX) * 1000
    local before = max(min((past - fmod(past, past_n)) / past_n, TREND_MAX), floor(MICRO / WEEK))
    return (now - fmod(now, before)) / before
end

local function fold(baseline, hour, start)
    local slots = baseline.slots
    if not slots then
        slots = {unpack_bytes(slots_format(WEEK + WEEKS), baseline.bytes, BASELINE_HEAD + 1)}
        slots[(WEEK + WEEKS) * 2 + 1] = nil
        for i = 1, (WEEK + WEEKS) * 2, 2 do slots[i] = min(slots[i], BASELINE_MAX) end
        baseline.slots = slots
    end
    local newest = floor(hour / WEEK)
    for week = max(floor(baseline.hour / WEEK), newest - WEEKS) + 1, newest do
        local place = (WEEK + week % WEEKS) * 2
        slots[place + 1], slots[place + 2] = 0, 0
    end
    for i = 0, min(hour - baseline.hour, WEEK) - 1 do
        local at = baseline.hour + i
        if at >= baseline.frozen then
            local slot = at % WEEK * 2
            local mean, learned = slots[slot + 1], slots[slot + 2]
            local amount = i == 0 and baseline.amount or 0
            local difference = min(amount, 2 * max(mean, start)) - mean
            local part = min(learned + 1, MEMORY)
            slots[slot + 1] = mean + (difference - fmod(difference, part)) / part
            slots[slot + 2] = min(learned + 1, LEARNED_MAX)
            local week = floor(at / WEEK)
            if week > newest - WEEKS then
                local place = (WEEK + week % WEEKS) * 2
                slots[place + 1] = min(slots[place + 1] + amount, BASELINE_MAX)
                slots[place + 2] = min(slots[place + 2] + 1, max(slots[place + 2], WEEK))
            end
        end
    end
    baseline.hour, baseline.amount = hour, 0
end

kinds[BASELINE] = {
    begin = function() return {} end,
    parse = function(bytes)
        if #bytes ~= BASELINE_BYTES then return nil end
        local hour, amount, first, frozen = unpack_bytes('>i8I7i8i8', bytes, 3)
        local most = AMOUNT_MAX + FREEZE_HOURS
        if max(hour, first, frozen) > most or min(hour, first, frozen) < -most then return nil end
        return {hour = hour, amount = min(amount, BASELINE_MAX), first = first, frozen = frozen,
                bytes = bytes}
    end,
    -- number: hour, first: amount, second: start
    run = function(baseline, op, _, counts)
        local hour, value = op.number, -1
        if op.does == REGISTER_CLOSES then
            return baseline.hour and closes(baseline, hour) or value
        end
        if baseline.hour then value = (op.trend and trend or usual)(baseline, hour) end
        if op.does == REGISTER_READ or (op.does == REGISTER_CHANGE and not counts) then return value end
        baseline.changed, baseline.ttl = true, max(baseline.ttl or 0, op.ttl)
        if not baseline.hour then
            baseline.hour, baseline.amount, baseline.first, baseline.frozen = hour, 0, hour, hour
            baseline.bytes = string.rep('\0', BASELINE_BYTES)
            baseline.whole = true
        end
        if op.does == REGISTER_FREEZE then
            baseline.frozen = max(baseline.frozen, hour + FREEZE_HOURS)
            return value
        end
        if hour > baseline.hour then
            fold(baseline, hour, max(min(op.second, BASELINE_MAX), MICRO))
            baseline.whole = true
        end
        baseline.amount = min(baseline.amount + op.first, BASELINE_MAX)
        return value
    end,
    -- Within an hour only the head changes, and the time to live reaches past the hour's end.
    save = function(key, baseline)
        local head = pack('>i8I7i8i8', baseline.hour, baseline.amount, baseline.first, baseline.frozen)
        if not baseline.whole then
            redis.call('SETRANGE', key, 2, head)
            return
        end
        local slots = baseline.slots and pack(slots_format(WEEK + WEEKS), unpack(baseline.slots)) or
            sub(baseline.bytes, BASELINE_HEAD + 1)
        register_save(key, BASELINE, head .. slots, baseline.ttl + HOUR_S)
    end
}

-- Peers: a row of bytes for each, of who it is, its latest hour, and its level at each hour of the
-- week.
local function peers_read(peers, hour)
    local levels, slot = {}, hour % WEEK
    for i = 1, #peers.rows do
        local level = string.byte(peers.rows[i], PEER_HEAD + 1 + slot)
        if level ~= 255 and math.abs(hour - peers.hours[i]) <= FRESH_HOURS then
            levels[#levels + 1] = level
        end
    end
    if #levels == 0 then return -1 end
    table.sort(levels)
    return #levels * 256 + levels[floor((#levels - 1) / 2) + 1]
end

-- Where a newcomer goes; nil: it stays out.
local function peers_place(peers, member, hour)
    if #peers.rows < PEERS_MAX then return #peers.rows + 1 end
    local greatest = 1
    for i = 1, PEERS_MAX do
        if math.abs(hour - peers.hours[i]) > FRESH_HOURS then return i end
        if peers.members[i] > peers.members[greatest] then greatest = i end
    end
    return member < peers.members[greatest] and greatest or nil
end

local function peers_put(peers, member, hour, level, since)
    local place
    for i = 1, #peers.rows do
        if peers.members[i] == member then place = place or i end
    end
    local known = place and math.abs(hour - peers.hours[place]) <= FRESH_HOURS
    if known and hour <= peers.hours[place] then return end
    place = place or peers_place(peers, member, hour)
    if not place then return end
    local levels = {}
    for slot = 1, WEEK do
        levels[slot] = known and sub(peers.rows[place], PEER_HEAD + slot, PEER_HEAD + slot) or UNKNOWN
    end
    for at = max(known and peers.hours[place] + 1 or hour, hour - since), hour - 1 do
        local slot = at % WEEK + 1
        local before = string.byte(levels[slot])
        levels[slot] = string.char((before == 255 or before <= DECAY) and 0 or before - DECAY)
    end
    levels[hour % WEEK + 1] = string.char(level)
    peers.members[place], peers.hours[place] = member, hour
    peers.rows[place] = pack('>I7i8', member, hour) .. table.concat(levels)
    peers.changed = true
end

kinds[PEERS] = {
    begin = function() return {rows = {}, members = {}, hours = {}} end,
    parse = function(bytes)
        local n = (#bytes - 2) / PEER_BYTES
        if n ~= floor(n) or n < 1 or n > PEERS_MAX then return nil end
        local peers = {rows = {}, members = {}, hours = {}}
        for i = 1, n do
            local at = 3 + (i - 1) * PEER_BYTES
            local member, hour = unpack_bytes('>I7i8', bytes, at)
            if member > AMOUNT_MAX or math.abs(hour) > AMOUNT_MAX then return nil end
            peers.members[i], peers.hours[i] = member, hour
            peers.rows[i] = sub(bytes, at, at + PEER_BYTES - 1)
        end
        return peers
    end,
    -- number: hour, first: who, second: level and hours since
    run = function(peers, op)
        local value = peers_read(peers, op.number)
        if op.does == REGISTER_CHANGE then
            peers_put(peers, op.first, op.number, op.second % 256, floor(op.second / 256))
            peers.ttl = max(peers.ttl or 0, op.ttl)
        end
        return value
    end,
    save = function(key, peers)
        register_save(key, PEERS, table.concat(peers.rows), peers.ttl)
    end
}
