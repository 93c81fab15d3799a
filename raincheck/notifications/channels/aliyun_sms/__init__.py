"""Aliyun SMS (阿里云短信)."""
