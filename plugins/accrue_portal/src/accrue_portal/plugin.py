"""Where Accrue's pages for customers will be mounted.

This version does nothing: it defines no hooks, so installing it changes nothing. The module exists
because the entry point of the distribution names it.
"""
