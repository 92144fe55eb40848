"""Where an event goes in the broker, the same for gateway and fallback."""
