"""What the gateway speaks of: messages for the broker, receipts, subscriptions. Knows no transport and no broker."""
