"""The lease of the leading scheduler, in Redis."""

from scheduler_service.adapters.redis_keys import Keys
from scheduler_service.application.ports import Lease
from shared.database.clients.redis_ha import RedisHAClient

_ACQUIRE = """
local held = redis.call('GET', KEYS[1])
if not held then
  local token = redis.call('INCR', KEYS[2])
  redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. token, 'PX', ARGV[2])
  return token
end
local holder, token = string.match(held, '^(%S+) (%d+)$')
if holder ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(token)
"""
_RELEASE = """
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^(%S+) ') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisLeadership:
    """`Leadership` by a key that expires `lease_s` after its last renewal."""

    def __init__(self, client: RedisHAClient, keys: Keys, holder: str, *, lease_s: float) -> None:
        self._client = client
        self._keys = keys
        self._holder = holder
        self._lease_ms = round(lease_s * 1000)
        self._acquire = client.redis.register_script(_ACQUIRE)
        self._release = client.redis.register_script(_RELEASE)

    async def acquire(self) -> Lease | None:
        """As `Leadership.acquire`."""
        keys = [self._keys.leader, self._keys.leader_token]
        token = await self._client.ask(self._acquire(keys=keys, args=[self._holder, self._lease_ms]))
        return Lease(self._holder, token) if token else None

    async def release(self) -> None:
        """As `Leadership.release`."""
        await self._client.ask(self._release(keys=[self._keys.leader], args=[self._holder]))

    async def leader(self) -> Lease | None:
        """As `Leadership.leader`."""
        held = await self._client.ask(self._client.redis.get(self._keys.leader))
        if held is None:
            return None
        holder, _, token = held.decode().partition(" ")
        return Lease(holder, int(token))
