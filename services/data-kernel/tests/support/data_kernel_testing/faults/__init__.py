"""Faults of the store: processes killed, power cut, bits flipped, disks full; drawn by a seed, and checked."""
