"""The only places where a rollout flag decides which implementation serves a call."""
