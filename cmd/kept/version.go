package main

import (
	"runtime/debug"

	"kept/commitments"
)

// version is what this program calls itself; the build's own stamp follows it.
const version = "0.1.0"

type versionCmd struct{}

// Help is shown by kept help version.
func (versionCmd) Help() string { return example("kept version") }

// Run prints the version, and the commit it was built from where Go knows it.
func (versionCmd) Run(a *app) error {
	commit, toolchain := build()
	if a.flags.JSON {
		return a.out.json(map[string]commitments.Text{"version": version, "commit": commitments.Text(commit), "go": commitments.Text(toolchain)})
	}
	if commit != "" {
		commit = " (" + commit + ")"
	}
	a.out.line("kept %s%s, %s", version, commit, toolchain)
	return nil
}

func build() (commit, toolchain string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value[:min(12, len(s.Value))]
		}
	}
	return commit, info.GoVersion
}
