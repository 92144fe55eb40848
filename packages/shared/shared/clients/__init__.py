"""Clients of the platform's services, each over gRPC or HTTP behind one interface."""

from shared.clients.terminus_gateway import TerminusGatewayClient

__all__ = ["TerminusGatewayClient"]
