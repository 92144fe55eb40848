"""The changes of the queue, each one step in Redis.

KEYS of all: stream, the execution's hash, its job's set of active ones, those that wait. `token` in the hash counts the
starts: what an older start asks for is not done. A hash that is done stays for a while, so that a late claim of the
same slot finds it and puts nothing into the stream again.
"""

from collections.abc import Mapping
from types import MappingProxyType

_OWNED = """
local function owned(group, receipt, worker)
  local ok, found = pcall(redis.call, 'XPENDING', KEYS[1], group, receipt, receipt, 1)
  return ok and found[1] ~= nil and found[1][2] == worker
end
"""
_LEAVE_STREAM = """
local function leave_stream(receipt)
  redis.pcall('XACK', KEYS[1], 'workers', receipt)
  redis.call('XDEL', KEYS[1], receipt)
end
"""

_ENQUEUE = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('HSET', KEYS[2], 'payload', ARGV[2], 'state', 'queued')
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('XADD', KEYS[1], '*', 'id', ARGV[1])
return 1
"""

_PROMOTE = """
local due = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(due) do
  redis.call('ZREM', KEYS[4], id)
  local run = ARGV[3] .. id
  if redis.call('HGET', run, 'state') == 'waiting' then
    redis.call('HSET', run, 'state', 'queued')
    redis.call('XADD', KEYS[1], '*', 'id', id)
  end
end
return #due
"""

_START = (
    _OWNED
    + _LEAVE_STREAM
    + """
if not owned(ARGV[1], ARGV[2], ARGV[3]) then return false end
local state = redis.call('HGET', KEYS[2], 'state')
if not state or state == 'done' then
  leave_stream(ARGV[2])
  return false
end
local number = redis.call('HINCRBY', KEYS[2], 'token', 1)
redis.call('HSET', KEYS[2], 'state', 'running', 'worker', ARGV[3], 'started_at', ARGV[4])
local more = redis.call('HMGET', KEYS[2], 'payload', 'checkpoint', 'failures', 'cancel')
return {number, more[1], more[2], more[3], more[4]}
"""
)

_KEEP = (
    _OWNED
    + """
if not owned(ARGV[1], ARGV[2], ARGV[3]) then return -1 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, ARGV[2], 'JUSTID')
if redis.call('HGET', KEYS[2], 'cancel') then return 1 end
return 0
"""
)

_CHECKPOINT = """
if redis.call('HGET', KEYS[2], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'checkpoint', ARGV[2])
return 1
"""

_POSTPONE = (
    _LEAVE_STREAM
    + """
if redis.call('HGET', KEYS[2], 'token') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[2], 'state', 'waiting', 'failure', ARGV[5])
redis.call('HINCRBY', KEYS[2], 'failures', 1)
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
leave_stream(ARGV[2])
return 1
"""
)

_GIVE_BACK = (
    _LEAVE_STREAM
    + """
if redis.call('HGET', KEYS[2], 'token') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[2], 'state', 'queued')
leave_stream(ARGV[2])
redis.call('XADD', KEYS[1], '*', 'id', ARGV[1])
return 1
"""
)

_SETTLE = (
    _LEAVE_STREAM
    + """
leave_stream(ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'state', 'done')
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return 1
"""
)

_CANCEL = """
local state = redis.call('HGET', KEYS[2], 'state')
if not state or state == 'done' then return -1 end
redis.call('HSET', KEYS[2], 'cancel', '1')
if state == 'running' then return 1 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'state', 'done')
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
return 0
"""

_FORGET_WORKER = """
local ok, held = pcall(redis.call, 'XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if ok and #held == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
return 0
"""

ALL: Mapping[str, str] = MappingProxyType(
    {
        "enqueue": _ENQUEUE,
        "promote": _PROMOTE,
        "start": _START,
        "keep": _KEEP,
        "checkpoint": _CHECKPOINT,
        "postpone": _POSTPONE,
        "give_back": _GIVE_BACK,
        "settle": _SETTLE,
        "cancel": _CANCEL,
        "forget_worker": _FORGET_WORKER,
    }
)
