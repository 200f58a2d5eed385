"""The Python half of Torchweave's python-runtime: a supervisor that forks processes, and what runs in them.

Standard library only, Python 3.8 and newer.
"""
