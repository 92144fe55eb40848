"""Clients of the platform's services, each over gRPC or HTTP behind one interface."""

from shared.clients.event_gateway import EventGatewayClient, Published, Via
from shared.clients.event_subscription import Delivery, StartFrom, Subscribe
from shared.clients.terminus_gateway import TerminusGatewayClient

__all__ = ["Delivery", "EventGatewayClient", "Published", "StartFrom", "Subscribe", "TerminusGatewayClient", "Via"]
