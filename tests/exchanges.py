"""Exchanges as a universe file has them, for universes that tests make."""

from __future__ import annotations

TOKYO = """
[exchange.XTKS]
city = "Tokyo"
region = "asia"
currency = "JPY"
timezone = "Asia/Tokyo"
calendar = "XTKS"
suffix = ".T"
"""
SEOUL = """
[exchange.XKRX]
city = "Seoul"
region = "asia"
currency = "KRW"
timezone = "Asia/Seoul"
calendar = "XKRX"
suffix = ".KS"
"""
NEW_YORK = """
[exchange.XNYS]
city = "New York"
region = "us"
currency = "USD"
timezone = "America/New_York"
calendar = "XNYS"
"""
