"""What can be done: one module per noun, one function per verb.

Every verb takes keywords only, among them ``actor`` (the person, or ``SYSTEM`` for the desk itself) and ``now``
(aware UTC). It checks the permission, asks the rules, changes the models, writes the timeline and the outbox, and
flushes. It never commits: the edge does, so that a change, its history and its messages are one transaction.
"""
