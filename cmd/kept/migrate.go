package main

type migrateCmd struct{}

// Help is shown by kept help migrate.
func (migrateCmd) Help() string {
	return "Every command brings an older database up to this version before it does anything else. This one does only that.\n\n" +
		example("kept migrate")
}

// Run opens the database, which migrates it, and says which version it is.
func (migrateCmd) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	version, err := s.Version(a.ctx)
	if err != nil || a.flags.JSON {
		return a.answer(map[string]any{"schema": version, "engine": s.Engine()}, err)
	}
	a.out.line("The database (%s) is at version %d, the newest this kept knows.", s.Engine(), version)
	return nil
}
