"""Carriers of messages, simulated: SMS, push, chat robots; each answers only what is documented."""
