"""What every service of the platform stands on."""
