"""Where Braintree will be offered to Accrue as a payment processor.

This version does nothing: it defines no hooks, so installing it changes nothing. The module exists
because the entry point of the distribution names it.
"""
