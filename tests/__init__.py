"""Tests; those that need real pages read them from ARSIP_CORPUS."""
