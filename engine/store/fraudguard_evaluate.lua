-- SPDX-License-Identifier: GPL-2.0-or-later
-- The end of the library.

-- How often this key was seen before, at most 254 times, within its time.
local function call_repeats(key, bytes, now, keep_ms)
    local seen, expiry = 0, 0
    if bytes and #bytes == 9 then seen, expiry = unpack_bytes('>BI8', bytes) end
    if expiry <= now then
        redis.call('SET', key, pack('>BI8', 1, now + keep_ms), 'PX', decimal(keep_ms))
        return 0
    end
    redis.call('SET', key, pack('>BI8', min(seen + 1, 254), expiry), 'KEEPTTL')
    return seen
end

local function evaluate(keys, args)
    if not cells_format then prepare() end
    local request = args[1]
    local version, has_call, n_records, n_windows, n_registers, n_register_ops, n_sets, n_set_ops, n_holds,
        free_repeats, keep_ms, token, now, at = unpack_bytes('>BBBBBBBBBBI4c8I8', request)
    if version ~= REQUEST_VERSION then
        return redis.error_reply('ERR fraudguard request version')
    end
    -- Keys: records, the call, registers, sets, then the holds. All strings are read at once.
    local n_before = n_records + has_call
    local n_strings = n_before + n_registers
    local found = n_strings > 0 and redis.call('MGET', unpack(keys, 1, n_strings)) or {}
    local flags, reset, values, counts = 0, 0, {}, true
    if has_call == 1 then
        local seen = call_repeats(keys[n_records + 1], found[n_records + 1], now, keep_ms)
        if seen > 0 and seen <= free_repeats then
            counts = false
            flags = CALL_REPEATED
        end
    end
    if n_windows > 0 then
        local ops = {unpack_bytes(window_ops_format(n_windows), request, at)}
        at = ops[#ops]
        reset = windows_run(keys, found, ops, n_windows, counts, floor(now / 1000), values)
    end
    if n_register_ops > 0 then
        local ops = {unpack_bytes(register_ops_format(n_register_ops), request, at)}
        at = ops[#ops]
        reset = max(reset, registers_run(keys, found, n_before, ops, n_register_ops, counts, now,
                                         keep_ms, values, n_windows))
    end
    if n_set_ops > 0 then
        local ops = {unpack_bytes(set_ops_format(n_set_ops), request, at)}
        at = ops[#ops]
        sets_run(keys, n_strings, ops, n_set_ops, now, values, n_windows + n_register_ops)
    end
    local n = n_windows + n_register_ops + n_set_ops
    return pack('>c8BB', token, flags + reset, n) .. pack(values_format(n), unpack(values)) ..
        hold_find(keys[n_strings + n_sets + 1], request, at, n_holds, now)
end

redis.register_function('fg_evaluate_v3', evaluate)
redis.register_function('fg_hold_v3', hold_set)
