package main

import (
	"fmt"
	"strings"
)

type configCmd struct {
	Show configShow `cmd:"" help:"Show every setting, and where it comes from."`
}

type configShow struct{}

// Help is shown by kept help config show.
func (configShow) Help() string {
	return "Settings come from flags, else from variables, else from the file of --config, one \"name = value\" a line:\n\n" +
		indent(settingsTable()) + "\n\nEach variable also as …_FILE, naming a file that holds the value.\n\n" + example("kept config show")
}

// shownSetting is a setting as it is shown: a secret never, only whether it is set.
type shownSetting struct {
	Name     string  `json:"name"`
	Variable string  `json:"variable"`
	Value    *string `json:"value"` // null for secrets, and for what is not set
	Set      bool    `json:"set"`
	Source   string  `json:"source"`
	Secret   bool    `json:"secret"`
}

// Run shows the settings.
func (configShow) Run(a *app) error {
	set, err := a.settings()
	if err != nil {
		return err
	}
	var shown []shownSetting
	var rows [][]string
	for _, s := range allSettings() {
		r := set[s.name]
		one := shownSetting{Name: s.name, Variable: s.variable(), Set: r.value != "", Source: r.source, Secret: s.secret}
		text := "not set"
		switch {
		case s.secret && one.Set:
			text = "set"
		case one.Set:
			text = withoutPassword(r.value)
			one.Value = &text
		}
		shown = append(shown, one)
		rows = append(rows, []string{s.name, text, r.source})
	}
	if a.flags.JSON {
		return a.out.json(shown)
	}
	a.out.table([]string{"SETTING", "VALUE", "FROM"}, rows)
	return nil
}

// withoutPassword is a database address as it may be shown. One that names several
// hosts with their ports is no URL to Go.
func withoutPassword(v string) string {
	scheme, rest, isURL := strings.Cut(v, "://")
	if !isURL {
		return v
	}
	address, options, hasOptions := strings.Cut(rest, "?")
	if strings.Contains(options, "password") || strings.Count(address, "@") > 1 {
		return "(an address with a password)"
	}
	if user, where, ok := strings.Cut(address, "@"); ok {
		name, _, secret := strings.Cut(user, ":")
		if secret {
			name += ":xxxxx"
		}
		address = name + "@" + where
	}
	if hasOptions {
		address += "?" + options
	}
	return scheme + "://" + address
}

// settingsTable lists the settings for the help and the README, as Markdown.
func settingsTable() string {
	lines := []string{"| setting | variable | default | what |", "|---|---|---|---|"}
	for _, s := range allSettings() {
		preset := s.preset
		if preset != "" {
			preset = "`" + preset + "`"
		}
		lines = append(lines, fmt.Sprintf("| %#q | %#q | %s | %s |", s.name, s.variable(), preset, s.help))
	}
	return strings.Join(lines, "\n")
}

func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }
