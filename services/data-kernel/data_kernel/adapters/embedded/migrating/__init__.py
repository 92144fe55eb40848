"""Migrations: bringing a store of an earlier format to that of today, with a backup of it beside it first.

`migration.py` has the order of things, `keeping.py` the backup, and `steps.py` the steps, of which each is a module of
its own and one transaction: a store is of the old format or of the new one, whenever the process ends.
"""
