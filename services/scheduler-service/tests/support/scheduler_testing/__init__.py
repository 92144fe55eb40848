"""What the tests of the scheduler share."""
