package main

func (b *bench) storage() error    { return nil }
func (b *bench) deliver() error    { return nil }
func (b *bench) start() error      { return nil }
func (b *bench) onPostgres() error { return nil }
