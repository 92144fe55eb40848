"""Makes and finds the JetStream consumers of subscriptions."""

from uuid import uuid4

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy

from event_gateway.application.ports import BrokerAwayError
from event_gateway.domain.subscription import StartAt, Subscription
from shared.errors import InvalidInput
from shared.events.routing import STREAM, subject_filters

_EPHEMERAL_IDLE_S = 60.0
_POLICIES = {
    StartAt.NEW: DeliverPolicy.NEW,
    StartAt.ALL: DeliverPolicy.ALL,
    StartAt.SEQUENCE: DeliverPolicy.BY_START_SEQUENCE,
    StartAt.TIME: DeliverPolicy.BY_START_TIME,
}


async def consumer_of(js: JetStreamContext, subscription: Subscription, resume_at: int = 0) -> ConsumerInfo:
    """The subscription's consumer, made where it is missing.

    A durable one keeps its place and takes the present filter, credit and waiting time. One that is not durable and
    was lost with the broker begins again at sequence `resume_at`. Raises BrokerAwayError, InvalidInput.
    """
    try:
        if subscription.consumer:
            return await _durable(js, subscription)
        return await js.add_consumer(STREAM, _ephemeral(subscription, resume_at))
    except nats.js.errors.BadRequestError as error:
        raise InvalidInput("the broker refuses this subscription", field="start") from error
    except (TimeoutError, OSError, nats.errors.Error) as error:
        raise BrokerAwayError("the consumer cannot be made") from error


async def _durable(js: JetStreamContext, subscription: Subscription) -> ConsumerInfo:
    try:
        known = await js.consumer_info(STREAM, subscription.consumer)
    except nats.js.errors.NotFoundError:
        config = _config(subscription, subscription.consumer)
        return await js.add_consumer(STREAM, config.evolve(durable_name=subscription.consumer))
    wanted = known.config.evolve(
        name=subscription.consumer,
        filter_subject=None,
        filter_subjects=subject_filters(subscription.types, subscription.partition_key),
        max_ack_pending=subscription.credit,
        ack_wait=subscription.ack_wait_s,
    )
    return await js.add_consumer(STREAM, wanted)


def _ephemeral(subscription: Subscription, resume_at: int) -> ConsumerConfig:
    config = _config(subscription, f"e_{uuid4().hex}").evolve(inactive_threshold=_EPHEMERAL_IDLE_S)
    if resume_at:
        return config.evolve(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=resume_at, opt_start_time=None
        )
    return config


def _config(subscription: Subscription, name: str) -> ConsumerConfig:
    start = subscription.start
    return ConsumerConfig(
        name=name,
        deliver_policy=_POLICIES[start.at],
        opt_start_seq=start.sequence if start.at is StartAt.SEQUENCE else None,
        opt_start_time=start.time if start.at is StartAt.TIME else None,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=subscription.ack_wait_s,
        max_ack_pending=subscription.credit,
        filter_subjects=subject_filters(subscription.types, subscription.partition_key),
    )
