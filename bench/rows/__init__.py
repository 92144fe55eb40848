"""One module for each row of the table of targets; `run` gives its figures."""
