"""What jobs, fire times and executions are, without any transport or store."""
