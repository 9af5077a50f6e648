"""Datasets: frozen, described sets of rows that anyone can make again from the same WARCs."""
