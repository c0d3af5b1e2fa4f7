"""Tests of real processes against real servers."""
