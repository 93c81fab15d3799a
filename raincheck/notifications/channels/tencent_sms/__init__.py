"""Tencent Cloud SMS (腾讯云短信)."""
