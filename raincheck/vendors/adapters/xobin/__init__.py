"""Xobin: AI interviews whose invitations can truly be revoked."""
