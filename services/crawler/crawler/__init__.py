"""Collects photos and keeps the ledger: what became of each."""
