package main

import (
	"fmt"
	"os"
	"strings"

	"kept/commitments"
)

// configFile is a file of settings, one "name = value" a line; # begins a comment.
type configFile struct {
	path  string
	lines map[string]configLine
}

type configLine struct {
	value  string
	number int
}

// configFile reads the file that --config or KEPT_CONFIG names. Nothing in it is
// passed over: a name that Kept does not know is an error.
func (a *app) configFile() (configFile, error) {
	path := string(a.flags.Config)
	if path == "" {
		path = a.env("KEPT_CONFIG")
	}
	if path == "" {
		return configFile{}, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return configFile{}, commitments.Invalid("config", err.Error())
	}
	f := configFile{path: path, lines: map[string]configLine{}}
	for i, line := range strings.Split(strings.TrimPrefix(string(content), "\uFEFF"), "\n") {
		if err := f.read(i+1, strings.TrimSpace(line)); err != nil {
			return f, commitments.Invalid("config", fmt.Sprintf("%s line %d: %v", path, i+1, err))
		}
	}
	if f.hasSecret() && readableByAll(path) {
		warn(a.err, path+" holds secrets and everybody on this machine can read it: run chmod 600 "+path)
	}
	return f, nil
}

func (f *configFile) read(number int, line string) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	name, value, ok := strings.Cut(line, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok {
		return fmt.Errorf("want a setting as name = value, or a comment after #")
	}
	s, known := settingNamed(name)
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	switch {
	case !known:
		return fmt.Errorf("there is no setting %q; there are %s", shorten(name), strings.Join(settingNames(), ", "))
	case f.lines[name].number > 0:
		return fmt.Errorf("%s was set on line %d already", name, f.lines[name].number)
	case value == "":
		return fmt.Errorf("%s is empty: give a value, or leave the line out", name)
	}
	if s.check != nil {
		if err := s.check(value); err != nil {
			return fmt.Errorf("%s %w", name, err)
		}
	}
	f.lines[name] = configLine{value, number}
	return nil
}

func (f *configFile) hasSecret() bool {
	for name := range f.lines {
		if s, _ := settingNamed(name); s.secret {
			return true
		}
	}
	return false
}

func readableByAll(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o004 != 0
}

func settingNames() []string {
	var names []string
	for _, s := range allSettings() {
		names = append(names, s.name)
	}
	return names
}

// shorten makes a typed value fit into an error line.
func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
