package main

func (b *bench) onPostgres() error { return nil }
