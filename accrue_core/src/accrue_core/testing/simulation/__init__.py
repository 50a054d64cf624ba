"""A whole business, simulated: customers, money, time and a bad line, with everything checked."""
