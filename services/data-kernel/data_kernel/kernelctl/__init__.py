"""`kernelctl`: what an operator does to the kernel's store. Start at `cli.py`.

It has the settings of the kernel that it serves. Documents are read and written through the kernel's own interface
(`doors.py`): that of the kernel that runs, or where none does, one over the file within this process.
"""
